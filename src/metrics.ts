// What Prometheus scrapes: this process, its requests, and the work there is.
import type { Request, Response } from 'express';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Db } from './db.js';
import { countTotals } from './delivery/totals.js';
import { getHold } from './issues/lifeline.js';
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
  const handOvers = new Counter({
    name: 'digest_hand_overs_total',
    help: 'Hand-overs to relays, by how they ended.',
    labelNames: ['relay', 'provider', 'outcome'],
    registers,
  });
  const subscribes = new Counter({
    name: 'digest_subscribe_requests_total',
    help: 'Requests to subscribe, by what became of them or which limit refused them.',
    labelNames: ['outcome'],
    registers,
  });
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
      refresh('database', [issues, deliveries, workers, circuits, slowed, held], async () => {
        const totals = await countTotals(db);
        held.set((await getHold(db)) ? 1 : 0);
        set(issues, 'status', totals.issues);
        set(deliveries, 'state', totals.deliveries);
        workers.set(totals.workers);
        circuits.reset();
        for (const { relay, state, workers: count } of totals.circuits) circuits.set({ relay, state }, count);
        slowed.reset();
        for (const { group, step } of totals.slowed) slowed.set({ provider: group }, step);
        // The sums are the database's, over all workers that ever were: they only grow.
        handOvers.reset();
        for (const { relay, domainGroup: provider, ...sums } of totals.handOvers)
          for (const outcome of outcomes) handOvers.inc({ relay, provider, outcome }, sums[outcome]);
      }),
    ]);

  let refreshed: Promise<unknown> | undefined;
  let refreshedAt = 0;

  return {
    contentType: registry.contentType,
    async text() {
      if (refreshed === undefined || Date.now() - refreshedAt > freshFor) {
        refreshedAt = Date.now();
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
