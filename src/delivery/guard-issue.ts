// Pauses an issue that does more harm than good.
//
//   the sending process sees refusals within seconds, and at its first lot the sending domain's last seven days
//   the sweep sees bounces and complaints that come later, and what several processes saw
//
// An issue for which nobody waits is not paused: there is nothing left to save.
import { LRUCache } from 'lru-cache';
import type { Db } from '../db.js';
import { pause, type GuardFinding } from '../issues/sending.js';
import { inEnglish } from '../languages/translate.js';
import type { Log } from '../log.js';
import { groupDomains } from '../mail/domain-groups.js';
import { listProviderPauses } from '../providers/pauses.js';
import {
  afterEnds,
  guardFinding,
  guardMessage,
  mayBeTooMany,
  mostEndsThatMatter,
  nothingEnded,
  otherRefusals,
  weekFinding,
  type Ended,
} from './guard.js';
import * as store from './store-guard.js';
import { noteGuardPause } from './store-metrics.js';

interface Deps {
  db: Db;
  log: Log;
}

/** Providers that refuse our mail are paused (src/providers): the issue goes on for the others. */
async function isOfPausedProviders(db: Db, issueId: string): Promise<boolean> {
  const paused = await listProviderPauses(db);
  const domains = paused.flatMap(({ groupKey }) => groupDomains(groupKey));
  return domains.length > 0 && store.isRefusedThereAlone(db, issueId, domains);
}

/** True: it was paused. False: nobody waits for the rest of the issue. */
export async function pauseFor(deps: Deps, issueId: string, finding: GuardFinding): Promise<boolean> {
  if (!(await store.hasWaiting(deps.db, issueId))) return false;
  if (finding.kind === 'everything-is-refused' && (await isOfPausedProviders(deps.db, issueId))) return false;
  await pause(deps.db, issueId, { by: 'guard', ...finding });
  await noteGuardPause(deps.db, issueId);
  deps.log.error(
    { issueId, reason: inEnglish(guardMessage(finding)) },
    'delivery: the guard paused an issue',
  );
  return true;
}

/**
 * Pauses the issue if too much came back: of its messages since it began or was resumed, or of its sending
 * domain in seven days. True: it was paused.
 */
export async function guardIssue(deps: Deps, issueId: string): Promise<boolean> {
  const bad = await store.countBad(deps.db, issueId, otherRefusals);
  const finding = mayBeTooMany(bad)
    ? guardFinding({ ...bad, ends: await store.countEnds(deps.db, issueId, mostEndsThatMatter(bad) + 1) })
    : undefined;
  return finding === undefined ? guardWeek(deps, issueId) : pauseFor(deps, issueId, finding);
}

async function guardWeek(deps: Deps, issueId: string): Promise<boolean> {
  const { domain, ...week } = await store.countWeek(deps.db, issueId);
  const finding = weekFinding(domain, week);
  return finding !== undefined && pauseFor(deps, issueId, finding);
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

  async function judge(issueId: string, key: string, ends: readonly EndedDelivery[]): Promise<void> {
    const known = windows.get(key);
    const window = afterEnds(known ?? nothingEnded, countedOf(ends));
    windows.set(key, window);
    const finding = guardFinding(window);
    if (finding !== undefined) {
      windows.delete(key);
      await pauseFor(deps, issueId, finding);
    } else if (known === undefined) await guardWeek(deps, issueId);
  }

  return {
    watch: ({ issueId, resumedAt }, ends) =>
      judge(issueId, `${issueId}@${resumedAt?.getTime() ?? 0}`, ends).catch((err: unknown) =>
        deps.log.error({ err, issueId }, 'delivery: the guard could not judge an issue'),
      ),
  };
}

function countedOf(ends: readonly EndedDelivery[]): Omit<Ended, 'complaints'> {
  const refused = ends.filter(({ state, reason }) => state === 'refused' && reason !== 'expired');
  const others = refused.filter(({ reason }) => otherRefusals.some((one) => one === reason));
  return {
    ends: refused.length + ends.filter(({ state }) => state === 'accepted').length,
    hardBounces: refused.length - others.length,
    otherRefusals: others.length,
    refusal: refused.at(-1)?.reply ?? undefined,
  };
}
