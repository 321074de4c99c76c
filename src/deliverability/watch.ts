// Tells the accounts by mail when receivers begin to object to the mail, or when no bounce finds its way back. Checks the
// DNS of senders again.
import { addAccountMails } from '../account-mails/add.js';
import type { Db } from '../db.js';
import { day, minute } from '../durations.js';
import { recheckDomain, type DnsDeps } from '../sender-checks/checks.js';
import { alarmsOf, isSilent, type Returns } from './alarms.js';
import * as store from './store.js';

export interface WatchDeps {
  db: Db;
  now: () => Date;
  /** The environment names a way in for what comes back. */
  takesFeedback: boolean;
}

export type DeliverabilityDeps = WatchDeps & DnsDeps;

/** Milliseconds. A mail of one kind is not repeated within the time that its figures are about. */
const lookEvery = 10 * minute;
const repeatAfter = { week: 7 * day, returns: 14 * day };

/** Something has come back at some time, so there is a way in that the environment need not name. */
export const hasEverReturned = (db: Db): Promise<boolean> => store.selectEverReturned(db);

/** There is one for the installation, unlike the alarms of a sending domain. */
export const installation = 'installation';

/** Call it again and again: it looks every ten minutes. */
export function createDeliverabilityWatch({
  clock = () => performance.now(),
}: { clock?: () => number } = {}): (deps: DeliverabilityDeps) => Promise<void> {
  let lookedAt = -Infinity;
  return async (deps) => {
    if (clock() - lookedAt < lookEvery) return;
    lookedAt = clock();
    await tellAlarms(deps);
    await recheckDomain(deps);
  };
}

export async function tellAlarms(deps: WatchDeps): Promise<void> {
  const { db } = deps;
  const now = deps.now();
  for (const week of await store.selectWeeks(db, now))
    for (const kind of alarmsOf(week))
      await addAccountMails(db, {
        kind,
        subjectId: week.domain,
        now,
        notSince: new Date(now.getTime() - repeatAfter.week),
      });
  if ((await returnsNow(deps)) !== undefined)
    await addAccountMails(db, {
      kind: 'nothing-came-back',
      subjectId: installation,
      now,
      notSince: new Date(now.getTime() - repeatAfter.returns),
    });
}

/** The messages of which none came back, if they are suspiciously many. undefined: there is no way in, or it works. */
export async function returnsNow({ db, now, takesFeedback }: WatchDeps): Promise<Returns | undefined> {
  if (!takesFeedback && !(await hasEverReturned(db))) return undefined;
  const returns = await store.selectReturns(db, now());
  return isSilent(returns) ? returns : undefined;
}
