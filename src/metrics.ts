// What Prometheus scrapes: this process, its requests, and the work there is.
import type { Request, Response } from 'express';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Db } from './db.js';
import { countForMetrics } from './delivery/count-for-metrics.js';
import { getHold } from './lifeline/lifeline.js';
import type { Log } from './log.js';
import type { Queues } from './queues.js';

export interface Metrics {
  contentType: string;
  text(): Promise<string>;
  observe: (route: string, req: Request, res: Response, seconds: number) => void;
  /** Counts one request to subscribe by what became of it. */
  countSubscribe: (outcome: string) => void;
}

/** A scrape asks the database at most this often, whoever scrapes; ms. */
const freshFor = 5_000;

// Whether an address reads a newsletter, left it or was asked lately would show to whoever subscribes it and looks at the
// metrics before and after. Only who has the METRICS_TOKEN sees these apart.
const personal = new Set(['asked', 'active', 'asked-lately', 'suppressed', 'blocked-domain']);

export function createMetrics({
  db,
  queues,
  log,
  isPrivate,
}: {
  db: Db;
  queues: Queues;
  log: Log;
  /** Not everybody can read them. */
  isPrivate: boolean;
}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time to answer, by declared route.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  });
  const gauge = (name: string, help: string, ...labelNames: string[]) =>
    new Gauge({ name, help, labelNames, registers });
  const jobs = gauge('digest_queue_jobs', 'Waiting and active jobs.', 'queue');
  const issues = gauge('digest_issues', 'Issues that are not over, by status.', 'status');
  const deliveries = gauge('digest_deliveries', 'Deliveries of issues that are not over, by state.', 'state');
  const workers = gauge('digest_workers', 'Worker processes that showed a sign of life in the last minute.');

  const held = gauge(
    'digest_sending_held',
    '1: the database was put back, and nothing is sent until somebody lets go.',
  );
  const circuits = gauge(
    'digest_relay_circuits',
    'Workers, by the state of their circuit.',
    'relay',
    'state',
  );
  const slowed = gauge(
    'digest_slowed_providers',
    'Times that a stopped provider asked for less.',
    'provider',
  );
  const warmUpTaken = gauge(
    'digest_warm_up_taken',
    'Messages of today from a sending domain that warms up.',
    'domain',
  );
  const warmUpLimit = gauge('digest_warm_up_limit', 'Messages that it may send today.', 'domain');

  const counter = (name: string, help: string, ...labelNames: string[]) =>
    new Counter({ name, help, labelNames, registers });
  const handOvers = counter(
    'digest_hand_overs_total',
    'Hand-overs to relays, by how they ended.',
    'relay',
    'provider',
    'outcome',
  );
  const waits = counter(
    'digest_relay_rate_wait_seconds_total',
    "Seconds that lots and single mails waited for a relay's rate.",
    'relay',
  );
  const guardPauses = counter(
    'digest_guard_pauses_total',
    'Issues that the guard paused, by reason.',
    'reason',
  );
  const subscribes = counter(
    'digest_subscribe_requests_total',
    'Requests to subscribe, by what became of them or which limit refused them.',
    'outcome',
  );
  const ofDatabase = [issues, deliveries, workers, circuits, slowed, held, warmUpTaken, warmUpLimit];
  const outcomes = ['accepted', 'deferred', 'refused', 'uncertain'] as const;

  const set = (of: Gauge, label: string, counts: object) => {
    of.reset();
    for (const [value, count] of Object.entries(counts)) of.set({ [label]: value }, Number(count));
  };

  /** A scrape tells what can be told; that the database or the queue is down is for /readyz to say. */
  async function refresh(what: string, gauges: Gauge[], work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      for (const stale of gauges) stale.reset();
      log.warn({ err: error }, `metrics: the ${what} was not asked`);
    }
  }

  const refreshAll = () =>
    Promise.all([
      refresh('queue', [jobs], async () => set(jobs, 'queue', await queues.depths())),
      refresh('database', ofDatabase, async () => {
        const totals = await countForMetrics(db);
        held.set((await getHold(db)) ? 1 : 0);
        set(issues, 'status', totals.issues);
        set(deliveries, 'state', totals.deliveries);
        workers.set(totals.workers);
        circuits.reset();
        for (const { relay, state, workers: count } of totals.circuits) circuits.set({ relay, state }, count);
        slowed.reset();
        for (const { group, step } of totals.slowed) slowed.set({ provider: group }, step);
        warmUpTaken.reset();
        warmUpLimit.reset();
        for (const { domain, taken, allowed } of totals.warmUps) {
          warmUpTaken.set({ domain }, taken);
          warmUpLimit.set({ domain }, allowed);
        }
        // The sums are the database's, over all workers that ever were: they only grow.
        waits.reset();
        for (const { relay, seconds } of totals.waits) waits.inc({ relay }, seconds);
        guardPauses.reset();
        for (const { reason, pauses } of totals.guardPauses) guardPauses.inc({ reason }, pauses);
        handOvers.reset();
        for (const { relay, domainGroup: provider, ...sums } of totals.handOvers)
          for (const outcome of outcomes) handOvers.inc({ relay, provider, outcome }, sums[outcome]);
      }),
    ]);

  let refreshed: Promise<unknown> | undefined;
  let refreshedAt = -Infinity;

  return {
    contentType: registry.contentType,
    async text() {
      // Not by the time of day, which may be put back.
      if (performance.now() - refreshedAt > freshFor) {
        refreshedAt = performance.now();
        refreshed = refreshAll();
      }
      await refreshed;
      return registry.metrics();
    },
    observe(route, req, res, seconds) {
      requests.observe({ method: req.method, route, status: res.statusCode }, seconds);
    },
    countSubscribe(outcome) {
      subscribes.inc({ outcome: !isPrivate && personal.has(outcome) ? 'accepted' : outcome });
    },
  };
}
