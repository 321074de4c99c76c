// An editor changes an issue that is in review: its subject, its words, the order of its posts, and which it has.
//
// A post that is taken out stays out, or waits for the next issue: then it takes a new number, as if it arrived now, so
// that every reader of this issue still has it before them. Posts that another issue has brought to somebody keep their
// number, or those readers would get them twice: these cannot wait. What was taken out can be put back.
//
// The variants are rendered anew, so that what is looked at is what goes out; and their links are followed again.
import { isId } from '../db.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Words } from '../newsletters/selection.js';
import { leaveOut, putBack } from '../posts/leave-out.js';
import type { AssembleDeps } from './assemble.js';
import { recheckLinks } from './check-issue-links.js';
import { ensureVariants, languagesBeside, mostRead, selectForGroups, type IssueDeps } from './freeze.js';
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
  /** A template for this issue alone; null: the newsletter's. */
  subject?: string | null | undefined;
  /** For this issue alone; null: none; what is absent stays as it is. */
  words?: { [Name in keyof Words]?: Words[Name] | undefined } | undefined;
  /** The posts of the issue in their order; a post that is neither here nor in `later` is dropped. */
  posts?: readonly string[] | undefined;
  /** Posts that wait for the next issue. */
  later?: readonly string[] | undefined;
}

export type Edited =
  | { ok: true }
  | { ok: false; code: 'issue-not-found' | 'nothing-left' }
  | { ok: false; code: 'wrong-state'; status: IssueStatus }
  | { ok: false; code: 'posts-not-in-issue' | 'posts-went-out'; postIds: string[] };

/** Ends the transaction without a trace, and carries the answer out of it. */
class Undo extends Error {
  readonly answer: Edited;
  constructor(answer: Edited) {
    super('undone on purpose');
    this.answer = answer;
  }
}

/** Changes what `edit` names. All of it, or nothing with the reason. */
export async function editIssue(deps: AssembleDeps, edit: IssueEdit): Promise<Edited> {
  try {
    await deps.db.transaction((tx) => edited({ ...deps, db: tx }, edit));
    await recheckLinks(deps, edit);
    return { ok: true };
  } catch (error) {
    if (error instanceof Undo) return error.answer;
    throw error;
  }
}

async function edited(deps: IssueDeps, edit: IssueEdit): Promise<void> {
  const { db } = deps;
  const issue = isId(edit.issueId) ? await lockIssue(db, edit.issueId) : undefined;
  if (issue === undefined) throw new Undo({ ok: false, code: 'issue-not-found' });
  const status = issueStatus(issue);
  if (status !== 'review') throw new Undo({ ok: false, code: 'wrong-state', status });
  const newsletter = await getNewsletter(db, issue.newsletterId);
  if (newsletter === undefined) throw new Error(`issue ${issue.id} has no newsletter`);
  const posts = await arrange(deps, edit);
  const own = {
    subject: edit.subject === undefined ? issue.ownSubject : edit.subject,
    words: ownWords(newsletter.words, issue.ownWords, edit.words ?? {}),
  };
  await review.setOwn(db, issue.id, own);
  await deleteLinkReport(db, issue.id);
  await review.deletePosts(db, issue.id);
  await insertIssuePosts(db, issue.id, posts);
  const selections = selectForGroups(
    newsletter,
    await selectGroups(db, issue.id, { languages: languagesBeside(newsletter), now: deps.now() }),
    posts,
  );
  const most = mostRead(selections);
  if (most === undefined) throw new Undo({ ok: false, code: 'nothing-left' });
  const changed = { ...issue, ownSubject: own.subject, ownWords: own.words };
  await ensureVariants(deps, changed, newsletter, posts, selections);
  const variants = await selectVariants(db, issue.id);
  const subject = variants.find(({ key }) => key === most)?.subject;
  if (subject !== undefined) await review.setSubject(db, issue.id, subject);
}

/** What differs from the newsletter's own. */
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

/** The issue's posts as they are to be; what leaves it or comes back is told to the ledger of posts. */
async function arrange(deps: IssueDeps, edit: IssueEdit): Promise<FrozenPost[]> {
  const { db } = deps;
  const current = await selectIssuePosts(db, edit.issueId);
  if (edit.posts === undefined && edit.later === undefined) return current;
  const omitted = (await review.selectOmissions(db, edit.issueId)).filter(({ reason }) => reason !== 'topic');
  const byId = new Map([...omitted.map(({ post }) => post), ...current].map((post) => [post.id, post]));
  const later = new Set(edit.later);
  const wanted = [...new Set(edit.posts ?? current.map(({ id }) => id))].filter((id) => !later.has(id));
  const unknown = [...wanted, ...later].filter((id) => !byId.has(id));
  if (unknown.length > 0) throw new Undo({ ok: false, code: 'posts-not-in-issue', postIds: unknown });
  if (wanted.length === 0) throw new Undo({ ok: false, code: 'nothing-left' });

  const isWanted = new Set(wanted);
  const leaving = current.filter(({ id }) => !isWanted.has(id));
  // What has left already stays as it is, unless it is to wait now.
  const waiting = omitted.filter(({ post, reason }) => later.has(post.id) && reason === 'dropped');
  const returning = omitted.filter(({ post }) => isWanted.has(post.id));
  // Out of the issue first: whether a post has gone out is asked of the issues that have it.
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
  if (wentOut.length > 0) throw new Undo({ ok: false, code: 'posts-went-out', postIds: wentOut });
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
    // By hand: what stands first stays when there are too many.
    return post === undefined ? [] : [{ ...post, rank }];
  });
}
