// What the review page shows of an issue, and what its form asks for. Pure.
import { isId } from '../ids.js';
import type { getIssue } from '../reports/progress.js';
import type { IssueEdit } from '../issues/edit-issue.js';
import type { Words } from '../newsletters/selection.js';
import type { Newsletter } from '../newsletters/schema.js';
import { formatTime } from '../text/words.js';
import { many, sizeInWords } from './size-words.js';

type Issue = NonNullable<Awaited<ReturnType<typeof getIssue>>>;

const labels: Record<keyof Words, string> = {
  opening: 'Words above the posts',
  closing: 'Words below the posts',
  sponsor: 'Sponsor',
};
const names = Object.keys(labels) as (keyof Words)[];

/** Where the issue stands, in a sentence. */
function stateOf(issue: Issue, newsletter: Newsletter, now: Date): { kind: string; text: string } {
  const time = (at: Date) => `${formatTime(at, newsletter.timezone)} (${newsletter.timezone})`;
  const out = issue.slot > now ? `at ${time(issue.slot)}` : 'as soon as it is approved';
  switch (issue.status) {
    case 'review': {
      const until = issue.reviewUntil;
      if (issue.reviewTimeout === 'wait' || until === null)
        return { kind: 'warn', text: `It waits for you. It goes out ${out}, once somebody approves it.` };
      return issue.reviewTimeout === 'release'
        ? { kind: 'warn', text: `If nobody decides, it goes out at ${time(until)}.` }
        : { kind: 'warn', text: `If nobody approves it by ${time(until)}, it is skipped.` };
    }
    case 'frozen': {
      const from =
        issue.retractUntil !== null && issue.retractUntil > issue.slot ? issue.retractUntil : issue.slot;
      return {
        kind: 'ok',
        text: `Approved. It goes out ${from > now ? `at ${time(from)}; until then it can be taken back` : 'now'}.`,
      };
    }
    case 'sending':
    case 'finished':
      return { kind: 'ok', text: 'It is on its way to the readers.' };
    case 'cancelled':
      return { kind: 'ok', text: 'It was cancelled: its posts go to the readers with the next issue.' };
    case 'skipped':
      return { kind: 'warn', text: 'It was skipped: its posts go to the readers with the next issue.' };
    case 'collecting':
      return { kind: 'ok', text: 'Its posts are being gathered.' };
    case 'paused':
      return { kind: 'warn', text: `It is paused: ${issue.pauseReason ?? 'by hand'}.` };
  }
}

function linksOf({ linkReport: report, status }: Issue, { timezone }: Newsletter): object | undefined {
  if (report === null)
    return status === 'review' ? { kind: 'ok', text: 'The links are being followed.' } : undefined;
  const { links, unclear, silent } = report;
  const answer = links - silent.length - unclear;
  const parts = [
    many(answer, 'link answers', 'links answer'),
    unclear > 0 ? `${many(unclear, 'site lets', 'sites let')} no program look` : '',
    silent.length > 0 ? `${many(silent.length, 'leads', 'lead')} nowhere` : '',
  ].filter(Boolean);
  return {
    kind: silent.length > 0 ? 'warn' : 'ok',
    text: `${parts.join(', ')} (${formatTime(report.checkedAt, timezone)}).`,
    silent,
  };
}

/** The view of templates/console/review.hbs, without its frame. */
export function reviewView(issue: Issue, newsletter: Newsletter, base: string, now: Date): object {
  const left = issue.omitted.filter(({ reason }) => reason !== 'topic');
  const words = { ...newsletter.words, ...issue.ownWords };
  return {
    issue,
    newsletter,
    base,
    heading: issue.subject ?? `An issue of ${newsletter.name}`,
    state: stateOf(issue, newsletter, now),
    hasPreview: issue.variants > 0,
    size: issue.mailSize && sizeInWords(issue.mailSize),
    links: linksOf(issue, newsletter),
    ownSubject: issue.ownSubject ?? '',
    words: names.map((name) => ({ name, label: labels[name], text: words[name] ?? '' })),
    posts: [
      ...issue.posts.map(({ id, title }, index) => ({ id, title, place: index + 1, fate: 'keep' })),
      ...left.map(({ id, title, reason }, index) => ({
        id,
        title,
        place: issue.posts.length + index + 1,
        fate: reason === 'later' ? 'later' : 'drop',
        dropped: reason === 'later' ? 'waits for the next issue' : 'left out',
      })),
    ],
    can: {
      edit: issue.status === 'review',
      check: issue.status === 'review',
      approve: issue.status === 'review',
      retract: issue.status === 'frozen',
      cancel: ['review', 'frozen'].includes(issue.status),
    },
  };
}

const text = (value: unknown): string =>
  typeof value === 'string' ? value.replaceAll('\r\n', '\n').trim() : '';

/** What the form asks for. A field that is not there changes nothing. */
export function readReviewForm(issueId: string, body: Readonly<Record<string, unknown>>): IssueEdit {
  const fates = Object.entries(body).flatMap(([name, fate]) => {
    const id = name.startsWith('do-') ? name.slice('do-'.length) : '';
    return !isId(id) ? [] : [{ id, fate, place: Number(body[`place-${id}`]) || Infinity }];
  });
  const given = names.filter((name) => `words-${name}` in body);
  return {
    issueId,
    ...('subject' in body ? { subject: text(body['subject']) || null } : {}),
    ...(given.length === 0
      ? {}
      : { words: Object.fromEntries(given.map((name) => [name, text(body[`words-${name}`]) || null])) }),
    ...(fates.length === 0
      ? {}
      : {
          // Stable: those with the same number stay as they stood.
          posts: fates
            .filter(({ fate }) => fate === 'keep')
            .toSorted((a, b) => (a.place === b.place ? 0 : a.place - b.place))
            .map(({ id }) => id),
          later: fates.filter(({ fate }) => fate === 'later').map(({ id }) => id),
        }),
  };
}
