// An editor changes an issue in review: its subject, its words, the order of its posts, their headlines and excerpts,
// and which posts it has.
//
// A post that is left out stays out, or waits for the next issue. A waiting post takes a new number, as if it
// arrived now, so that every reader of this issue still gets it later. A post that another issue brought to
// someone cannot wait: with a new number those readers would get it twice. A post that was left out can be
// put back.
//
// The variants are rendered again, so that the preview shows what goes out, and their links are checked
// again.
import { rollBackWith } from '../db.js';
import { isId } from '../ids.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Words } from '../newsletters/selection.js';
import { leaveOut, putBack } from '../posts/leave-out.js';
import type { AssembleDeps } from './assemble.js';
import { recheckLinks } from './check-issue-links.js';
import { ensureVariants, languagesBeside, mostRead, selectForGroups, type IssueDeps } from './freeze.js';
import { withTexts, type TextEdit } from './issue-texts.js';
import { issueStatus, type IssueStatus } from './status.js';
import { lockIssue } from './store.js';
import { selectGroups } from './store-fan-out.js';
import {
  type FrozenPost,
  insertIssuePosts,
  insertOmissions,
  selectIssuePosts,
  selectVariants,
} from './store-freeze.js';
import { deleteLinkReport } from './store-links.js';
import * as review from './store-review.js';

export interface IssueEdit {
  issueId: string;
  /** The name of the actor, as in the audit log: 'account:1'. */
  by: string;
  /** The `edits` of the issue that the editor saw. Absent: whatever it was. */
  madeFrom?: number | undefined;
  /** A subject template for this issue only; null: the newsletter's. */
  subject?: string | null | undefined;
  /** For this issue only; null: none. Absent words stay as they are. */
  words?: { [Name in keyof Words]?: Words[Name] | undefined } | undefined;
  /** The posts of the issue in their order. A post that is neither here nor in `later` is dropped. */
  posts?: readonly string[] | undefined;
  /** Posts that wait for the next issue. */
  later?: readonly string[] | undefined;
  /** Headlines and excerpts for this issue only. */
  texts?: readonly TextEdit[] | undefined;
}

export type Edited =
  | { ok: true }
  | { ok: false; code: 'issue-not-found' | 'nothing-left' }
  /** Somebody edited it since the editor saw it. */
  | { ok: false; code: 'edited-meanwhile' }
  | { ok: false; code: 'wrong-state'; status: IssueStatus }
  | { ok: false; code: 'posts-not-in-issue' | 'posts-went-out'; postIds: string[] };

/** Makes all changes of `edit`, or none, with the reason. */
export async function editIssue(deps: AssembleDeps, edit: IssueEdit): Promise<Edited> {
  const result = await deps.db.transaction<Edited>(async (tx) => {
    await edited({ ...deps, db: tx }, edit);
    return { ok: true };
  });
  if (result.ok) await recheckLinks(deps, edit);
  return result;
}

async function edited(deps: IssueDeps, edit: IssueEdit): Promise<void> {
  const { db } = deps;
  const issue = isId(edit.issueId) ? await lockIssue(db, edit.issueId) : undefined;
  if (issue === undefined) rollBackWith({ ok: false, code: 'issue-not-found' } satisfies Edited);
  const status = issueStatus(issue);
  if (status !== 'review') rollBackWith({ ok: false, code: 'wrong-state', status } satisfies Edited);
  if (edit.madeFrom !== undefined && edit.madeFrom !== issue.edits)
    rollBackWith({ ok: false, code: 'edited-meanwhile' } satisfies Edited);
  const newsletter = await getNewsletter(db, issue.newsletterId);
  if (newsletter === undefined) throw new Error(`issue ${issue.id} has no newsletter`);
  const posts = await withTexts(db, await arrange(deps, edit), edit.texts ?? []);
  const own = {
    subject: edit.subject === undefined ? issue.ownSubject : edit.subject,
    words: ownWords(newsletter.words, issue.ownWords, edit.words ?? {}),
    editedBy: edit.by,
  };
  await review.setOwn(db, issue.id, own);
  // Otherwise an editor could wait until a time decides.
  if (newsletter.schedule.fourEyes) await review.waitForPerson(db, issue.id);
  await deleteLinkReport(db, issue.id);
  await review.deletePosts(db, issue.id);
  await insertIssuePosts(db, issue.id, posts);
  const selections = selectForGroups(
    newsletter,
    await selectGroups(db, issue.id, { languages: languagesBeside(newsletter), now: deps.now() }),
    posts,
  );
  const most = mostRead(selections);
  if (most === undefined) rollBackWith({ ok: false, code: 'nothing-left' } satisfies Edited);
  const changed = { ...issue, ownSubject: own.subject, ownWords: own.words };
  await ensureVariants(deps, changed, newsletter, posts, selections);
  const variants = await selectVariants(db, issue.id);
  const subject = variants.find(({ key }) => key === most)?.subject;
  if (subject !== undefined) await review.setSubject(db, issue.id, subject);
}

/** The words that differ from the newsletter's. */
function ownWords(
  standing: Words,
  before: Partial<Words>,
  changes: NonNullable<IssueEdit['words']>,
): Partial<Words> {
  const names = Object.keys(standing) as (keyof Words)[];
  const own = names.flatMap((name) => {
    const words = changes[name] === undefined ? before[name] : changes[name];
    return words === undefined || words === standing[name] ? [] : [[name, words] as const];
  });
  return Object.fromEntries(own);
}

/** The issue's posts after the edit. Posts that leave or return are changed in the ledger of posts, too. */
async function arrange(deps: IssueDeps, edit: IssueEdit): Promise<FrozenPost[]> {
  const { db } = deps;
  const current = await selectIssuePosts(db, edit.issueId);
  if (edit.posts === undefined && edit.later === undefined) return current;
  const omitted = (await review.selectOmissions(db, edit.issueId)).filter(({ reason }) => reason !== 'topic');
  const byId = new Map([...omitted.map(({ post }) => post), ...current].map((post) => [post.id, post]));
  const later = new Set(edit.later);
  const wanted = [...new Set(edit.posts ?? current.map(({ id }) => id))].filter((id) => !later.has(id));
  const unknown = [...wanted, ...later].filter((id) => !byId.has(id));
  if (unknown.length > 0)
    rollBackWith({ ok: false, code: 'posts-not-in-issue', postIds: unknown } satisfies Edited);
  if (wanted.length === 0) rollBackWith({ ok: false, code: 'nothing-left' } satisfies Edited);

  const isWanted = new Set(wanted);
  const leaving = current.filter(({ id }) => !isWanted.has(id));
  // Posts that are out already stay so, unless they are to wait now.
  const waiting = omitted.filter(({ post, reason }) => later.has(post.id) && reason === 'dropped');
  const returning = omitted.filter(({ post }) => isWanted.has(post.id));
  // First take the posts out of this issue: putBack and leaveOut ask which issues have them.
  await review.deletePosts(db, edit.issueId);
  await review.deleteOmissions(
    db,
    edit.issueId,
    [...returning, ...waiting].map(({ post }) => post.id),
  );
  const wentOut: string[] = [];
  for (const { post, seq } of returning)
    if (!(await putBack(deps, { postId: post.id, seq }))) wentOut.push(post.id);
  for (const post of [...leaving, ...waiting.map((omission) => omission.post)]) {
    const waits = later.has(post.id);
    const done = await leaveOut(deps, { postId: post.id, until: waits ? 'next-issue' : 'for-good' });
    if (waits && !done) wentOut.push(post.id);
  }
  if (wentOut.length > 0)
    rollBackWith({ ok: false, code: 'posts-went-out', postIds: wentOut } satisfies Edited);
  await insertOmissions(
    db,
    edit.issueId,
    'dropped',
    leaving.filter(({ id }) => !later.has(id)),
  );
  await insertOmissions(db, edit.issueId, 'later', [
    ...leaving.filter(({ id }) => later.has(id)),
    ...waiting.map(({ post }) => post),
  ]);
  return wanted.flatMap((id, rank) => {
    const post = byId.get(id);
    // An editor's order also decides which posts stay if there are too many.
    return post === undefined ? [] : [{ ...post, rank }];
  });
}
