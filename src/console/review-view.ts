// The view of the review page, and the reading of its form.
import { isId } from '../ids.js';
import type { getIssue } from '../reports/progress.js';
import type { Fate } from '../issues/draft.js';
import type { PostTexts } from '../issues/issue-texts.js';
import type { Draft } from '../issues/edit-draft.js';
import type { IssueEdit } from '../issues/edit-issue.js';
import type { MessageKey } from '../languages/messages.js';
import type { Translator } from '../languages/translate.js';
import type { Words } from '../newsletters/selection.js';
import type { Newsletter } from '../newsletters/schema.js';
import { momentInWords } from '../text/words.js';
import { changesInWords } from './next-issue/view.js';
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
      if (issue.draftChanged) return warn(t('issue.waitsChanged'));
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
  { t, say, locale }: Translator,
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
    silent: silent.map(({ url, reason }) => ({ url, reason: say(reason) })),
  };
}

interface ShownPost {
  id: string;
  title: string;
  place: number;
  fate: Fate;
  /** Why the issue does not have it, in words. */
  dropped?: string;
  /** undefined: the issue does not have it. */
  text?: PostTexts | undefined;
}

interface Shown {
  now: Date;
  texts: ReadonlyMap<string, PostTexts>;
  /** How often the issue was edited. */
  edits: number;
  /** What an editor typed, and is not saved: the subject is wrong, or they saw an earlier state. */
  unsaved?: { edit: IssueEdit; isSubjectWrong?: boolean } | undefined;
}

/** The view of templates/console/review.hbs, without its frame. */
export function reviewView(
  issue: Issue,
  newsletter: Newsletter,
  base: string,
  { now, texts, edits, unsaved }: Shown,
  translated: Translator,
): object {
  const view = currentView(issue, newsletter, base, { now, texts, edits }, translated);
  if (unsaved === undefined) return view;
  const { edit: typed, isSubjectWrong = false } = unsaved;
  // The version stays that of the form, so that saving it again finds what changed meanwhile.
  if (isSubjectWrong) return { ...withTyped(view, typed), madeFrom: typed.madeFrom ?? edits, isSubjectWrong };
  const changed = changesInWords(
    draftOf(typed, view.posts),
    draftOf({ ...typed, ...stateAsEdit(view) }, view.posts),
    view.posts.map(({ id, title, text: own }) => ({ id, ownTitle: own?.title ?? title })),
    translated,
  );
  return { ...withTyped(view, typed), isStale: true, changed };
}

function currentView(
  issue: Issue,
  newsletter: Newsletter,
  base: string,
  { now, texts, edits }: Omit<Shown, 'unsaved'>,
  translated: Translator,
) {
  const { t } = translated;
  const left = issue.omitted.filter(({ reason }) => reason !== 'topic');
  const words = { ...newsletter.words, ...issue.ownWords };
  const kept = issue.posts.map(({ id, title }, index): ShownPost => ({
    id,
    title,
    place: index + 1,
    fate: 'keep',
    text: texts.get(id),
  }));
  const others = left.map(({ id, title, reason }, index): ShownPost => ({
    id,
    title,
    place: issue.posts.length + index + 1,
    fate: reason === 'later' ? 'later' : 'drop',
    dropped: reason === 'later' ? t('issue.savedForNext') : t('issue.leftOut'),
  }));
  return {
    issue,
    newsletter,
    base,
    heading: issue.subject ?? t('issue.issueOf', { newsletter: newsletter.name }),
    state: stateOf(issue, newsletter, now, translated),
    mail:
      issue.variants > 0
        ? {
            subject: issue.subject,
            preheader: t('issue.fromSender', {
              sender: `${newsletter.from.name} <${newsletter.from.address}>`,
            }),
          }
        : undefined,
    size: issue.mailSize && sizeInWords(issue.mailSize, translated),
    links: linksOf(issue, newsletter, translated),
    madeFrom: edits,
    ownSubject: issue.ownSubject ?? '',
    words: names.map((name) => ({ name, label: t(labels[name]), text: words[name] ?? '' })),
    posts: [...kept, ...others],
    can: {
      edit: issue.status === 'review',
      check: issue.status === 'review',
      approve: issue.status === 'review',
      retract: issue.status === 'frozen',
      cancel: ['review', 'frozen'].includes(issue.status),
    },
  };
}

type View = ReturnType<typeof currentView>;

/** The page's state in the form of an edit. */
const stateAsEdit = ({
  ownSubject,
  posts,
}: View): Pick<IssueEdit, 'subject' | 'posts' | 'later' | 'texts'> => ({
  subject: ownSubject || null,
  posts: posts.filter(({ fate }) => fate === 'keep').map(({ id }) => id),
  later: posts.filter(({ fate }) => fate === 'later').map(({ id }) => id),
  texts: posts.flatMap(({ id, text: own }) => (own ? [{ postId: id, title: own.title }] : [])),
});

/** An edit as a draft, so that two of them can be compared. What the edit leaves out is as `posts` have it. */
function draftOf(edit: IssueEdit, posts: View['posts']): Pick<Draft, 'subject' | 'posts' | 'held'> {
  const kept = edit.posts ?? posts.filter(({ fate }) => fate === 'keep').map(({ id }) => id);
  const later = new Set(edit.later);
  const titles = new Map(edit.texts?.map(({ postId, title }) => [postId, title]));
  const others = posts.map(({ id }) => id).filter((id) => !kept.includes(id));
  // A post that the issue does not have has no headline there, so none can have changed.
  const titleOf = (postId: string): string | null => {
    const own = posts.find(({ id }) => id === postId)?.text;
    return own === undefined ? null : (titles.get(postId) ?? own.title);
  };
  return {
    subject: edit.subject ?? null,
    held: true,
    posts: [...kept, ...others].map((postId) => ({
      postId,
      fate: kept.includes(postId) ? 'keep' : later.has(postId) ? 'later' : 'drop',
      title: titleOf(postId),
      excerpt: null,
    })),
  };
}

/** The page with what its editor typed. */
function withTyped(view: View, typed: IssueEdit): View {
  const drafted = draftOf(typed, view.posts).posts;
  const texts = new Map(typed.texts?.map((edit) => [edit.postId, edit]));
  const byId = new Map(view.posts.map((post) => [post.id, post]));
  return {
    ...view,
    ownSubject: typed.subject ?? '',
    words: view.words.map((word) => ({ ...word, text: typed.words?.[word.name] ?? word.text })),
    posts: drafted.flatMap(({ postId, fate }, index) => {
      const post = byId.get(postId);
      if (post === undefined) return [];
      const { title, excerpt } = texts.get(postId) ?? {};
      const own = post.text && {
        ...post.text,
        title: title ?? post.text.title,
        excerpt: excerpt ?? post.text.excerpt,
      };
      return [{ ...post, place: index + 1, fate, text: own }];
    }),
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
    ...('madeFrom' in body ? { madeFrom: Number(body['madeFrom']) } : {}),
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
