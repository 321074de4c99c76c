// The mail to accounts about a feed that has too many new posts, is gone, or is failing. In the language of
// each account.
import { renderAccountMail, wordsOfAccount } from '../account-mails/render.js';
import type { RenderAccountMail } from '../account-mails/send-account-mails.js';
import type { Db } from '../db.js';
import { signDecision } from '../decision-link.js';
import { day } from '../durations.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import { heldTitles } from '../posts/settle-held.js';
import type { Secrets } from '../secrets.js';
import { oneLine } from '../text/clean-text.js';
import { cutAtWord } from '../text/cut-text.js';
import type { Translator } from '../languages/translate.js';
import { utcTimes } from '../text/when-words.js';
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
  const words = await wordsOfAccount(db, accountId);
  const content = await render({
    words,
    kind,
    newsletter,
    feed,
    health: healthInWords(feed, now(), utcTimes(words)),
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
  words: Translator;
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

interface Told {
  subject: string;
  heading: string;
  text: string;
  /** The first action is the likely one. */
  actions: { label: string; url: string }[];
}

function toldOf({ kind, feed, health, decideUrl, feedUrl, words: { t } }: FeedMailInput, name: string): Told {
  const actions = [{ label: t('accountMail.showFeed'), url: feedUrl }];
  switch (kind) {
    case 'feed-held':
      return {
        subject: t('accountMail.heldSubject', { count: feed.held, name }),
        heading: t('accountMail.heldHeading', { count: feed.held }),
        text: t('accountMail.heldText'),
        actions: [
          { label: t('feeds.asKnown'), url: `${decideUrl}?do=known` },
          { label: t('feeds.release'), url: `${decideUrl}?do=release` },
        ],
      };
    case 'feed-gone':
      return {
        subject: t('accountMail.goneSubject', { name }),
        heading: t('accountMail.goneHeading'),
        text: t('accountMail.goneText'),
        actions,
      };
    case 'feed-failing':
      return {
        subject: t('accountMail.failingSubject', { name }),
        heading: t('accountMail.failingHeading'),
        text: t('accountMail.failingText', { health }),
        actions,
      };
  }
}

/** Subject, HTML and text. */
async function render(input: FeedMailInput): Promise<{ subject: string; html: string; text: string }> {
  const { kind, feed, words } = input;
  const name = oneLine(input.newsletter.name);
  const titles = input.titles.slice(0, 10).map((title) => cutAtWord(oneLine(title), 160));
  const isDecision = kind === 'feed-held';
  return renderAccountMail({
    words,
    ...toldOf(input, name),
    name,
    about: oneLine(feed.title ?? feed.url),
    titles,
    more: isDecision ? Math.max(0, feed.held - titles.length) : 0,
    footer: isDecision ? words.t('accountMail.footerOfDecision', { name }) : undefined,
  });
}
