// The posts of the next issue as its draft has them: for the freeze, and for a preview of it.
import type { Db } from '../db.js';
import type { Words } from '../newsletters/selection.js';
import { issuesOf } from '../posts/list-posts.js';
import { applyDraft, type Drafted, type DraftedPost } from './draft.js';
import * as store from './store-draft.js';
import type { FrozenPost } from './store-freeze.js';

export interface DraftedIssue extends Drafted<FrozenPost> {
  /** Counts the changes of the draft. 0: there is none. */
  version: number;
  /** A subject template; null: the newsletter's. */
  ownSubject: string | null;
  ownWords: Partial<Words>;
  /** The issue waits for an approval, whatever the schedule says. */
  held: boolean;
  /** The name of the actor that edited it, as in the audit log. null: nobody. */
  editedBy: string | null;
}

/** `posts`: as arranged without a draft. With `lock`, the draft stays as it is until the transaction ends. */
export async function draftedPosts(
  db: Db,
  newsletterId: string,
  posts: readonly FrozenPost[],
  { lock }: { lock: boolean },
): Promise<DraftedIssue> {
  const row = await store.selectDraft(db, newsletterId, { lock });
  const draft = row === undefined ? [] : await waitingWhereTheyCan(db, newsletterId);
  const { version = 0, ownSubject = null, ownWords = {}, held = false, editedBy = null } = row ?? {};
  return {
    ...applyDraft(posts, draft),
    version,
    ownSubject,
    ownWords,
    held,
    editedBy: editedBy === null ? null : `account:${editedBy}`,
  };
}

/** The posts as arranged, for an issue that no draft is about. */
export const undraftedPosts = (posts: FrozenPost[]): DraftedIssue => ({
  posts,
  later: [],
  dropped: [],
  version: 0,
  ownSubject: null,
  ownWords: {},
  held: false,
  editedBy: null,
});

/** A post that an issue brought to someone cannot wait: with a new number those readers would get it twice. */
async function waitingWhereTheyCan(db: Db, newsletterId: string): Promise<DraftedPost[]> {
  const draft = await store.selectDraftPosts(db, newsletterId);
  const later = draft.filter(({ fate }) => fate === 'later').map(({ postId }) => postId);
  const issues = later.length === 0 ? [] : await issuesOf(db, later);
  const out = new Set(issues.map(({ postId }) => postId));
  return draft.map((one) => (one.fate === 'later' && out.has(one.postId) ? { ...one, fate: 'keep' } : one));
}
