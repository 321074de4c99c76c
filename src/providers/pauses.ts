// Pauses of mailbox providers that refuse our mail (refusals.ts): the provider gets nothing, all others go on. The
// pause ends by itself: after some hours each process tries one message at a time, and ten minutes in which the
// provider takes them are enough. A person can end it earlier.
import { addAccountMails } from '../account-mails/add.js';
import type { Db } from '../db.js';
import { day } from '../durations.js';
import type { Log } from '../log.js';
import type { Cause } from './refusals.js';
import * as store from './store.js';

export type ProviderPause = store.PauseRow;

/** The pauses that have not ended. */
export const listProviderPauses = store.selectPauses;

/** The last pause of a provider, also one that has ended. */
export const lastPause = store.selectPause;

/** Pauses the provider, and tells the accounts once a day. False: it is paused already. */
export async function pauseProvider(
  { db, log, now }: { db: Db; log: Log; now: () => Date },
  refused: { groupKey: string; cause: Cause; bad: number; ends: number; reply: string },
): Promise<boolean> {
  const at = now();
  const paused = await db.transaction(async (tx) => {
    if (!(await store.insertPause(tx, refused))) return false;
    await addAccountMails(tx, {
      kind: 'provider-refuses',
      subjectId: refused.groupKey,
      now: at,
      notSince: new Date(at.getTime() - day),
    });
    return true;
  });
  if (paused) log.error(refused, 'delivery: a provider refuses our mail; it gets nothing for some hours');
  return paused;
}

/** A person has mended the cause. False: the provider is not paused. */
export const resumeProvider = ({ db }: { db: Db }, { provider }: { provider: string }): Promise<boolean> =>
  store.endPause(db, provider);
