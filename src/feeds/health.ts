// Describes the state of a feed in a sentence or two. Pure.
import type { Translator } from '../languages/translate.js';
import { hasForeignSecrets } from './request-settings.js';
import type { FeedRow } from './store.js';
import { distanceInWords, type TimeWords } from '../text/when-words.js';

const lastPost = ({ lastNewPostAt }: FeedRow, now: Date, words: Translator): string =>
  lastNewPostAt === null
    ? words.t('feeds.noPostYet')
    : words.t('feeds.postCame', { when: distanceInWords(lastNewPostAt, now, words) });

function nextPoll({ nextPollAt, failures }: FeedRow, now: Date, words: Translator): string {
  const { t } = words;
  const wait = nextPollAt.getTime() - now.getTime();
  if (wait <= 0) return t(failures > 0 ? 'feeds.tryDue' : 'feeds.pollDue');
  const when = distanceInWords(nextPollAt, now, words);
  return failures > 0 ? t('feeds.tryIn', { when }) : t('feeds.pollIn', { when });
}

/** What a person should know although the polls succeed. */
function remarksOf(feed: FeedRow, { t }: Translator): string[] {
  const { pagesRefusedAt, validatorsFailedAt, secretsOrigin } = feed;
  return [
    hasForeignSecrets(feed) ? t('feeds.foreignSecrets', { origin: secretsOrigin ?? '' }) : '',
    validatorsFailedAt === null ? '' : t('feeds.wrong304'),
    pagesRefusedAt === null ? '' : t('feeds.wrong404'),
  ];
}

function failuresOf({ failures, lastError, lastSuccessAt }: FeedRow, now: Date, words: Translator): string {
  const { t, say } = words;
  const error = say(lastError ?? { key: 'errors.unknownReason' }).replace(/\.$/, '');
  const good =
    lastSuccessAt === null
      ? t('feeds.neverGood')
      : t('feeds.lastGood', { when: distanceInWords(lastSuccessAt, now, words) });
  return `${t('feeds.pollsFailed', { count: failures, error })} ${good}`;
}

/** Last poll, last new post, failures and next poll of a feed, in words for the publisher. */
export function healthInWords(feed: FeedRow, now: Date, words: TimeWords): string {
  const { t } = words;
  const on = (at: Date): { at: string } => ({ at: words.time(at) });
  if (feed.goneAt !== null) return `${t('feeds.gone', on(feed.goneAt))} ${lastPost(feed, now, words)}`;
  if (feed.disabledAt !== null)
    return `${t('feeds.stoppedSince', on(feed.disabledAt))} ${lastPost(feed, now, words)}`;
  if (feed.lastPolledAt === null) return t('feeds.neverPolled');
  const isPushed = feed.failures === 0 && feed.pushedUntil !== null && feed.pushedUntil > now;
  return [
    feed.failures > 0
      ? failuresOf(feed, now, words)
      : t('feeds.polled', { when: distanceInWords(feed.lastPolledAt, now, words) }),
    lastPost(feed, now, words),
    nextPoll(feed, now, words),
    isPushed ? t('feeds.hubTells') : '',
    ...remarksOf(feed, words),
  ]
    .filter(Boolean)
    .join(' ');
}
