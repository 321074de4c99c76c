// The mail "Tuesday's digest goes out at 07:00: look at it". To the publisher's accounts, in the language of each.
import { renderAccountMail, wordsOfAccount } from '../account-mails/render.js';
import type { RenderAccountMail } from '../account-mails/send-account-mails.js';
import type { Db } from '../db.js';
import { signDecision } from '../decision-link.js';
import { day } from '../durations.js';
import type { Translator } from '../languages/translate.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { slotInWords } from '../newsletters/schedule-words.js';
import type { ReviewTimeout } from '../newsletters/schedule.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { Secrets } from '../secrets.js';
import { oneLine } from '../text/clean-text.js';
import { cutAtWord } from '../text/cut-text.js';
import { issueStatus } from './status.js';
import { selectIssue } from './store.js';
import { selectIssuePosts } from './store-freeze.js';

/** How long the link works after the slot: a waiting or skipped issue can still be looked at. */
const linkTime = 7 * day;

/** The renderer of the kind "review". undefined: the issue is not in review any more. */
export function reviewMail(deps: {
  db: Db;
  now: () => Date;
  secrets: Secrets;
  baseUrl: string;
}): RenderAccountMail {
  const { db, secrets, baseUrl } = deps;
  return async ({ subjectId: id, accountId }) => {
    const now = deps.now();
    const issue = await selectIssue(db, id);
    const newsletter = issue && (await getNewsletter(db, issue.newsletterId));
    if (!issue || !newsletter || issueStatus(issue) !== 'review') return undefined;
    const words = await wordsOfAccount(db, accountId);
    const when = { timezone: newsletter.timezone, now, words };
    const posts = await selectIssuePosts(db, id);
    const expiresAt = new Date(Math.max(issue.slot.getTime(), now.getTime()) + linkTime);
    const token = signDecision(secrets.derive('review-links'), 'review', { id, accountId }, expiresAt);
    const content = await render({
      words,
      newsletter,
      subject: issue.subject ?? newsletter.name,
      slot: slotInWords(issue.slot, when),
      isDue: issue.slot <= now,
      deadline: issue.reviewUntil && slotInWords(issue.reviewUntil, when),
      timeout: issue.reviewTimeout,
      titles: posts.map(({ title }) => title),
      reviewUrl: `${baseUrl}/review/${token}`,
    });
    return { from: newsletter.from, ...content };
  };
}

interface ReviewMailInput {
  words: Translator;
  newsletter: Pick<Newsletter, 'name'>;
  /** As most readers will see it. */
  subject: string;
  /** "Tuesday at 07:00, Berlin time". */
  slot: string;
  /** The slot has passed. */
  isDue: boolean;
  /** Until when it can be decided, in the same form. */
  deadline: string | null;
  timeout: ReviewTimeout;
  titles: readonly string[];
  reviewUrl: string;
}

const shownTitles = 20;

/** The next step of the issue. */
function plan({ words: { t }, slot, isDue, deadline, timeout }: ReviewMailInput): string {
  const wait = isDue ? t('accountMail.planWaitDue') : t('accountMail.planWait', { slot });
  switch (timeout) {
    case 'wait':
      return wait;
    case 'release':
      return t('accountMail.planRelease', { deadline: deadline ?? slot });
    case 'skip':
      return `${wait} ${t('accountMail.planSkip', { deadline: deadline ?? slot })}`;
  }
}

/** Subject, HTML and text. */
async function render(input: ReviewMailInput): Promise<{ subject: string; html: string; text: string }> {
  const { words, isDue, slot, reviewUrl } = input;
  const { t } = words;
  const name = oneLine(input.newsletter.name);
  const titles = input.titles.slice(0, shownTitles).map((title) => cutAtWord(oneLine(title), 160));
  return renderAccountMail({
    words,
    name,
    about: t('accountMail.reviewAbout'),
    subject: isDue
      ? t('accountMail.reviewSubjectDue', { name })
      : t('accountMail.reviewSubject', { name, slot }),
    heading: input.subject,
    text: plan(input),
    actions: [{ label: t('accountMail.reviewLook'), url: reviewUrl }],
    titles,
    more: input.titles.length - titles.length,
    footer: t('accountMail.reviewFooter'),
  });
}
