// What the page of the next issue shows. Pure.
import type { Draft } from '../../issues/edit-draft.js';
import type { NextToEdit, PostToEdit } from '../../issues/prepare-next.js';
import type { Newsletter } from '../../newsletters/schema.js';
import { wordsOfIssue } from './form.js';

/** A phone's list of mails shows about this much of a subject. */
export const subjectOnPhone = 40;

const labels = { opening: 'Introduction', closing: 'Closing' } as const;

/** What another editor changed since the form was made, in sentences. */
export function changesInWords(
  mine: Pick<Draft, 'subject' | 'posts' | 'held'>,
  current: Draft,
  posts: readonly PostToEdit[],
): string[] {
  const titles = new Map(posts.map(({ id, ownTitle }) => [id, ownTitle]));
  const order = (draft: Pick<Draft, 'posts'>): string =>
    draft.posts
      .filter(({ fate }) => fate === 'keep')
      .map(({ postId }) => postId)
      .join(' ');
  const own = new Map(mine.posts.map((post) => [post.postId, post]));
  const fates = { keep: 'is included', later: 'waits for the next issue', drop: 'is left out' } as const;
  return [
    ...(mine.subject === current.subject ? [] : [`Subject: ${current.subject ?? 'the newsletter’s'}`]),
    ...(mine.held === current.held
      ? []
      : [current.held ? 'The issue waits for an approval' : 'The issue waits for no approval']),
    ...(order(mine) === order(current) ? [] : ['The order of the posts']),
    ...current.posts.flatMap(({ postId, fate, title }) => {
      const had = own.get(postId);
      const name = titles.get(postId) ?? 'A post';
      return [
        ...(had === undefined || had.fate === fate ? [] : [`“${name}” ${fates[fate]}`]),
        ...(had === undefined || had.title === title
          ? []
          : [`The headline of “${name}”: ${title ?? 'the feed’s'}`]),
      ];
    }),
  ];
}

export interface NextPage {
  newsletter: Newsletter;
  next: NextToEdit;
  /** The rendered subject, and the size in words. */
  mail: { subject: string; preheader: string; size: string } | undefined;
  recipients: { readers: number; upTo: boolean };
  /** Undefined: the form is not stale. */
  changed?: string[] | undefined;
  isSubjectWrong?: boolean;
}

/** The view of templates/console/next-issue.hbs, without its frame. */
export function nextView(page: NextPage): object {
  const { newsletter, next, mail, recipients, changed, isSubjectWrong = false } = page;
  const { draft, posts } = next;
  const words = { ...newsletter.words, ...draft.words };
  const last = posts.length;
  return {
    newsletter,
    ...recipients,
    base: `/console/newsletters/${newsletter.slug}/next-issue`,
    script: '/assets/next-issue.js',
    madeFrom: draft.version,
    changed,
    isSubjectWrong,
    subject: draft.subject ?? '',
    held: draft.held,
    reviewed: newsletter.schedule.review === 'hold',
    mail: mail && { ...mail, length: [...new Intl.Segmenter().segment(mail.subject)].length },
    subjectOnPhone,
    posts: posts.map((post, at) => ({
      ...post,
      place: at + 1,
      isFirst: at === 0,
      isLast: at + 1 === last,
      isEdited: post.title !== post.ownTitle || post.excerpt !== post.ownExcerpt,
    })),
    words: wordsOfIssue.map((name) => ({ name, label: labels[name], text: words[name] ?? '' })),
  };
}
