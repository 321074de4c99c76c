// Describes the state of a feed in a sentence or two. Pure.
import { minute } from '../durations.js';
import type { Translator } from '../languages/translate.js';
import { hasForeignSecrets } from './request-settings.js';
import type { FeedRow } from './store.js';
import { momentInWords, relativeFormat } from '../text/words.js';

/** "in 5 minutes", "2 hours ago", "3 days ago". Negative: in the past. */
function distance(milliseconds: number, { locale }: Translator): string {
  const words = relativeFormat(locale);
  const sign = milliseconds < 0 ? -1 : 1;
  const minutes = Math.max(1, Math.round(Math.abs(milliseconds) / minute));
  if (minutes < 90) return words.format(sign * minutes, 'minute');
  if (minutes < 36 * 60) return words.format(sign * Math.round(minutes / 60), 'hour');
  return words.format(sign * Math.round(minutes / 1440), 'day');
}

const ago = (at: Date, now: Date, words: Translator): string =>
  now.getTime() - at.getTime() < minute
    ? words.t('feeds.justNow')
    : distance(at.getTime() - now.getTime(), words);

const lastPost = ({ lastNewPostAt }: FeedRow, now: Date, words: Translator): string =>
  lastNewPostAt === null
    ? words.t('feeds.noPostYet')
    : words.t('feeds.postCame', { when: ago(lastNewPostAt, now, words) });

function nextPoll({ nextPollAt, failures }: FeedRow, now: Date, words: Translator): string {
  const { t } = words;
  const wait = nextPollAt.getTime() - now.getTime();
  if (wait <= 0) return t(failures > 0 ? 'feeds.tryDue' : 'feeds.pollDue');
  const when = distance(wait, words);
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
      : t('feeds.lastGood', { when: ago(lastSuccessAt, now, words) });
  return `${t('feeds.pollsFailed', { count: failures, error })} ${good}`;
}

/** Last poll, last new post, failures and next poll of a feed, in words for the publisher. */
export function healthInWords(feed: FeedRow, now: Date, words: Translator): string {
  const { t, locale } = words;
  const on = (at: Date): { at: string } => ({ at: momentInWords(at, 'UTC', locale) });
  if (feed.goneAt !== null) return `${t('feeds.gone', on(feed.goneAt))} ${lastPost(feed, now, words)}`;
  if (feed.disabledAt !== null)
    return `${t('feeds.stoppedSince', on(feed.disabledAt))} ${lastPost(feed, now, words)}`;
  if (feed.lastPolledAt === null) return t('feeds.neverPolled');
  const isPushed = feed.failures === 0 && feed.pushedUntil !== null && feed.pushedUntil > now;
  return [
    feed.failures > 0
      ? failuresOf(feed, now, words)
      : t('feeds.polled', { when: ago(feed.lastPolledAt, now, words) }),
    lastPost(feed, now, words),
    nextPoll(feed, now, words),
    isPushed ? t('feeds.hubTells') : '',
    ...remarksOf(feed, words),
  ]
    .filter(Boolean)
    .join(' ');
}
