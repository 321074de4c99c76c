// An editor prepares the next issue before its posts are fixed: its subject and words, the order of its posts, their
// headlines and excerpts, and which of them wait or stay out. The freeze takes the draft (freeze.ts). Until then
// nothing but the draft changes.
import { rollBackWith, type Db } from '../db.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Words } from '../newsletters/selection.js';
import type { DraftedPost } from './draft.js';
import * as store from './store-draft.js';

export interface Draft {
  /** 0: there is none yet. */
  version: number;
  /** A subject template; null: the newsletter's. */
  subject: string | null;
  /** Absent: the newsletter's. null: none. */
  words: Partial<Words>;
  posts: DraftedPost[];
  /** The issue waits for an approval, whatever the schedule says. */
  held: boolean;
  /** The account that changed it last. */
  editedBy: string | null;
  editedAt: Date | null;
}

export interface DraftEdit extends Pick<Draft, 'subject' | 'words' | 'posts' | 'held'> {
  newsletterId: string;
  /** The version that the editor saw. */
  madeFrom: number;
  accountId: string | null;
}

export type DraftEdited =
  | { ok: true; version: number }
  | { ok: false; code: 'newsletter-not-found' }
  /** Another editor has saved the draft since, or an issue has taken it. */
  | { ok: false; code: 'changed-meanwhile'; current: Draft };

export async function getDraft(db: Db, newsletterId: string): Promise<Draft> {
  const row = await store.selectDraft(db, newsletterId);
  return draftOf(row, await store.selectDraftPosts(db, newsletterId));
}

const draftOf = (row: store.DraftRow | undefined, posts: DraftedPost[]): Draft => ({
  version: row?.version ?? 0,
  subject: row?.ownSubject ?? null,
  words: row?.ownWords ?? {},
  posts,
  held: row?.held ?? false,
  editedBy: row?.editedBy ?? null,
  editedAt: row?.editedAt ?? null,
});

/** Replaces the draft, if nobody has changed the one that the editor saw. */
export async function editDraft(deps: { db: Db; now: () => Date }, edit: DraftEdit): Promise<DraftEdited> {
  const { newsletterId, madeFrom } = edit;
  return deps.db.transaction<DraftEdited>(async (tx) => {
    if ((await getNewsletter(tx, newsletterId)) === undefined)
      return { ok: false, code: 'newsletter-not-found' };
    const had = await store.selectDraft(tx, newsletterId);
    const row = await store.lockDraft(tx, newsletterId, deps.now());
    // The row that was only made now has no editor to overwrite.
    const seen = had === undefined ? madeFrom === 0 : row.version === madeFrom;
    if (!seen) {
      const current = draftOf(row, await store.selectDraftPosts(tx, newsletterId));
      rollBackWith({ ok: false, code: 'changed-meanwhile', current } satisfies DraftEdited);
    }
    const { subject: ownSubject, words: ownWords, held, accountId: editedBy } = edit;
    await store.updateDraft(tx, newsletterId, { ownSubject, ownWords, held, editedBy, editedAt: deps.now() });
    await store.replaceDraftPosts(tx, newsletterId, edit.posts);
    return { ok: true, version: row.version + 1 };
  });
}
