// The view of the review page, and the reading of its form.
import { isId } from '../ids.js';
import type { getIssue } from '../reports/progress.js';
import type { IssueTexts } from '../issues/issue-texts.js';
import type { LinksOfPost } from '../links/links-in.js';
import type { Draft } from '../issues/edit-draft.js';
import type { IssueEdit } from '../issues/edit-issue.js';
import type { Translator } from '../languages/translate.js';
import type { Newsletter } from '../newsletters/schema.js';
import { pageTimes, type TimeWords } from '../text/when-words.js';
import { linkListView } from './next-issue/link-list.js';
import { editView, wordsOfIssue, type EditedPost } from './next-issue/edit-view.js';
import { orderIn } from './next-issue/form.js';
import { changesInWords } from './next-issue/view.js';
import { sizeInWords } from './size-words.js';

type Issue = NonNullable<Awaited<ReturnType<typeof getIssue>>>;

interface State {
  kind: 'ok' | 'warn';
  text: string;
}

/** The state of the issue, in a sentence. */
function stateOf(issue: Issue, now: Date, { t, time }: TimeWords): State {
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
  links: readonly LinksOfPost[],
  words: TimeWords,
): object | undefined {
  const { t, say, locale, time } = words;
  const reasons = new Map(report?.silent.map(({ url, reason }) => [url, say(reason)]));
  const list = linkListView(links, reasons, words);
  if (report === null)
    return status === 'review' ? { kind: 'ok', text: t('issue.checking'), list } : undefined;
  const { links: all, unclear, silent } = report;
  const answer = all - silent.length - unclear;
  const parts = [
    answer === all && all > 1
      ? t('issue.linksAllWork', { count: all })
      : t('issue.linksWork', { count: answer }),
    unclear > 0 ? t('issue.linksUnclear', { count: unclear }) : '',
    silent.length > 0 ? t('issue.linksDead', { count: silent.length }) : '',
  ].filter(Boolean);
  const what = new Intl.ListFormat(locale, { type: 'unit', style: 'long' }).format(parts);
  return {
    kind: silent.length > 0 ? 'warn' : 'ok',
    text: t('issue.linksChecked', { what, time: time(report.checkedAt) }),
    silent: [...reasons].map(([url, reason]) => ({ url, reason })),
    list,
  };
}

interface Shown {
  now: Date;
  texts: ReadonlyMap<string, IssueTexts>;
  links: readonly LinksOfPost[];
  /** How often the issue was edited. */
  edits: number;
  mayWrite: boolean;
  /** Undefined: the pictures of posts want a sign-in that the person does not have. */
  thumbnails: string | undefined;
  /** What an editor typed, and is not saved: the subject is wrong, or they saw an earlier state. */
  unsaved?: { edit: IssueEdit; isSubjectWrong?: boolean } | undefined;
}

/** The view of templates/console/review.hbs, without its frame. */
export function reviewView(
  issue: Issue,
  newsletter: Newsletter,
  base: string,
  shown: Shown,
  translated: Translator,
): object {
  const { now, links, edits, mayWrite, thumbnails, unsaved } = shown;
  const current = stateOfForm(issue, newsletter, shown);
  const typed = unsaved && withTyped(current, unsaved.edit);
  const isSubjectWrong = unsaved?.isSubjectWrong ?? false;
  const isStale = unsaved !== undefined && !isSubjectWrong;
  const edit = {
    ...(typed ?? current),
    // The version stays that of the form, so that saving it again finds what changed meanwhile.
    madeFrom: isSubjectWrong ? (unsaved?.edit.madeFrom ?? edits) : edits,
    subjectNow: issue.subject ?? undefined,
    isSubjectWrong,
  };
  return {
    ...frameOfReview(issue, newsletter, base, { now, links }, translated),
    ...(isStale && { isStale, changed: changesIn(current, unsaved.edit, translated) }),
    edit: editView(edit, { thumbnails, mayEdit: mayWrite }, translated),
    isOpen: issue.status === 'review',
    can: {
      check: mayWrite && issue.status === 'review',
      approve: mayWrite && issue.status === 'review',
      retract: mayWrite && issue.status === 'frozen',
      cancel: mayWrite && ['review', 'frozen'].includes(issue.status),
    },
  };
}

/** What the page shows around its form. */
function frameOfReview(
  issue: Issue,
  newsletter: Newsletter,
  base: string,
  { now, links }: Pick<Shown, 'now' | 'links'>,
  translated: Translator,
): object {
  const { t } = translated;
  const times = pageTimes(translated, { now, zone: newsletter.timezone });
  const sender = `${newsletter.from.name} <${newsletter.from.address}>`;
  return {
    issue,
    newsletter,
    base,
    script: '/assets/next-issue.js',
    heading: issue.subject ?? t('issue.issueOf', { newsletter: newsletter.name }),
    state: stateOf(issue, now, times),
    mail:
      issue.variants > 0
        ? { subject: issue.subject, preheader: t('issue.fromSender', { sender }) }
        : undefined,
    size: issue.mailSize && sizeInWords(issue.mailSize, translated),
    links: linksOf(issue, links, times),
  };
}

type FormState = ReturnType<typeof stateOfForm>;

function stateOfForm(issue: Issue, newsletter: Newsletter, { texts }: Pick<Shown, 'texts'>) {
  const kept = issue.posts.map(({ id, title }): EditedPost => {
    const own = texts.get(id) ?? { title, excerpt: '', ownTitle: title, ownExcerpt: '', image: null };
    return { ...own, id, fate: 'keep' };
  });
  const others = issue.omitted.flatMap(({ id, title, reason }): EditedPost[] =>
    reason === 'topic'
      ? []
      : [
          {
            id,
            fate: reason === 'later' ? 'later' : 'drop',
            title,
            excerpt: '',
            ownTitle: title,
            ownExcerpt: '',
            image: null,
            isOut: true,
          },
        ],
  );
  return {
    subject: issue.ownSubject ?? '',
    words: { ...newsletter.words, ...issue.ownWords },
    posts: [...kept, ...others],
  };
}

/** What somebody else changed since the form was made, in sentences. */
function changesIn(current: FormState, typed: IssueEdit, words: Translator): string[] {
  const { posts } = current;
  const now = {
    subject: current.subject || null,
    posts: posts.filter(({ fate }) => fate === 'keep').map(({ id }) => id),
    later: posts.filter(({ fate }) => fate === 'later').map(({ id }) => id),
    texts: posts.flatMap(({ id, isOut, title }) => (isOut ? [] : [{ postId: id, title }])),
  };
  return changesInWords(
    draftOf(typed, posts),
    draftOf({ ...typed, ...now }, posts),
    posts.map(({ id, title }) => ({ id, ownTitle: title })),
    words,
  );
}

/** An edit as a draft, so that two of them can be compared. What the edit leaves out is as `posts` have it. */
function draftOf(edit: IssueEdit, posts: FormState['posts']): Pick<Draft, 'subject' | 'posts' | 'held'> {
  const kept = edit.posts ?? posts.filter(({ fate }) => fate === 'keep').map(({ id }) => id);
  const later = new Set(edit.later);
  const titles = new Map(edit.texts?.map(({ postId, title }) => [postId, title]));
  const others = posts.map(({ id }) => id).filter((id) => !kept.includes(id));
  // A post that the issue does not have has no headline there, so none can have changed.
  const titleOf = (postId: string): string | null => {
    const own = posts.find(({ id }) => id === postId);
    return own === undefined || own.isOut ? null : (titles.get(postId) ?? own.title);
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

/** The form with what its editor typed. */
function withTyped(current: FormState, typed: IssueEdit): FormState {
  const texts = new Map(typed.texts?.map((edit) => [edit.postId, edit]));
  const byId = new Map(current.posts.map((post) => [post.id, post]));
  const words = { ...current.words };
  for (const name of wordsOfIssue) {
    const given = typed.words?.[name];
    if (given !== undefined) words[name] = given;
  }
  return {
    subject: typed.subject ?? '',
    words,
    posts: draftOf(typed, current.posts).posts.flatMap(({ postId, fate }) => {
      const post = byId.get(postId);
      if (post === undefined) return [];
      const { title, excerpt } = (!post.isOut && texts.get(postId)) || {};
      return [{ ...post, fate, title: title ?? post.title, excerpt: excerpt ?? post.excerpt }];
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
  const given = Object.entries(body).flatMap(([name, fate]) => {
    const id = name.startsWith('do-') ? name.slice('do-'.length) : '';
    return isId(id) ? [[id, fate] as const] : [];
  });
  const fateOf = new Map(given);
  const fates = orderIn(body, [...fateOf.keys()]).map((id) => ({ id, fate: fateOf.get(id) }));
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
  const named = wordsOfIssue.filter((name) => `words-${name}` in body);
  return {
    issueId,
    by,
    ...('madeFrom' in body ? { madeFrom: Number(body['madeFrom']) } : {}),
    ...('subject' in body ? { subject: text(body['subject']) || null } : {}),
    ...(named.length === 0
      ? {}
      : { words: Object.fromEntries(named.map((name) => [name, text(body[`words-${name}`]) || null])) }),
    ...(typed.length === 0 ? {} : { texts: typed }),
    ...(fates.length === 0
      ? {}
      : {
          posts: fates.filter(({ fate }) => fate === 'keep').map(({ id }) => id),
          later: fates.filter(({ fate }) => fate === 'later').map(({ id }) => id),
        }),
  };
}
