// The mail to accounts about a feed that has too many new posts, is gone, or is failing. In English, like the
// console.
import type { Newsletter } from '../newsletters/schema.js';
import { renderEmail, renderText } from '../templating/templates.js';
import { oneLine } from '../text/clean-text.js';
import { cutAtWord } from '../text/cut-text.js';
import type { FeedMailKind } from './store-mails.js';
import type { FeedRow } from './store.js';

export interface FeedMailInput {
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

const look = ({ feedUrl }: FeedMailInput): Words['actions'] => [{ label: 'Look at the feed', url: feedUrl }];

function wordsOf(input: FeedMailInput, name: string): Words {
  const { kind, feed, health, decideUrl } = input;
  switch (kind) {
    case 'held':
      return {
        subject: `${feed.held} new posts of ${name} are held`,
        heading: `${feed.held} new posts at once`,
        text: 'They are many more than this feed is used to, or several old ones at once, as when a site has moved and lists its archive anew. They are in no issue until you decide: let them in, or mark them known.',
        actions: [
          { label: 'Mark them known', url: `${decideUrl}?do=known` },
          { label: 'Let them in', url: `${decideUrl}?do=release` },
        ],
      };
    case 'gone':
      return {
        subject: `A feed of ${name} is gone`,
        heading: 'A feed is gone for good',
        text: 'Its server says so (410), and it is polled no more. No new posts come from it: give the feed its new address, or remove it.',
        actions: look(input),
      };
    case 'failing':
      return {
        subject: `A feed of ${name} cannot be read`,
        heading: 'A feed cannot be read for a day',
        text: `New posts are missing from your issues. ${health}`,
        actions: look(input),
      };
  }
}

/** Subject, HTML and text. */
export async function renderFeedMail(
  input: FeedMailInput,
): Promise<{ subject: string; html: string; text: string }> {
  const name = oneLine(input.newsletter.name);
  const words = wordsOf(input, name);
  const subject = cutAtWord(words.subject, 120);
  const titles = input.titles.slice(0, 10).map((title) => cutAtWord(oneLine(title), 160));
  const view = {
    ...words,
    subject,
    name,
    about: oneLine(input.feed.title ?? input.feed.url),
    titles,
    more: input.kind === 'held' ? Math.max(0, input.feed.held - titles.length) : 0,
    isDecision: input.kind === 'held',
  };
  return { subject, html: await renderEmail('account', view), text: renderText('account', view) };
}
