// An editor's draft of a newsletter's next issue.
import type { Db } from '../db.js';
import type { Words } from '../newsletters/selection.js';
import type { DraftedPost } from './draft.js';

export interface DraftRow {
  /** Counts the changes, so that two editors do not overwrite each other. */
  version: number;
  ownSubject: string | null;
  ownWords: Partial<Words>;
  /** The issue waits for an approval. */
  held: boolean;
  editedBy: string | null;
  editedAt: Date;
}

const columns = 'version, own_subject, own_words, held, edited_by, edited_at';

export async function selectDraft(
  db: Db,
  newsletterId: string,
  { lock = false }: { lock?: boolean } = {},
): Promise<DraftRow | undefined> {
  return db.maybeOne(
    `select ${columns} from issue_drafts where newsletter_id = $1 ${lock ? 'for update' : ''}`,
    [newsletterId],
  );
}

/** The draft, locked until the transaction ends; made if there is none. */
export async function lockDraft(tx: Db, newsletterId: string, now: Date): Promise<DraftRow> {
  await tx.query(
    'insert into issue_drafts (newsletter_id, edited_at) values ($1, $2) on conflict do nothing',
    [newsletterId, now],
  );
  return tx.one(`select ${columns} from issue_drafts where newsletter_id = $1 for update`, [newsletterId]);
}

export async function updateDraft(
  tx: Db,
  newsletterId: string,
  draft: Pick<DraftRow, 'ownSubject' | 'ownWords' | 'held' | 'editedBy' | 'editedAt'>,
): Promise<void> {
  await tx.query(
    `update issue_drafts set version = version + 1, own_subject = $2, own_words = $3, held = $4, edited_by = $5,
       edited_at = $6
     where newsletter_id = $1`,
    [
      newsletterId,
      draft.ownSubject,
      JSON.stringify(draft.ownWords),
      draft.held,
      draft.editedBy,
      draft.editedAt,
    ],
  );
}

/** In the draft's order. */
export async function selectDraftPosts(db: Db, newsletterId: string): Promise<DraftedPost[]> {
  return db.query(
    `select post_id, fate, title, excerpt from draft_posts where newsletter_id = $1 order by position, post_id`,
    [newsletterId],
  );
}

export async function replaceDraftPosts(
  tx: Db,
  newsletterId: string,
  posts: readonly DraftedPost[],
): Promise<void> {
  await tx.query('delete from draft_posts where newsletter_id = $1', [newsletterId]);
  await tx.query(
    `insert into draft_posts (newsletter_id, post_id, position, fate, title, excerpt)
     select $1::bigint, p.id, p.position, p.fate, p.title, p.excerpt
     from unnest($2::bigint[], $3::text[], $4::text[], $5::text[]) with ordinality as p (id, fate, title, excerpt, position)`,
    [
      newsletterId,
      posts.map(({ postId }) => postId),
      posts.map(({ fate }) => fate),
      posts.map(({ title }) => title),
      posts.map(({ excerpt }) => excerpt),
    ],
  );
}

/** An issue has taken the draft. Headlines and excerpts stay: readers with a time of their own get the posts later. */
export async function takeDraft(tx: Db, newsletterId: string, now: Date): Promise<void> {
  await tx.query(
    `update issue_drafts set version = version + 1, own_subject = null, own_words = '{}', held = false,
       edited_by = null
     where newsletter_id = $1`,
    [newsletterId],
  );
  await tx.query(
    `delete from draft_posts where newsletter_id = $1
       and (fate <> 'keep' or (title is null and excerpt is null) or taken_at < $2::timestamptz - interval '2 days')`,
    [newsletterId, now],
  );
  await tx.query('update draft_posts set taken_at = coalesce(taken_at, $2) where newsletter_id = $1', [
    newsletterId,
    now,
  ]);
}
