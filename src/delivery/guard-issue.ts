// Pauses an issue that does more harm than good. The sending process sees refusals within seconds; the sweep
// sees bounces and complaints that come later, and what several processes saw.
import { LRUCache } from 'lru-cache';
import type { Db } from '../db.js';
import { pause, type GuardFinding } from '../issues/sending.js';
import type { Log } from '../log.js';
import { afterEnds, guardFinding, guardInWords, mayBeTooMany, nothingEnded, type Ended } from './guard.js';
import * as store from './store-guard.js';
import { noteGuardPause } from './store-metrics.js';

interface Deps {
  db: Db;
  log: Log;
}

async function pauseFor(deps: Deps, issueId: string, finding: GuardFinding): Promise<void> {
  await pause(deps.db, issueId, { by: 'guard', ...finding });
  await noteGuardPause(deps.db, issueId);
  deps.log.error({ issueId, reason: guardInWords(finding) }, 'delivery: the guard paused an issue');
}

/** Pauses the issue if too much came back since it began or was resumed. True: it was paused. */
export async function guardIssue(deps: Deps, issueId: string): Promise<boolean> {
  const bad = await store.countBad(deps.db, issueId);
  if (!mayBeTooMany(bad)) return false;
  const finding = guardFinding({ ...bad, ends: await store.countEnds(deps.db, issueId) });
  if (finding === undefined) return false;
  await pauseFor(deps, issueId, finding);
  return true;
}

export interface Guard {
  /**
   * Counts how a lot of the issue ended, and pauses the issue if too much of it is bad. A new window begins
   * whenever the issue is resumed. Never throws: the ends are still to be recorded.
   */
  watch(issue: { issueId: string; resumedAt: Date | null }, ends: readonly EndedDelivery[]): Promise<void>;
}

interface EndedDelivery {
  state: string;
  reason: string | null;
  reply: string | null;
}

/** Issues that one process sends at about the same time. */
const watched = 64;

export function createGuard(deps: Deps): Guard {
  const windows = new LRUCache<string, Ended>({ max: watched });
  return {
    async watch({ issueId, resumedAt }, ends) {
      const key = `${issueId}@${resumedAt?.getTime() ?? 0}`;
      const refused = ends.filter(({ state, reason }) => state === 'refused' && reason === 'permanent');
      const accepted = ends.filter(({ state }) => state === 'accepted');
      const window = afterEnds(windows.get(key) ?? nothingEnded, {
        ends: accepted.length + refused.length,
        hardBounces: refused.length,
        refusal: refused.at(-1)?.reply ?? undefined,
      });
      windows.set(key, window);
      const finding = guardFinding(window);
      if (finding === undefined) return;
      windows.delete(key);
      await pauseFor(deps, issueId, finding).catch((err: unknown) =>
        deps.log.error({ err, issueId, finding }, 'delivery: the guard could not pause an issue'),
      );
    },
  };
}
