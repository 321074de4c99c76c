// The view of the review page, and the reading of its form. Pure.
import { isId } from '../ids.js';
import type { getIssue } from '../reports/progress.js';
import type { IssueEdit } from '../issues/edit-issue.js';
import type { Words } from '../newsletters/selection.js';
import type { Newsletter } from '../newsletters/schema.js';
import { formatNumber, formatTime } from '../text/words.js';
import { many, sizeInWords } from './size-words.js';

type Issue = NonNullable<Awaited<ReturnType<typeof getIssue>>>;

const labels: Record<keyof Words, string> = {
  opening: 'Introduction',
  closing: 'Footer',
  sponsor: 'Sponsor',
};
const names = Object.keys(labels) as (keyof Words)[];

/** The state of the issue, in a sentence. */
function stateOf(issue: Issue, newsletter: Newsletter, now: Date): { kind: string; text: string } {
  const time = (at: Date) => `${formatTime(at, newsletter.timezone)} (${newsletter.timezone})`;
  const out =
    issue.slot > now ? `It goes out at ${time(issue.slot)}` : 'It goes out as soon as you approve it';
  switch (issue.status) {
    case 'review': {
      const until = issue.reviewUntil;
      if (issue.reviewTimeout === 'wait' || until === null)
        return { kind: 'warn', text: `Waiting for your approval. ${out}.` };
      return issue.reviewTimeout === 'release'
        ? {
            kind: 'warn',
            text: `Waiting for your approval. Without a decision it goes out at ${time(until)}.`,
          }
        : {
            kind: 'warn',
            text: `Waiting for your approval. Without it, the issue is skipped at ${time(until)}.`,
          };
    }
    case 'frozen': {
      const from =
        issue.retractUntil !== null && issue.retractUntil > issue.slot ? issue.retractUntil : issue.slot;
      return {
        kind: 'ok',
        text:
          from > now
            ? `Approved. It goes out at ${time(from)}. Until then you can withdraw the approval.`
            : 'Approved. Sending starts now.',
      };
    }
    case 'sending':
    case 'finished':
      return { kind: 'ok', text: 'Sending has started.' };
    case 'cancelled':
      return {
        kind: 'ok',
        text: 'Cancelled. Readers who have not had it will get its posts in the next issue.',
      };
    case 'skipped':
      return { kind: 'warn', text: 'Skipped. Readers will get its posts in the next issue.' };
    case 'collecting':
      return { kind: 'ok', text: 'Its posts are being collected.' };
    case 'paused':
      return { kind: 'warn', text: `Paused: ${issue.pauseReason ?? 'by hand'}.` };
  }
}

function linksOf({ linkReport: report, status }: Issue, { timezone }: Newsletter): object | undefined {
  if (report === null) return status === 'review' ? { kind: 'ok', text: 'Checking the links.' } : undefined;
  const { links, unclear, silent } = report;
  const answer = links - silent.length - unclear;
  const all = answer === links;
  const parts = [
    all && links > 1
      ? `All ${formatNumber(links, 'en')} links work`
      : many(answer, 'link works', 'links work'),
    unclear > 0 ? `${many(unclear, 'link', 'links')} could not be checked` : '',
    silent.length > 0 ? `${many(silent.length, 'link does', 'links do')} not work` : '',
  ].filter(Boolean);
  return {
    kind: silent.length > 0 ? 'warn' : 'ok',
    text: `${parts.join(', ')} (checked on ${formatTime(report.checkedAt, timezone)}).`,
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
    heading: issue.subject ?? `Issue of ${newsletter.name}`,
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
        dropped: reason === 'later' ? 'saved for the next issue' : 'left out',
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

/** Reads the form. A missing field changes nothing. */
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
          // The sort is stable: posts with the same number keep their order.
          posts: fates
            .filter(({ fate }) => fate === 'keep')
            .toSorted((a, b) => (a.place === b.place ? 0 : a.place - b.place))
            .map(({ id }) => id),
          later: fates.filter(({ fate }) => fate === 'later').map(({ id }) => id),
        }),
  };
}
