// The fan-out writes a delivery for each eligible reader, numbers them in batches, and moves read_through.
import type { Db } from '../db.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { stayAwakeFor } from '../postgres/stay-awake.js';
import { ensureVariants, languagesBeside, selectForGroups, type IssueDeps } from './freeze.js';
import { retryUntil } from './next-issue.js';
import { lockFanOut } from './sending.js';
import { inStep } from '../telemetry/trace.js';
import { type IssueRow, lockIssue, markSkipped } from './store.js';
import {
  deleteLeftOver,
  type FanOutInput,
  insertDeliveries,
  type Inserted,
  markFannedOut,
  type Moved,
  moveReadThrough,
  selectGroups,
  tellPlanner,
} from './store-fan-out.js';
import { selectIssuePosts, selectVariants } from './store-freeze.js';

/** Deliveries in one queue job. */
export const batchSize = 500;

/**
 * Readers who change their topics during the count are counted again. Five times in a second is no
 * coincidence.
 */
const tries = 5;

export type FannedOut = { fannedOut: true; batches: number; deliveries: number } | { fannedOut: false };

class Unsettled extends Error {}

/** Fans out a frozen, approved issue, once. A second call finds it done. */
export function fanOut(deps: IssueDeps, issueId: string): Promise<FannedOut> {
  return inStep('fan out issue', { 'digest.issue_id': issueId }, async (span) => {
    const result = await fanOutSettled(deps, issueId);
    const { fannedOut } = result;
    span.note({ 'digest.fanned_out': fannedOut });
    if (fannedOut) span.note({ 'digest.deliveries': result.deliveries, 'digest.batches': result.batches });
    return result;
  });
}

async function fanOutSettled(deps: IssueDeps, issueId: string): Promise<FannedOut> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await deps.db.transaction((tx) => fanOutOnce({ ...deps, db: tx }, { pool: deps.db, issueId }));
    } catch (error) {
      if (!(error instanceof Unsettled) || attempt === tries) throw error;
    }
  }
}

async function fanOutOnce(
  deps: IssueDeps,
  { pool, issueId }: { pool: Db; issueId: string },
): Promise<FannedOut> {
  const { db } = deps;
  const issue = await lockIssue(db, issueId);
  if (!issue || !isReady(issue, deps.now())) return { fannedOut: false };
  await lockFanOut(db, issue.newsletterId);
  const newsletter = await getNewsletter(db, issue.newsletterId);
  if (newsletter === undefined) throw new Error(`issue ${issueId} has no newsletter`);
  const [languages, now] = [languagesBeside(newsletter), deps.now()];
  // Readers joined, left and chose topics since the freeze: the candidates of this moment count.
  const posts = await selectIssuePosts(db, issueId);
  const selections = selectForGroups(newsletter, await selectGroups(db, issueId, { languages, now }), posts);
  await ensureVariants(deps, issue, newsletter, posts, selections);
  const variants = new Map((await selectVariants(db, issueId)).map((variant) => [variant.key, variant.id]));
  const counted = await insertAndMove(
    { pool, tx: db },
    {
      issueId,
      languages,
      now,
      groups: selections.map(({ group, variant }) => ({
        ...group,
        variantId: (variant && variants.get(variant.key)) ?? null,
      })),
    },
    issue.postIds === null ? null : posts.map((post) => post.seq),
  );
  if (counted.deliveries === 0) {
    await markSkipped(db, issueId, counted.candidates === 0 ? 'no-readers' : 'nothing-new');
    return { fannedOut: false };
  }
  const { suppressed, paused, timeChanged, nothingNew } = counted;
  const batches = Math.ceil(counted.deliveries / batchSize);
  await markFannedOut(db, issueId, {
    candidates: counted.candidates,
    excluded: { suppressed, paused, timeChanged, nothingNew },
    deliveries: counted.deliveries,
    batches,
    retryUntil: retryUntil(now, newsletter),
    now,
  });
  return { fannedOut: true, batches, deliveries: counted.deliveries };
}

function isReady(issue: IssueRow, now: Date): boolean {
  return (
    issue.frozenAt !== null &&
    issue.approvedAt !== null &&
    issue.fannedOutAt === null &&
    issue.pausedAt === null &&
    issue.cancelledAt === null &&
    issue.skippedAt === null &&
    issue.slot <= now &&
    (issue.retractUntil === null || issue.retractUntil <= now)
  );
}

/**
 * Writes the deliveries in a second session, and moves read_through in this transaction, both at once: a core for each.
 * Throws Unsettled unless both found the same readers.
 *
 * The second session commits first. If the process dies before the first one commits, deliveries without a fan-out are
 * left over, and no reader was moved. No worker sends them, because the issue is not fanned out. The next call deletes
 * them. An older program fails on their primary key, and leaves the issue to a newer one.
 */
async function insertAndMove(
  { pool, tx }: { pool: Db; tx: Db },
  input: FanOutInput,
  chosen: readonly string[] | null,
): Promise<Moved & { deliveries: number }> {
  const moving = moveReadThrough(tx, input, chosen);
  moving.catch(() => undefined);
  const both = pool.transaction(async (second) => {
    await deleteLeftOver(second, input.issueId);
    const inserted = await insertDeliveries(second, input, batchSize);
    if (inserted.deliveries > 0) await tellPlanner(second, inserted.deliveries);
    // With ten million readers, one session waits for the other for minutes.
    const moved = await stayAwakeFor(second, moving);
    checkSums(input.issueId, inserted, moved);
    return { ...moved, deliveries: inserted.deliveries };
  });
  // A rejection surfaces below: if one session fails, both do.
  both.catch(() => undefined);
  const isMoved = await moving.then(
    () => true,
    () => false,
  );
  return isMoved ? stayAwakeFor(tx, both) : both;
}

/** For an issue that is called off: deletes what an unfinished fan-out left. After a finished one it does nothing. */
export const forgetUnfinished = (tx: Db, issueId: string): Promise<void> => deleteLeftOver(tx, issueId);

/** No reader is silently missed: candidates = deliveries + excluded, or nothing is written. */
function checkSums(issueId: string, inserted: Inserted, moved: Moved): void {
  if (moved.unmatched > 0 || inserted.readers !== moved.readers)
    throw new Unsettled(`issue ${issueId}: readers changed during the fan-out`);
  const excluded = moved.suppressed + moved.paused + moved.timeChanged + moved.nothingNew;
  if (moved.candidates !== inserted.deliveries + excluded || moved.moved !== inserted.deliveries)
    throw new Error(`issue ${issueId}: the fan-out does not add up: ${JSON.stringify({ inserted, moved })}`);
}
