// The forms that approve or send carry what the person saw: the version, the subject and the posts. If the issue was
// edited meanwhile, the page says what changed, and asks again. Pure.
import type { Translator } from '../../languages/translate.js';

/** An issue as a person sees it on the page that asks. */
export interface SeenIssue {
  /** How often it was edited. */
  version: number;
  /** In words, as readers get it. */
  subject: string;
  posts: readonly { id: string; title: string }[];
}

/** What the form says that the person saw. `version` undefined: the form is older than this check. */
export interface SeenForm {
  version: number | undefined;
  subject: string;
  postIds: readonly string[];
}

/** -1 is no version. */
const versionIn = (value: unknown): number => {
  const version = Number(value);
  return Number.isInteger(version) && version >= 0 && version < 2 ** 31 ? version : -1;
};

const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');

export function readSeen(body: unknown): SeenForm {
  const { madeFrom, seenSubject, seenPosts } = (body ?? {}) as Record<string, unknown>;
  return {
    version: madeFrom === undefined ? undefined : versionIn(madeFrom),
    subject: textIn(seenSubject),
    postIds: textIn(seenPosts).split(' ').filter(Boolean),
  };
}

/** The hidden fields of the form. */
export const seenFields = ({ version, subject, posts }: SeenIssue) => ({
  madeFrom: version,
  seenSubject: subject,
  seenPosts: posts.map(({ id }) => id).join(' '),
});

/** What differs from what the person saw, in sentences. `titles`: also of the posts that are left out now. */
export function changesSince(
  seen: SeenForm,
  now: SeenIssue,
  titles: ReadonlyMap<string, string>,
  { t }: Pick<Translator, 't'>,
): string[] {
  const had = new Set(seen.postIds);
  const has = new Set(now.posts.map(({ id }) => id));
  const kept = now.posts.filter(({ id }) => had.has(id)).map(({ id }) => id);
  const keptBefore = seen.postIds.filter((id) => has.has(id));
  const changes = [
    ...(seen.subject === now.subject ? [] : [t('next.changedSubject', { subject: now.subject })]),
    ...(kept.join(' ') === keptBefore.join(' ') ? [] : [t('next.changedOrder')]),
    ...now.posts.filter(({ id }) => !had.has(id)).map(({ title }) => t('next.changedKeep', { title })),
    ...seen.postIds
      .filter((id) => !has.has(id))
      .map((id) => t('next.changedDrop', { title: titles.get(id) ?? t('next.aPost') })),
  ];
  return changes.length > 0 ? changes : [t('issue.changedTexts')];
}
