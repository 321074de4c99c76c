// Decides which clicks are those of people, and adds them to the sums, a minute later: then the clicks around each
// are known. Each click is added once, in the transaction that marks it.
import type { Db } from '../db.js';
import { minute } from '../durations.js';
import { burst, ruleOfClick } from './machine-rules.js';
import * as store from './store.js';

interface Added {
  issueId: string;
  url: string;
  by: 'people' | 'machines';
  clicks: number;
}

export interface SettleDeps {
  db: Db;
  now: () => Date;
  /** Adds to the sums of the statistics, in the caller's transaction. */
  addClicks: (tx: Db, clicks: readonly Added[], now: Date) => Promise<void>;
}

const lot = 2_000;

/** Judges all clicks that are old enough. Returns how many. */
export async function settleClicks(deps: SettleDeps): Promise<number> {
  for (let settled = 0; ;) {
    const some = await settleLot(deps);
    settled += some;
    if (some < lot) return settled;
  }
}

function settleLot({ db, now, addClicks }: SettleDeps): Promise<number> {
  return db.transaction(async (tx) => {
    const before = new Date(now().getTime() - minute);
    const clicks = await store.claimUnjudged(tx, { before, around: burst.seconds / 2, limit: lot });
    const judged = clicks.map((click) => {
      const rule = ruleOfClick(click);
      return { ...click, rule, by: rule === null ? ('people' as const) : ('machines' as const), clicks: 1 };
    });
    if (judged.length === 0) return 0;
    await store.markJudged(tx, judged);
    await addClicks(tx, judged, now());
    return judged.length;
  });
}
