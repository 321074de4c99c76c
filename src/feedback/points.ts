// Whether a mailbox that took nothing several times is given up.
import { selectLastAcceptance } from '../delivery/ledger.js';
import type { Db } from '../db.js';
import { day } from '../durations.js';
import { enoughPoints, pointDays } from './effects.js';
import * as store from './store.js';

/** Five days in thirty without an acceptance since, or the second denial of Microsoft on another day. */
export async function hasEnoughPoints(
  tx: Db,
  { subscriberId, at, status, words }: Pick<store.EventRow, 'subscriberId' | 'at' | 'status' | 'words'>,
): Promise<boolean> {
  if (status === '5.4.1' && /access denied/i.test(words ?? ''))
    if (await store.wasDeniedBefore(tx, subscriberId, at)) return true;
  const from = new Date(at.getTime() - pointDays * day);
  // A message of today may still come back.
  const before = new Date(at.getTime() - day);
  const accepted = await selectLastAcceptance(tx, { subscriberId, after: from, before });
  return (await store.countPoints(tx, subscriberId, accepted ?? from)) >= enoughPoints;
}
