// Says in the log when sending stands still although there is mail to hand over.
import type { Db } from '../db.js';
import { minute } from '../durations.js';
import type { Log } from '../log.js';
import { selectHoldUps, selectStandstills, type HoldUp } from '../delivery/hand-overs.js';
import { inEnglish } from '../languages/translate.js';
import { detailOf } from './hold-up-words.js';

/** Seconds without a hand-over until the log says so, and milliseconds until it says so again. */
const patience = 60;
const repeatAfter = 10 * minute;

export interface ProgressWatch {
  /** Call it again and again. Only the first worker of all speaks, so that there is one line. */
  look(isFirst: boolean): Promise<void>;
}

export function createProgressWatch({
  db,
  log,
  now = () => performance.now(),
}: {
  db: Db;
  log: Log;
  now?: () => number;
}): ProgressWatch {
  /** When the log last named the issue. */
  const said = new Map<string, number>();

  async function name(issueId: string, seconds: number): Promise<void> {
    if (now() - (said.get(issueId) ?? -Infinity) < repeatAfter) return;
    said.set(issueId, now());
    const why = await selectHoldUps(db, issueId);
    // A warm-up that used up its day waits on purpose.
    const level = why.some(({ kind }) => kind === 'warm-up') ? 'info' : 'warn';
    log[level](
      { issueId, seconds: Math.round(seconds), heldUpBy: why.map(inWords) },
      'delivery: no progress, although there are messages to hand over',
    );
  }

  return {
    async look(isFirst) {
      if (!isFirst) return said.clear();
      const still = (await selectStandstills(db)).filter(({ seconds }) => seconds >= patience);
      for (const issueId of said.keys())
        if (!still.some((one) => one.issueId === issueId)) {
          said.delete(issueId);
          log.info({ issueId }, 'delivery: the issue makes progress again, or is over');
        }
      for (const { issueId, seconds } of still) await name(issueId, seconds);
    },
  };
}

const inWords = (holdUp: HoldUp): string => `${holdUp.kind} ${holdUp.name}: ${inEnglish(detailOf(holdUp))}`;

/** The longest time in seconds for which an issue with messages to hand over made no progress. */
export async function longestStandstill(db: Db): Promise<number> {
  return Math.max(0, ...(await selectStandstills(db)).map(({ seconds }) => seconds));
}
