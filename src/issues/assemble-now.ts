// "Send now": an issue for all active readers who are not paused, each with the posts they have not had.
import { rollBackWith, type Db } from '../db.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { AssembleDeps } from './assemble.js';
import { freeze, languagesBeside, selectForGroups, type SkipReason } from './freeze.js';
import { selectSeq } from '../newsletters/watermarks.js';
import { lockIssue, selectIssue } from './store.js';
import { selectGroups } from './store-fan-out.js';
import { selectEligiblePosts, selectIssuePosts } from './store-freeze.js';
import { insertManualIssue } from './store-plan.js';
import { getHold } from '../lifeline/lifeline.js';

export interface AssembleNowInput {
  newsletterId: string;
  /** When it goes out. undefined or a past time: now. The posts are fixed now in any case. */
  slot?: Date | undefined;
  /** Only these posts, for readers who have not had them. */
  postIds?: readonly string[] | undefined;
  review?: 'auto' | 'hold' | undefined;
  dryRun?: boolean | undefined;
}

export interface DryRun {
  subject: string;
  /** Readers who would get it. */
  readers: number;
  candidates: number;
  posts: { id: string; title: string; url: string | null }[];
}

export type AssembledNow =
  | { status: 'created'; issueId: string }
  | { status: 'would-send'; dryRun: DryRun }
  | { status: 'skipped'; reason: SkipReason }
  | { status: 'newsletter-not-found' }
  | { status: 'sending-held' }
  | { status: 'posts-not-eligible'; postIds: string[] };

/** Assembles an issue now. Makes no issue in a dry run, or if no reader would get a post. */
export async function assembleNow(deps: AssembleDeps, input: AssembleNowInput): Promise<AssembledNow> {
  if (!input.dryRun && (await getHold(deps.db))) return { status: 'sending-held' };
  const result = await deps.db.transaction<AssembledNow>(async (tx) => ({
    status: 'created',
    issueId: await assembleIn({ ...deps, db: tx }, input),
  }));
  if (result.status === 'created')
    await deps.enqueue('issues', { kind: 'assemble', issueId: result.issueId });
  return result;
}

/**
 * The same for a console that answers at once: only makes the issue. A worker fixes its posts and finds its readers,
 * which takes half a minute for a million of them. If no reader would get a post, the issue is skipped. If somebody edits
 * the draft before the worker takes it, the issue waits for an approval: nobody agreed to that version.
 */
export async function assembleSoon(
  deps: AssembleDeps,
  { newsletterId, seenDraft }: { newsletterId: string; seenDraft?: number | undefined },
): Promise<Extract<AssembledNow, { status: 'created' | 'newsletter-not-found' | 'sending-held' }>> {
  const { db } = deps;
  if (await getHold(db)) return { status: 'sending-held' };
  const newsletter = await getNewsletter(db, newsletterId);
  if (newsletter === undefined) return { status: 'newsletter-not-found' };
  const { review } = newsletter.schedule;
  const issueId = await insertManualIssue(db, {
    newsletterId,
    slot: deps.now(),
    review,
    postIds: null,
    seenDraft,
  });
  await deps.enqueue('issues', { kind: 'assemble', issueId });
  return { status: 'created', issueId };
}

async function assembleIn(deps: AssembleDeps, input: AssembleNowInput): Promise<string> {
  const { db } = deps;
  const newsletter = await getNewsletter(db, input.newsletterId);
  if (newsletter === undefined) rollBackWith({ status: 'newsletter-not-found' } satisfies AssembledNow);
  if (input.postIds !== undefined) await refuseIneligible(db, newsletter.id, input.postIds);
  const now = deps.now();
  const id = await insertManualIssue(db, {
    newsletterId: newsletter.id,
    slot: input.slot !== undefined && input.slot > now ? input.slot : now,
    review: input.review ?? newsletter.schedule.review,
    postIds: input.postIds === undefined ? null : [...input.postIds],
  });
  const issue = await lockIssue(db, id);
  if (issue === undefined) throw new Error(`issue ${id} vanished`);
  const frozen = await freeze(deps, issue);
  if (!frozen.frozen) rollBackWith({ status: 'skipped', reason: frozen.reason } satisfies AssembledNow);
  if (input.dryRun)
    rollBackWith({
      status: 'would-send',
      dryRun: await describeDryRun(db, { issueId: id, newsletter, now }),
    } satisfies AssembledNow);
  return id;
}

async function describeDryRun(
  db: Db,
  { issueId, newsletter, now }: { issueId: string; newsletter: Newsletter; now: Date },
): Promise<DryRun> {
  const posts = await selectIssuePosts(db, issueId);
  const groups = await selectGroups(db, issueId, { languages: languagesBeside(newsletter), now });
  const selections = selectForGroups(newsletter, groups, posts);
  const sum = (of: readonly { readers: number }[]) => of.reduce((total, { readers }) => total + readers, 0);
  return {
    subject: (await selectIssue(db, issueId))?.subject ?? '',
    readers: sum(selections.filter(({ variant }) => variant !== undefined)),
    candidates: sum(selections),
    posts: posts.map(({ id, title, url }) => ({ id, title, url })),
  };
}

async function refuseIneligible(db: Db, newsletterId: string, postIds: readonly string[]): Promise<void> {
  const through = await selectSeq(db, newsletterId);
  const eligible = await selectEligiblePosts(db, {
    newsletterId,
    after: '0',
    through,
    postIds: [...postIds],
  });
  const found = new Set(eligible.map((post) => post.id));
  const missing = postIds.filter((id) => !found.has(id));
  if (missing.length > 0 || postIds.length === 0)
    rollBackWith({ status: 'posts-not-eligible', postIds: missing } satisfies AssembledNow);
}
