// The mail to accounts about a feed that has too many new posts, is gone, or is failing. In English, like the
// console.
import type { RenderAccountMail } from '../account-mails/send-account-mails.js';
import type { Db } from '../db.js';
import { signDecision } from '../decision-link.js';
import { day } from '../durations.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import { heldTitles } from '../posts/settle-held.js';
import type { Secrets } from '../secrets.js';
import { renderEmail, renderText } from '../templating/templates.js';
import { oneLine } from '../text/clean-text.js';
import { cutAtWord } from '../text/cut-text.js';
import { translator } from '../languages/translate.js';
import { healthInWords } from './health.js';
import { type FeedRow, findFeed } from './store.js';

export type FeedMailKind = 'feed-held' | 'feed-gone' | 'feed-failing';

interface FeedMailDeps {
  db: Db;
  now: () => Date;
  secrets: Secrets;
  /** Without a trailing slash. */
  baseUrl: string;
}

/** Posts stay held until a person decides, so the link must work for long. */
const linkTime = 30 * day;

/** The renderers of the kinds of mail about feeds. */
export function feedMails(deps: FeedMailDeps): Record<FeedMailKind, RenderAccountMail> {
  const of =
    (kind: FeedMailKind): RenderAccountMail =>
    ({ subjectId, accountId }) =>
      feedMail(deps, { kind, feedId: subjectId, accountId });
  return { 'feed-held': of('feed-held'), 'feed-gone': of('feed-gone'), 'feed-failing': of('feed-failing') };
}

/** undefined: the feed was removed, or has recovered. */
async function feedMail(
  { db, now, secrets, baseUrl }: FeedMailDeps,
  { kind, feedId, accountId }: { kind: FeedMailKind; feedId: string; accountId: string },
): ReturnType<RenderAccountMail> {
  const feed = await findFeed(db, feedId);
  const newsletter = feed && (await getNewsletter(db, feed.newsletterId));
  if (!feed || !newsletter || !isTrue(kind, feed)) return undefined;
  const decision = signDecision(
    secrets.derive('review-links'),
    'held',
    { id: feed.id, accountId },
    new Date(now().getTime() + linkTime),
  );
  const content = await render({
    kind,
    newsletter,
    feed,
    health: healthInWords(feed, now(), translator('en')),
    titles: kind === 'feed-held' ? await heldTitles(db, feed.id) : [],
    feedUrl: `${baseUrl}/console/newsletters/${newsletter.slug}/feeds/${feed.id}`,
    decideUrl: `${baseUrl}/held/${decision}`,
  });
  return { from: newsletter.from, ...content };
}

/** Whether the reason for the mail still exists. */
function isTrue(kind: FeedMailKind, feed: FeedRow): boolean {
  switch (kind) {
    case 'feed-held':
      return feed.held > 0;
    case 'feed-gone':
      return feed.goneAt !== null;
    case 'feed-failing':
      return feed.failures > 0 && feed.disabledAt === null;
  }
}

interface FeedMailInput {
  kind: FeedMailKind;
  newsletter: Pick<Newsletter, 'name'>;
  feed: Pick<FeedRow, 'url' | 'title' | 'held' | 'lastError'>;
  /** In words. */
  health: string;
  /** The titles of the first held posts. */
  titles: readonly string[];
  /** The feed's page in the console. */
  feedUrl: string;
  /** The link with which this account decides about the held posts, without signing in. */
  decideUrl: string;
}

interface Words {
  subject: string;
  heading: string;
  text: string;
  /** The first action is the likely one. */
  actions: { label: string; url: string }[];
}

const look = ({ feedUrl }: FeedMailInput): Words['actions'] => [{ label: 'Show the feed', url: feedUrl }];

function wordsOf(input: FeedMailInput, name: string): Words {
  const { kind, feed, health, decideUrl } = input;
  switch (kind) {
    case 'feed-held':
      return {
        subject: `${feed.held} new posts of ${name} are held`,
        heading: `${feed.held} new posts are held`,
        text: 'The feed brought many more posts than usual, or several old posts at once. This happens when a site moves and lists its archive again. They stay out of every issue until you decide: release them, or mark them as already published.',
        actions: [
          { label: 'Mark as already published', url: `${decideUrl}?do=known` },
          { label: 'Release', url: `${decideUrl}?do=release` },
        ],
      };
    case 'feed-gone':
      return {
        subject: `A feed of ${name} is gone`,
        heading: 'A feed is gone for good',
        text: 'Its server answers that the feed no longer exists (410), so we have stopped checking it. No new posts come from it. Add the feed at its new address, or remove it.',
        actions: look(input),
      };
    case 'feed-failing':
      return {
        subject: `A feed of ${name} cannot be read`,
        heading: 'A feed has been failing for a day',
        text: `New posts are missing from your issues. ${health}`,
        actions: look(input),
      };
  }
}

/** Subject, HTML and text. */
async function render(input: FeedMailInput): Promise<{ subject: string; html: string; text: string }> {
  const name = oneLine(input.newsletter.name);
  const words = wordsOf(input, name);
  const subject = cutAtWord(words.subject, 120);
  const titles = input.titles.slice(0, 10).map((title) => cutAtWord(oneLine(title), 160));
  const view = {
    ...words,
    subject,
    preheader: words.text,
    name,
    about: oneLine(input.feed.title ?? input.feed.url),
    titles,
    more: input.kind === 'feed-held' ? Math.max(0, input.feed.held - titles.length) : 0,
    isDecision: input.kind === 'feed-held',
  };
  return { subject, html: await renderEmail('account', view), text: renderText('account', view) };
}
