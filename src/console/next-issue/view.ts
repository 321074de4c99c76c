// What the page of the next issue shows. Pure.
import type { Draft } from '../../issues/edit-draft.js';
import type { NextToEdit, PostToEdit } from '../../issues/prepare-next.js';
import type { Translator } from '../../languages/translate.js';
import type { Newsletter } from '../../newsletters/schema.js';
import { editView } from './edit-view.js';

const fates = { keep: 'next.changedKeep', later: 'next.changedLater', drop: 'next.changedDrop' } as const;

/** What another editor changed since the form was made, in sentences. */
export function changesInWords(
  mine: Pick<Draft, 'subject' | 'posts' | 'held'>,
  current: Pick<Draft, 'subject' | 'posts' | 'held'>,
  posts: readonly Pick<PostToEdit, 'id' | 'ownTitle'>[],
  { t }: Translator,
): string[] {
  const titles = new Map(posts.map(({ id, ownTitle }) => [id, ownTitle]));
  const order = (draft: Pick<Draft, 'posts'>): string =>
    draft.posts
      .filter(({ fate }) => fate === 'keep')
      .map(({ postId }) => postId)
      .join(' ');
  const own = new Map(mine.posts.map((post) => [post.postId, post]));
  const subject =
    current.subject === null
      ? t('next.changedSubjectBack')
      : t('next.changedSubject', { subject: current.subject });
  return [
    ...(mine.subject === current.subject ? [] : [subject]),
    ...(mine.held === current.held ? [] : [current.held ? t('next.changedHeld') : t('next.changedNotHeld')]),
    ...(order(mine) === order(current) ? [] : [t('next.changedOrder')]),
    ...current.posts.flatMap(({ postId, fate, title: headline }) => {
      const had = own.get(postId);
      const title = titles.get(postId) ?? t('next.aPost');
      return [
        ...(had === undefined || had.fate === fate ? [] : [t(fates[fate], { title })]),
        ...(had === undefined || had.title === headline
          ? []
          : [
              headline === null
                ? t('next.changedHeadlineBack', { title })
                : t('next.changedHeadline', { title, headline }),
            ]),
      ];
    }),
  ];
}

export interface NextPage {
  newsletter: Newsletter;
  next: NextToEdit;
  mayEdit: boolean;
  /** The rendered subject, the size in words, and the links. */
  mail:
    | { subject: string; preheader: string; size: string; links: object | undefined; whenChecked: string }
    | undefined;
  recipients: { readers: number; upTo: boolean };
  /** There never was a post, and no feed will bring one. */
  needsFeed?: boolean;
  /** Undefined: the form is not stale. */
  changed?: string[] | undefined;
  isSubjectWrong?: boolean;
}

/** The view of templates/console/next-issue.hbs, without its frame. */
export function nextView(page: NextPage, words: Translator): object {
  const { newsletter, next, mayEdit, mail, recipients, changed, needsFeed, isSubjectWrong = false } = page;
  const { draft, posts } = next;
  const base = `/console/newsletters/${newsletter.slug}`;
  const reviewed = newsletter.schedule.review === 'hold';
  return {
    newsletter,
    ...recipients,
    base: `${base}/next-issue`,
    script: '/assets/next-issue.js',
    needsFeed,
    changed,
    held: draft.held,
    reviewed,
    aboutHold: reviewed ? words.t('next.reviewed') : draft.held ? words.t('next.isHeld') : undefined,
    mail,
    edit: editView(
      {
        madeFrom: draft.version,
        subject: draft.subject ?? '',
        subjectNow: mail?.subject,
        words: { ...newsletter.words, ...draft.words },
        posts,
        isSubjectWrong,
      },
      { thumbnails: `${base}/posts`, mayEdit },
      words,
    ),
  };
}
