// What waits for a person at a newsletter: tasks in sentences, each with the page on which it is done. Pure.
import type { FeedJson } from '../../feeds/feed-json.js';
import type { Newsletter } from '../../newsletters/schema.js';
import type { IssueView } from '../../reports/progress.js';
import { formatNumber } from '../../text/words.js';

export interface Task {
  text: string;
  to: string;
  /** It keeps mail from readers. */
  urgent: boolean;
}

export interface TaskFacts {
  newsletter: Pick<Newsletter, 'slug' | 'postalAddress'>;
  /** The domain whose mail goes out without a signature. */
  unsigned: string | undefined;
  /** The newest first. */
  issues: readonly Pick<IssueView, 'id' | 'number' | 'status' | 'pauseReason' | 'counts'>[];
  feeds: readonly Pick<FeedJson, 'id' | 'title' | 'url' | 'status' | 'lastError' | 'held'>[];
}

const plural = (count: number, one: string, other: string): string =>
  `${formatNumber(count)} ${count === 1 ? one : other}`;

export function tasksOf({ newsletter, unsigned, issues, feeds }: TaskFacts): Task[] {
  const home = `/console/newsletters/${newsletter.slug}`;
  return [
    ...(newsletter.postalAddress === null
      ? [
          {
            text: 'Add a postal address. The law requires one in every e-mail, and nothing is sent without it.',
            to: `${home}/settings#postalAddress`,
            urgent: true,
          },
        ]
      : []),
    ...(unsigned === undefined
      ? []
      : [
          {
            text: `Mail from ${unsigned} is not signed: no key in DKIM_DOMAIN is for this domain. Many providers then file it as spam or refuse it. Add a key, or set dkim=off for a relay that signs.`,
            to: `${home}/settings`,
            urgent: false,
          },
        ]),
    ...issues.flatMap(taskOfIssue),
    ...refusalsOfLast(issues),
    ...feeds.flatMap((feed) => tasksOfFeed(home, feed)),
  ];
}

function taskOfIssue({ id, number, status, pauseReason }: TaskFacts['issues'][number]): Task[] {
  const to = `/console/issues/${id}`;
  const issue = number === null ? 'An issue' : `Issue No. ${number}`;
  if (status === 'review') return [{ text: `${issue} waits for your approval.`, to, urgent: true }];
  if (status !== 'paused') return [];
  return [{ text: `${issue} is paused: ${pauseReason ?? 'by hand'}.`, to, urgent: true }];
}

/** Of the last issue that went out. */
function refusalsOfLast(issues: TaskFacts['issues']): Task[] {
  const last = issues.find(({ counts }) => counts.accepted + counts.refused + counts.bounced > 0);
  const refused = last === undefined ? 0 : last.counts.refused + last.counts.bounced;
  if (last === undefined || refused === 0) return [];
  const text = `${plural(refused, 'address', 'addresses')} of issue No. ${last.number ?? ''} refused the mail.`;
  return [{ text, to: `/console/issues/${last.id}`, urgent: false }];
}

function tasksOfFeed(
  home: string,
  { id, title, url, status, lastError, held }: TaskFacts['feeds'][number],
): Task[] {
  const to = `${home}/feeds/${id}`;
  const name = title ?? url;
  const failing = status === 'failing' || status === 'gone';
  return [
    ...(failing
      ? [{ text: `The feed “${name}” fails: ${lastError ?? 'it is gone'}`, to, urgent: true }]
      : []),
    ...(held > 0
      ? [
          {
            text: `${plural(held, 'post', 'posts')} held from “${name}”. Decide whether they go out.`,
            to: `${to}#held`,
            urgent: false,
          },
        ]
      : []),
  ];
}
