// What waits for a person at a newsletter: tasks in sentences, each with the page on which it is done. Pure.
import type { FeedJson } from '../../feeds/feed-json.js';
import type { Translator } from '../../languages/translate.js';
import type { Newsletter } from '../../newsletters/schema.js';
import { holdUpInWords } from '../../reports/hold-up-words.js';
import type { IssueView } from '../../reports/progress.js';
import type { SenderState } from './sender.js';
import { distanceInWords } from '../../text/when-words.js';
import { formatNumber } from '../../text/words.js';

export interface Task {
  text: string;
  to: string;
  /** It keeps mail from readers. */
  urgent: boolean;
}

export interface TaskFacts {
  newsletter: Pick<Newsletter, 'slug' | 'postalAddress' | 'schedule'>;
  sender: Pick<SenderState, 'unsigned' | 'lacking'>;
  /** The pages about DNS are for owners. */
  isOwner: boolean;
  /** The newest first. */
  issues: readonly Pick<IssueView, 'id' | 'number' | 'status' | 'pauseReason' | 'counts' | 'holdUps'>[];
  feeds: readonly Pick<
    FeedJson,
    'id' | 'title' | 'url' | 'status' | 'lastError' | 'lastSuccessAt' | 'held'
  >[];
  now: Date;
}

export function tasksOf(facts: TaskFacts, words: Translator): Task[] {
  const { newsletter, issues, feeds, now } = facts;
  const home = `/console/newsletters/${newsletter.slug}`;
  const { t } = words;
  return [
    ...(newsletter.postalAddress === null
      ? [{ text: t('home.taskPostalAddress'), to: `${home}/settings#postalAddress`, urgent: true }]
      : []),
    ...(newsletter.schedule.paused
      ? [{ text: t('home.taskPausedNewsletter'), to: `${home}/settings#paused`, urgent: false }]
      : []),
    ...tasksOfSender(home, facts, words),
    ...issues.flatMap((issue) => [...taskOfIssue(issue, words), ...taskOfRelays(issue, now, words)]),
    ...refusalsOfLast(issues, words),
    ...feeds.flatMap((feed) => tasksOfFeed(home, feed, now, words)),
  ];
}

function tasksOfSender(
  home: string,
  { sender: { unsigned, lacking }, isOwner }: Pick<TaskFacts, 'sender' | 'isOwner'>,
  { t }: Translator,
): Task[] {
  return [
    ...(unsigned === undefined
      ? []
      : [{ text: t('home.taskUnsigned', { domain: unsigned }), to: `${home}/settings`, urgent: false }]),
    ...(lacking === undefined || !isOwner
      ? []
      : [
          {
            text: t('home.taskDns', { domain: lacking.domain, records: lacking.records.join(', ') }),
            to: '/console/delivery/dns',
            urgent: false,
          },
        ]),
  ];
}

function taskOfIssue(
  { id, number, status, pauseReason }: TaskFacts['issues'][number],
  { t, locale }: Translator,
): Task[] {
  const to = `/console/issues/${id}`;
  if (status === 'review')
    return [
      {
        text:
          number === null
            ? t('home.taskApproveUnnumbered')
            : t('home.taskApprove', { number: formatNumber(number, locale) }),
        to,
        urgent: true,
      },
    ];
  if (status !== 'paused') return [];
  const why = pauseReason ?? t('issue.byHand');
  const text =
    number === null
      ? t('home.taskPausedUnnumbered', { why })
      : t('home.taskPaused', { number: formatNumber(number, locale), why });
  return [{ text, to, urgent: true }];
}

const numbered = (number: number | null, { locale }: Translator): string =>
  number === null ? '' : formatNumber(number, locale);

/** Relays that take nothing. A provider that slows us down needs no person. */
function taskOfRelays(
  { id, number, holdUps }: TaskFacts['issues'][number],
  now: Date,
  words: Translator,
): Task[] {
  return holdUps
    .filter(({ kind }) => kind === 'relay')
    .map((holdUp) => ({
      text: words.t('home.taskDelayed', {
        number: numbered(number, words),
        why: holdUpInWords(holdUp, now, words),
      }),
      to: `/console/issues/${id}`,
      urgent: true,
    }));
}

/** Of the last issue that went out. */
function refusalsOfLast(issues: TaskFacts['issues'], words: Translator): Task[] {
  const last = issues.find(({ counts }) => counts.accepted + counts.refused + counts.bounced > 0);
  const count = last === undefined ? 0 : last.counts.refused + last.counts.bounced;
  if (last === undefined || count === 0) return [];
  const text = words.t('home.taskRefused', { count, number: numbered(last.number, words) });
  return [{ text, to: `/console/issues/${last.id}`, urgent: false }];
}

function tasksOfFeed(
  home: string,
  { id, title, url, status, lastError, lastSuccessAt, held }: TaskFacts['feeds'][number],
  now: Date,
  words: Translator,
): Task[] {
  const { t } = words;
  const to = `${home}/feeds/${id}`;
  const feed = title ?? url;
  const why = lastError ?? t('home.feedGone');
  return [
    ...(status === 'failing' || status === 'gone'
      ? [
          {
            text:
              lastSuccessAt === null
                ? t('home.taskFeed', { feed, why })
                : t('home.taskFeedSince', {
                    feed,
                    why,
                    ago: distanceInWords(new Date(lastSuccessAt), now, words),
                  }),
            to,
            urgent: true,
          },
        ]
      : []),
    ...(held > 0
      ? [{ text: t('home.taskHeld', { count: held, feed }), to: `${to}#held`, urgent: false }]
      : []),
  ];
}
