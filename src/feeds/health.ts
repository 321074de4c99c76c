// Describes the state of a feed in a sentence or two. Pure.
import { minute } from '../durations.js';
import { hasForeignSecrets } from './request-settings.js';
import type { FeedRow } from './store.js';
import { formatTime } from '../text/words.js';

/** "5 minutes", "2 hours", "3 days". */
function span(milliseconds: number): string {
  const minutes = Math.max(1, Math.round(milliseconds / minute));
  const [amount, unit] =
    minutes < 90
      ? [minutes, 'minute']
      : minutes < 36 * 60
        ? [Math.round(minutes / 60), 'hour']
        : [Math.round(minutes / 1440), 'day'];
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`;
}

const ago = (at: Date, now: Date): string =>
  now.getTime() - at.getTime() < minute ? 'just now' : `${span(now.getTime() - at.getTime())} ago`;

function lastPost({ lastNewPostAt }: FeedRow, now: Date): string {
  return lastNewPostAt === null
    ? 'It has brought nothing new yet.'
    : `The last new post came ${ago(lastNewPostAt, now)}.`;
}

function nextPoll({ nextPollAt }: FeedRow, now: Date, what: string): string {
  const wait = nextPollAt.getTime() - now.getTime();
  return wait <= 0 ? `The next ${what} is due now.` : `The next ${what} is in ${span(wait)}.`;
}

/** What a person should know although the polls succeed. */
function remarksOf(feed: FeedRow): string {
  const { pagesRefusedAt, validatorsFailedAt, secretsOrigin } = feed;
  return [
    hasForeignSecrets(feed)
      ? ` Its cookie or header was set for ${secretsOrigin}, and is not sent to the feed's new address.`
      : '',
    validatorsFailedAt === null
      ? ''
      : ' Its server answers that nothing changed (304) although there are new posts. So we fetch the whole feed each time.',
    pagesRefusedAt === null
      ? ''
      : ' Its site tells robots that posts which the feed lists do not exist (404). So we cannot see which posts are deleted, and keep them.',
  ].join('');
}

/** Last poll, last new post, failures and next poll of a feed, in words for the publisher. */
export function healthInWords(feed: FeedRow, now: Date): string {
  if (feed.goneAt !== null)
    return `Gone for good since ${formatTime(feed.goneAt, 'UTC')} UTC (the server answered 410). We have stopped checking this feed. ${lastPost(feed, now)}`;
  if (feed.disabledAt !== null)
    return `Stopped since ${formatTime(feed.disabledAt, 'UTC')} UTC. ${lastPost(feed, now)}`;
  if (feed.lastPolledAt === null) return 'It has not been polled yet.';
  if (feed.failures > 0) {
    const times = feed.failures === 1 ? 'The last poll failed' : `The last ${feed.failures} polls failed`;
    const good =
      feed.lastSuccessAt === null
        ? 'None has succeeded yet.'
        : `The last good one was ${ago(feed.lastSuccessAt, now)}.`;
    return `${times}: ${(feed.lastError ?? 'for an unknown reason').replace(/\.$/, '')}. ${good} ${lastPost(feed, now)} ${nextPoll(feed, now, 'try')}${remarksOf(feed)}`;
  }
  const pushed =
    feed.pushedUntil !== null && feed.pushedUntil > now ? ' Its hub tells us of news at once.' : '';
  return `Polled ${ago(feed.lastPolledAt, now)}. ${lastPost(feed, now)} ${nextPoll(feed, now, 'poll')}${pushed}${remarksOf(feed)}`;
}
