// A person ends the hold (src/hold.ts says what follows from their answer).
import type { Db } from '../db.js';
import { deleteHold, lockHold, type HoldRow } from './store.js';

/**
 * Ends the hold, if there is one. `settle` does first, in the same transaction, what the answer means for
 * other features; it may refuse, and then the hold stays.
 */
export async function endHold<Refusal extends { ok: false }>(
  db: Db,
  settle: (tx: Db, held: HoldRow) => Promise<Refusal | undefined>,
): Promise<{ ok: true } | { ok: false; code: 'not-held' } | Refusal> {
  return db.transaction(async (tx) => {
    const held = await lockHold(tx);
    if (held === undefined) return { ok: false, code: 'not-held' };
    const refusal = await settle(tx, held);
    if (refusal !== undefined) return refusal;
    await deleteHold(tx);
    return { ok: true };
  });
}
