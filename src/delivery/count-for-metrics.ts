// The numbers behind /metrics: issues under way, their deliveries, and hand-overs since the beginning.
import type { Db } from '../db.js';
import { selectUnderWay } from '../issues/sending.js';
import { issueStatus, type IssueStatus } from '../issues/status.js';
import { silence } from './recover.js';
import { stoppedProviders } from '../providers/slowdowns.js';
import {
  countUnderWay,
  selectCircuits,
  selectConnections,
  type CircuitRow,
  type ConnectionsRow,
  type ProgressRow,
} from './hand-overs.js';
import { selectGuardPauses, selectHandOvers, selectWaits } from './store-metrics.js';
import { selectWarmUps, type WarmUpRow } from './store-warm-up.js';
import { countLivingWorkers, selectClocks, type HostClock } from './store-workers.js';
import type { DeliveryState } from './counts.js';

export interface MetricCounts {
  /** Issues that are not over, by status. */
  issues: Partial<Record<IssueStatus, number>>;
  /** The deliveries of those issues by state. */
  deliveries: Partial<Record<DeliveryState, number>>;
  workers: number;
  clocks: HostClock[];
  /** How hand-overs ended, by relay and provider, ever. */
  handOvers: ProgressRow[];
  /** How many living workers have which circuit to which relay. */
  circuits: CircuitRow[];
  /** How many connections living workers share out to each relay, and how many the relay takes. */
  connections: ConnectionsRow[];
  /** Providers that are stopped now, and how many times in a row they asked for less or refused. */
  slowed: { group: string; step: number }[];
  /** How much of today's allowance each warming-up domain has used. */
  warmUps: WarmUpRow[];
  /** Seconds that workers waited for each relay's rate, ever. */
  waits: { relay: string; seconds: number }[];
  /** How often the guard paused an issue, by reason, ever. */
  guardPauses: { reason: string; pauses: number }[];
}

/** Reads a few rows only, however much mail is under way. */
export async function countForMetrics(db: Db): Promise<MetricCounts> {
  const issues: MetricCounts['issues'] = {};
  for (const times of await selectUnderWay(db)) {
    const status = issueStatus(times);
    issues[status] = (issues[status] ?? 0) + 1;
  }
  return {
    issues,
    deliveries: await countUnderWay(db),
    workers: await countLivingWorkers(db, silence),
    clocks: await selectClocks(db, silence),
    handOvers: await selectHandOvers(db),
    circuits: await selectCircuits(db),
    connections: await selectConnections(db),
    slowed: await stoppedProviders(db),
    warmUps: await selectWarmUps(db),
    waits: await selectWaits(db),
    guardPauses: await selectGuardPauses(db),
  };
}
