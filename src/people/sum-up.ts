// The steps by which upkeep keeps the sums of the statistics.
import type { Db } from '../db.js';
import { addClicks, sumKeptNumbers } from '../statistics/keep-sums.js';
import { settleClicks } from '../tracking/settle-clicks.js';

/** The steps are independent, but clicks that were just judged are added up at once. */
export const summing: Readonly<Record<string, (deps: { db: Db; now: () => Date }) => Promise<unknown>>> = {
  settleClicks: (deps) => settleClicks({ ...deps, addClicks }),
  sumKeptNumbers,
};
