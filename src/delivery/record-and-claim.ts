// A turn that survives a lost database. Only this process knows how the last lot ended, so it retries until
// the database is back, however long that takes. Each batch under way holds one lot, so the waiting memory is
// bounded.
import { setTimeout as delay } from 'node:timers/promises';
import { mayPass, type Db } from '../db.js';
import type { Log } from '../log.js';
import { suppressBounced } from '../subscribers/suppressions.js';
import { type Claimed, type Recorded, release, turn } from './store-turn.js';

/** Milliseconds. */
const firstPause = 250;
const longestPause = 5_000;

interface Deps {
  db: Db;
  log: Log;
  stopping: () => boolean;
  noteRefusals: NoteRefusals;
}

/** A reader to whom no message is tried again, with the relay's last reply. */
export interface RefusedReader {
  subscriberId: string;
  /** As in deliveries. */
  reason: string;
  code: number | null;
  reply: string | null;
}

/** Notes readers' refusals in the transaction that records them (src/feedback/note-refusals.ts). */
export type NoteRefusals = (tx: Db, issueId: string, refused: readonly RefusedReader[]) => Promise<void>;

type Claim = Parameters<typeof turn>[1];

/**
 * As `turn`. A reader whose address does not exist is suppressed in the same transaction as the refusal, so
 * that no later issue names the address to a relay. Other refusals are noted there: several of them suppress.
 */
export async function recordAndClaim(
  { db, noteRefusals }: Pick<Deps, 'db' | 'noteRefusals'>,
  claim: Claim,
  ends: readonly Recorded[],
): Promise<Claimed[]> {
  const refused = ends.flatMap((end) =>
    end.state === 'refused' && end.reason !== null ? [{ ...end, reason: end.reason }] : [],
  );
  if (refused.length === 0) return turn(db, claim, ends);
  const bounced = refused
    .filter(({ reason }) => reason === 'hard')
    .map(({ subscriberId, relay, reply }) => ({
      subscriberId,
      evidence: { issueId: claim.issueId, what: { key: 'delivery.kindHard' } as const, relay, reply },
    }));
  await db.transaction(async (tx) => {
    await turn(tx, { ...claim, limit: 0 }, ends);
    await suppressBounced(tx, bounced);
    await noteRefusals(tx, claim.issueId, refused);
  });
  // Outside the transaction, where the turn has its generic plan.
  return turn(db, claim, []);
}

/** Records, suppresses and claims. Throws only errors that a retry would not mend. */
export async function takeTurn(deps: Deps, claim: Claim, ends: readonly Recorded[]): Promise<Claimed[]> {
  const { db, log, stopping } = deps;
  try {
    return await recordAndClaim(deps, claim, ends);
  } catch (error) {
    if (!mayPass(error)) throw error;
    log.warn({ err: error, ends: ends.length }, 'delivery: the database is away; known ends wait for it');
  }
  for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
    await delay(pause);
    try {
      await recordAndClaim(deps, { ...claim, limit: 0 }, ends);
      // The failed turn may have been committed without this process hearing of it.
      await release(db, claim);
      log.info({ ends: ends.length }, 'delivery: the database is back; known ends are written');
      return stopping() ? [] : await turn(db, claim, []);
    } catch (error) {
      if (!mayPass(error)) throw error;
    }
  }
}
