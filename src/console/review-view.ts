// The view of the review page, and the reading of its form.
import { isId } from '../ids.js';
import type { getIssue } from '../reports/progress.js';
import type { PostTexts } from '../issues/issue-texts.js';
import type { IssueEdit } from '../issues/edit-issue.js';
import type { MessageKey } from '../languages/messages.js';
import type { Translator } from '../languages/translate.js';
import type { Words } from '../newsletters/selection.js';
import type { Newsletter } from '../newsletters/schema.js';
import { momentInWords } from '../text/words.js';
import { sizeInWords } from './size-words.js';

type Issue = NonNullable<Awaited<ReturnType<typeof getIssue>>>;

const labels: Record<keyof Words, MessageKey> = {
  opening: 'issue.opening',
  closing: 'issue.closing',
  sponsor: 'issue.sponsor',
};
const names = Object.keys(labels) as (keyof Words)[];

interface State {
  kind: 'ok' | 'warn';
  text: string;
}

/** The state of the issue, in a sentence. */
function stateOf(issue: Issue, newsletter: Newsletter, now: Date, { t, locale }: Translator): State {
  const time = (at: Date) => `${momentInWords(at, newsletter.timezone, locale)} (${newsletter.timezone})`;
  const ok = (text: string): State => ({ kind: 'ok', text });
  const warn = (text: string): State => ({ kind: 'warn', text });
  switch (issue.status) {
    case 'review': {
      const until = issue.reviewUntil;
      if (issue.reviewTimeout === 'wait' || until === null)
        return warn(
          issue.slot > now ? t('issue.waitsOut', { time: time(issue.slot) }) : t('issue.waitsAtOnce'),
        );
      return warn(
        issue.reviewTimeout === 'release'
          ? t('issue.waitsRelease', { time: time(until) })
          : t('issue.waitsSkip', { time: time(until) }),
      );
    }
    case 'frozen': {
      const from =
        issue.retractUntil !== null && issue.retractUntil > issue.slot ? issue.retractUntil : issue.slot;
      return ok(from > now ? t('issue.approvedOut', { time: time(from) }) : t('issue.approvedNow'));
    }
    case 'sending':
    case 'finished':
      return ok(t('issue.started'));
    case 'cancelled':
      return ok(t('issue.cancelled'));
    case 'skipped':
      return warn(t('issue.skipped'));
    case 'collecting':
      return ok(t('issue.collecting'));
    case 'paused':
      return warn(t('issue.paused', { why: issue.pauseReason ?? t('issue.byHand') }));
  }
}

function linksOf(
  { linkReport: report, status }: Issue,
  { timezone }: Newsletter,
  { t, locale }: Translator,
): object | undefined {
  if (report === null) return status === 'review' ? { kind: 'ok', text: t('issue.checking') } : undefined;
  const { links, unclear, silent } = report;
  const answer = links - silent.length - unclear;
  const parts = [
    answer === links && links > 1
      ? t('issue.linksAllWork', { count: links })
      : t('issue.linksWork', { count: answer }),
    unclear > 0 ? t('issue.linksUnclear', { count: unclear }) : '',
    silent.length > 0 ? t('issue.linksDead', { count: silent.length }) : '',
  ].filter(Boolean);
  const what = new Intl.ListFormat(locale, { type: 'unit', style: 'long' }).format(parts);
  return {
    kind: silent.length > 0 ? 'warn' : 'ok',
    text: t('issue.linksChecked', { what, time: momentInWords(report.checkedAt, timezone, locale) }),
    silent,
  };
}

/** The view of templates/console/review.hbs, without its frame. */
export function reviewView(
  issue: Issue,
  newsletter: Newsletter,
  base: string,
  { now, texts }: { now: Date; texts: ReadonlyMap<string, PostTexts> },
  translated: Translator,
): object {
  const { t } = translated;
  const left = issue.omitted.filter(({ reason }) => reason !== 'topic');
  const words = { ...newsletter.words, ...issue.ownWords };
  return {
    issue,
    newsletter,
    base,
    heading: issue.subject ?? t('issue.issueOf', { newsletter: newsletter.name }),
    state: stateOf(issue, newsletter, now, translated),
    hasPreview: issue.variants > 0,
    size: issue.mailSize && sizeInWords(issue.mailSize, translated),
    links: linksOf(issue, newsletter, translated),
    ownSubject: issue.ownSubject ?? '',
    words: names.map((name) => ({ name, label: t(labels[name]), text: words[name] ?? '' })),
    posts: [
      ...issue.posts.map(({ id, title }, index) => ({
        id,
        title,
        place: index + 1,
        fate: 'keep',
        text: texts.get(id),
      })),
      ...left.map(({ id, title, reason }, index) => ({
        id,
        title,
        place: issue.posts.length + index + 1,
        fate: reason === 'later' ? 'later' : 'drop',
        dropped: reason === 'later' ? t('issue.savedForNext') : t('issue.leftOut'),
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
export function readReviewForm(
  { issueId, by }: Pick<IssueEdit, 'issueId' | 'by'>,
  body: Readonly<Record<string, unknown>>,
): IssueEdit {
  const fates = Object.entries(body).flatMap(([name, fate]) => {
    const id = name.startsWith('do-') ? name.slice('do-'.length) : '';
    return !isId(id) ? [] : [{ id, fate, place: Number(body[`place-${id}`]) || Infinity }];
  });
  const typed = fates.flatMap(({ id }) =>
    `title-${id}` in body
      ? [
          {
            postId: id,
            title: text(body[`title-${id}`]) || null,
            excerpt: text(body[`excerpt-${id}`]) || null,
          },
        ]
      : [],
  );
  const given = names.filter((name) => `words-${name}` in body);
  return {
    issueId,
    by,
    ...('subject' in body ? { subject: text(body['subject']) || null } : {}),
    ...(given.length === 0
      ? {}
      : { words: Object.fromEntries(given.map((name) => [name, text(body[`words-${name}`]) || null])) }),
    ...(typed.length === 0 ? {} : { texts: typed }),
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
