// What an admin does about all readers with the same problem: send the issue again, or suppress their addresses.
//
//   1. count the readers, for the page that asks
//   2. record the act, and do its first lot at once: most acts have no second one
//   3. a worker does the other lots. Each is one transaction, and the row says where the next one begins
//   4. the sweep enqueues acts whose worker died
import type { Db } from '../../db.js';
import { enqueueAll } from '../../enqueue-all.js';
import { getIssueRow } from '../../issues/issue.js';
import { retryAgainUntil } from '../../issues/next-issue.js';
import { keepToIndexes } from '../../postgres/keep-to-indexes.js';
import type { Enqueue } from '../../queues.js';
import { mailableAmong, suppressBounced } from '../../subscribers/suppressions.js';
import { requeueState } from '../store-batches.js';
import { isMeant, type ReplyProblem } from './group-problems.js';
import * as store from './store.js';

export type { ProblemAct } from './store.js';

interface Deps {
  db: Db;
  enqueue: Enqueue;
  now: () => Date;
}

/** Deliveries in one lot. A lot of 1,000 takes 0.2 s. */
const lotSize = 1_000;
/** Beyond this many deliveries in the problem's state, a page says "up to" instead of looking at each of them. */
const mostCounted = 10_000;
const shown = 5;
const sweptAtOnce = 100;

export interface MeantReaders {
  readers: number;
  /** True: more deliveries are in the state than were looked at, so no reader beyond `inState` is meant. */
  upTo: boolean;
}

interface Asked {
  issueId: string;
  problem: Pick<ReplyProblem, 'key' | 'state'>;
  act: store.ProblemAct['act'];
}

/** To how many readers the act would be done. `inState`: the deliveries in the problem's state. */
export async function countMeant(
  db: Db,
  { issueId, problem: { key, state }, act }: Asked,
  inState: number,
): Promise<MeantReaders> {
  return db.transaction(async (tx) => {
    await keepToIndexes(tx);
    const looked = await store.selectTroubledAfter(tx, {
      issueId,
      state,
      after: '0',
      limit: mostCounted + 1,
    });
    if (looked.length > mostCounted) return { readers: inState, upTo: true };
    const meant = looked.filter((row) => isMeant(row, { key, act })).map(({ subscriberId }) => subscriberId);
    return { readers: (await mailableAmong(tx, meant)).length, upTo: false };
  });
}

/**
 * Begins the act, and ends it if it has a single lot. 'under-way': the same act has begun before, or has further lots,
 * which a worker does. 'nobody': it would be done to no reader.
 */
export async function beginProblemAct(
  deps: Deps,
  { reply, ...asked }: Asked & Pick<ReplyProblem, 'reply'>,
  inState: number,
): Promise<'done' | 'under-way' | 'nobody'> {
  const { issueId, problem, act } = asked;
  const meant = await countMeant(deps.db, asked, inState);
  if (meant.readers === 0) return 'nobody';
  const begun = await store.insertAct(deps.db, {
    ...meant,
    issueId,
    problem: problem.key,
    state: problem.state,
    act,
    reply,
    now: deps.now(),
  });
  if (begun && !(await doLot(deps, begun.id))) return 'done';
  if (begun) await deps.enqueue('issues', { kind: 'act-on-problem', actId: begun.id });
  return 'under-way';
}

/** Does the lots of an act that are left, until `stopping`. */
export async function runProblemAct(
  deps: Deps & { stopping: () => boolean },
  { actId }: { actId: string },
): Promise<void> {
  while (!deps.stopping() && (await doLot(deps, actId)));
}

interface Lot {
  act: store.ProblemAct;
  /** Those of its deliveries that have the problem, and may be mailed. */
  readers: readonly string[];
  /** The subscriber that is looked at last. */
  last: string;
  isLast: boolean;
}

/** A transaction of its own: its settings would spoil the plans of the statements that write. */
async function readLot(db: Db, actId: string): Promise<Lot | undefined> {
  return db.transaction(async (tx) => {
    await keepToIndexes(tx);
    const act = await store.selectOpenAct(tx, actId);
    if (act === undefined) return undefined;
    const rows = await store.selectTroubledAfter(tx, { ...act, limit: lotSize });
    const meant = rows.filter((row) => isMeant(row, { key: act.problem, act: act.act }));
    return {
      act,
      readers: await mailableAmong(
        tx,
        meant.map(({ subscriberId }) => subscriberId),
      ),
      last: rows.at(-1)?.subscriberId ?? act.after,
      isLast: rows.length < lotSize,
    };
  });
}

/** Does one lot. False: none is left. If two workers have the same act, one of them reads its lot again. */
async function doLot({ db, enqueue, now }: Deps, actId: string): Promise<boolean> {
  const lot = await readLot(db, actId);
  if (lot === undefined) return false;
  const { act, readers, last, isLast } = lot;
  const done = await db.transaction(async (tx) => {
    const { after } = (await store.lockAct(tx, actId)) ?? {};
    if (after !== act.after) return 'moved-meanwhile';
    const outcome = await (act.act === 'resend' ? sendAgain : suppress)(tx, act, readers, now());
    const isOver = isLast || outcome === 'issue-ended';
    await store.moveAct(tx, actId, {
      done: outcome === 'issue-ended' ? 0 : outcome,
      after: last,
      endedAt: isOver ? now() : null,
    });
    return outcome;
  });
  if (done === 'moved-meanwhile') return true;
  if (act.act === 'resend' && done !== 'issue-ended' && done > 0) await enqueue('upkeep', { kind: 'sweep' });
  return !isLast && done !== 'issue-ended';
}

type DoneTo = (
  tx: Db,
  act: store.ProblemAct,
  readers: readonly string[],
  now: Date,
) => Promise<number | 'issue-ended'>;

/** Skips readers whose delivery has another state by now. */
const sendAgain: DoneTo = async (tx, { issueId, state }, readers, now) => {
  const issue = await getIssueRow(tx, issueId);
  if (!issue || issue.fannedOutAt === null || issue.cancelledAt !== null) return 'issue-ended';
  if (readers.length === 0 || (state !== 'refused' && state !== 'uncertain')) return 0;
  return requeueState(tx, issueId, state, await retryAgainUntil(tx, issue.newsletterId, now), readers);
};

const suppress: DoneTo = async (tx, { issueId, reply }, readers) => {
  const evidence = { issueId, what: { key: 'delivery.inReport' } as const, reply };
  await suppressBounced(
    tx,
    readers.map((subscriberId) => ({ subscriberId, evidence })),
  );
  return readers.length;
};

/** The last acts about an issue, the newest first. */
export const listProblemActs = (db: Db, issueId: string): Promise<store.ProblemAct[]> =>
  store.selectActs(db, issueId, shown);

/** Enqueues the acts that have lots left. A job that exists stays the only one. */
export async function enqueueProblemActs({ db, enqueue }: Pick<Deps, 'db' | 'enqueue'>): Promise<void> {
  const open = await store.selectOpenActs(db, sweptAtOnce);
  await enqueueAll(
    enqueue,
    'issues',
    open.map((actId) => ({ kind: 'act-on-problem' as const, actId })),
  );
}
