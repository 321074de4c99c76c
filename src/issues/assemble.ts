// Takes an issue from its slot to its deliveries. Each step happens once, by a conditional update under a
// lock. A process that dies between two steps leaves an issue with which the next call continues.
//
//   1. freeze: collecting → frozen, review or skipped. In review, the reviewers get a mail and the links are
//      checked
//   2. fan out, when it is approved and its slot has come: frozen → sending
//   3. wake the delivery workers
import { enqueueAll } from '../enqueue-all.js';
import type { Enqueue } from '../queues.js';
import { fanOut } from './fan-out.js';
import { freeze, type IssueDeps } from './freeze.js';
import { issueStatus } from './status.js';
import { linkOrigins, rememberOrigin } from '../telemetry/origins.js';
import { lockIssue, markSkipped, selectIssue } from './store.js';
import { selectUnassembled } from './store-plan.js';
import { getHold } from '../lifeline/lifeline.js';
import { selectLinkReport } from './store-links.js';

/**
 * How many batches of an issue wait in the queue at a time. Each batch that ends wakes the one this many
 * further on. So a small newsletter waits for this many batches of a large one, not for all of them.
 */
export const batchWindow = 16;

export interface AssembleDeps extends IssueDeps {
  enqueue: Enqueue;
}

/** Takes the issue as far as it can go now. May be called at any time. */
export async function assemble(deps: AssembleDeps, issueId: string): Promise<void> {
  if (await getHold(deps.db)) return;
  const isNew = await deps.db.transaction(async (tx) => {
    const issue = await lockIssue(tx, issueId);
    if (!issue || issue.frozenAt || issue.skippedAt || issue.cancelledAt || issue.pausedAt) return false;
    const result = await freeze({ ...deps, db: tx }, issue);
    if (!result.frozen) await markSkipped(tx, issueId, result.reason);
    return result.frozen;
  });
  if (isNew) await rememberOrigin(deps, 'issue', [issueId]);
  else await linkOrigins(deps, 'issue', [issueId]);
  const { db } = deps;
  const issue = await selectIssue(db, issueId);
  if (issue && issueStatus(issue) === 'review') {
    await deps.enqueue('issues', { kind: 'send-account-mails' });
    if (!(await selectLinkReport(db, issueId))) await deps.enqueue('feeds', { kind: 'check-links', issueId });
  }
  const result = await fanOut({ ...deps, db }, issueId);
  if (!result.fannedOut) return;
  await rememberOrigin(deps, 'issue', [issueId]);
  const payloads = Array.from({ length: Math.min(result.batches, batchWindow) }, (_, index) => ({
    kind: 'batch' as const,
    issueId,
    batch: index + 1,
  }));
  await enqueueAll(deps.enqueue, 'deliveries', payloads);
}

/** Wakes every issue that a lost job left between two steps, or whose slot has come. */
export async function enqueueUnassembled(deps: Pick<AssembleDeps, 'db' | 'enqueue' | 'now'>): Promise<void> {
  const issueIds = await selectUnassembled(deps.db, deps.now());
  await enqueueAll(
    deps.enqueue,
    'issues',
    issueIds.map((issueId) => ({ kind: 'assemble' as const, issueId })),
  );
}
