// What the page of the next issue shows. Pure.
import type { Draft } from '../../issues/edit-draft.js';
import type { NextToEdit, PostToEdit } from '../../issues/prepare-next.js';
import type { Translator } from '../../languages/translate.js';
import type { Newsletter } from '../../newsletters/schema.js';
import { wordsOfIssue } from './form.js';

/** A phone's list of mails shows about this much of a subject. */
export const subjectOnPhone = 40;

const labels = { opening: 'next.introduction', closing: 'next.closing' } as const;
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
  /** The rendered subject, the size in words, and the number of links. */
  mail: { subject: string; preheader: string; size: string; links: number } | undefined;
  recipients: { readers: number; upTo: boolean };
  /** There never was a post, and no feed will bring one. */
  needsFeed?: boolean;
  /** Undefined: the form is not stale. */
  changed?: string[] | undefined;
  isSubjectWrong?: boolean;
}

/** The view of templates/console/next-issue.hbs, without its frame. */
export function nextView(page: NextPage, { t }: Translator): object {
  const { newsletter, next, mail, recipients, changed, needsFeed, isSubjectWrong = false } = page;
  const { draft, posts } = next;
  const words = { ...newsletter.words, ...draft.words };
  const last = posts.length;
  return {
    newsletter,
    ...recipients,
    base: `/console/newsletters/${newsletter.slug}/next-issue`,
    script: '/assets/next-issue.js',
    needsFeed,
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
      thumbnail: post.image && `/console/newsletters/${newsletter.slug}/posts/${post.id}/thumbnail`,
      place: at + 1,
      isFirst: at === 0,
      isLast: at + 1 === last,
      isEdited: post.title !== post.ownTitle || post.excerpt !== post.ownExcerpt,
    })),
    words: wordsOfIssue.map((name) => ({ name, label: t(labels[name]), text: words[name] ?? '' })),
  };
}
