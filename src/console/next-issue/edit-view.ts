// What the form shows that edits an issue: the next one before its time, and one in review
// (templates/console/edit-issue.hbs). Pure.
import type { Fate } from '../../issues/draft.js';
import type { MessageKey } from '../../languages/messages.js';
import type { Translator } from '../../languages/translate.js';
import type { Words } from '../../newsletters/selection.js';

/** A phone's list of mails shows about this much of a subject. */
export const subjectOnPhone = 40;

const labels: Record<keyof Words, MessageKey> = {
  opening: 'issue.opening',
  closing: 'issue.closing',
  sponsor: 'issue.sponsor',
};
export const wordsOfIssue = Object.keys(labels) as (keyof Words)[];

export interface EditedPost {
  id: string;
  fate: Fate;
  title: string;
  excerpt: string;
  /** As the feed has them. */
  ownTitle: string;
  ownExcerpt: string;
  image: string | null;
  /** The issue does not have it, so it has no texts to change. */
  isOut?: boolean;
  isNew?: boolean;
  /** Undefined: a pin would come too late for this issue. */
  pinned?: boolean;
}

export interface EditedIssue {
  madeFrom: number;
  /** A subject template. Empty: the newsletter's. */
  subject: string;
  /** As readers get it. Undefined: nobody gets the issue as it stands. */
  subjectNow: string | undefined;
  words: Readonly<Record<keyof Words, string | null>>;
  posts: readonly EditedPost[];
  isSubjectWrong: boolean;
}

/** `thumbnails`: the path of the posts whose pictures are shown; undefined shows none. */
export function editView(
  { madeFrom, subject, subjectNow, words, posts, isSubjectWrong }: EditedIssue,
  { thumbnails, mayEdit }: { thumbnails: string | undefined; mayEdit: boolean },
  { t }: Pick<Translator, 't'>,
) {
  const last = posts.length - 1;
  return {
    mayEdit,
    madeFrom,
    subject,
    isSubjectWrong,
    subjectNow,
    length: subjectNow && [...new Intl.Segmenter().segment(subjectNow)].length,
    subjectOnPhone,
    posts: posts.map(({ pinned, image, ...post }, at) => ({
      ...post,
      thumbnail: image !== null && thumbnails !== undefined && `${thumbnails}/${post.id}/thumbnail`,
      place: at + 1,
      isFirst: at === 0,
      isLast: at === last,
      mayPin: pinned !== undefined,
      pinned,
      isEdited: post.title !== post.ownTitle || post.excerpt !== post.ownExcerpt,
    })),
    words: wordsOfIssue.map((name) => ({ name, label: t(labels[name]), text: words[name] ?? '' })),
  };
}
