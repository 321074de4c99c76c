// The metrics that Prometheus scrapes: this process, its requests, and the work in the queue and the ledger.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Db } from './db.js';
import { countForMetrics } from './delivery/count-for-metrics.js';
import { countFeedback, type FeedbackCounts } from './feedback/count-for-metrics.js';
import { getHold } from './lifeline/lifeline.js';
import type { Log } from './log.js';
import type { ReadMetrics } from './telemetry/metric-bridge.js';
import type { Queues } from './queues.js';
import { longestStandstill } from './reports/watch-progress.js';
import { countWebhookTries } from './webhooks/count-for-metrics.js';

export interface Metrics {
  contentType: string;
  text(): Promise<string>;
  /** The same as values, for exporters of another form. */
  values: ReadMetrics;
  observe: (
    route: string,
    request: { method?: string | undefined },
    response: { statusCode: number },
    seconds: number,
  ) => void;
  /** Counts one request to subscribe, by its outcome. */
  countSubscribe: (outcome: string) => void;
  /** Counts one refused call of a provider's webhook. */
  countRejectedHook: (reason: string) => void;
}

/** Milliseconds. A scrape asks the database at most this often, whatever the number of scrapers. */
const freshFor = 5_000;

// These outcomes would show whether an address reads a newsletter, left it or was asked lately: subscribe it,
// and compare the metrics before and after. They are counted apart only when METRICS_TOKEN protects the
// metrics.
const personal = new Set(['asked', 'active', 'asked-lately', 'suppressed', 'blocked-domain']);

interface MetricsDeps {
  db: Db;
  clicks: { dropped(): number };
  queues: Queues;
  log: Log;
  /** METRICS_TOKEN protects the metrics. */
  isPrivate: boolean;
}

export function createMetrics({ db, queues, log, clicks, isPrivate }: MetricsDeps): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = requestHistogram(registry);
  const subscribes = counterIn(registry)(
    'digest_subscribe_requests_total',
    'Requests to subscribe, by outcome or by the limit that refused them.',
    'outcome',
  );
  const rejectedHooks = counterIn(registry)(
    'digest_feedback_webhooks_rejected_total',
    'Refused calls of /hooks/feedback, by reason.',
    'reason',
  );
  countDroppedClicks(registry, clicks);
  const jobs = gaugeIn(registry)('digest_queue_jobs', 'Waiting and active jobs.', 'queue');
  const ledger = ledgerMetrics(registry);

  const refreshAll = () =>
    Promise.all([
      refresh(log, 'queue', [jobs], async () => setCounts(jobs, 'queue', await queues.depths())),
      refresh(log, 'database', ledger.gauges, async () =>
        ledger.set(await countForMetrics(db), {
          isHeld: (await getHold(db)) !== undefined,
          standstill: await longestStandstill(db),
          feedback: await countFeedback(db),
          webhooks: await countWebhookTries(db),
        }),
      ),
    ]);
  let refreshed: Promise<unknown> | undefined;
  let refreshedAt = -Infinity;

  const refreshIfOld = async (): Promise<void> => {
    // performance.now() and not the time of day, which may be put back.
    if (performance.now() - refreshedAt > freshFor) {
      refreshedAt = performance.now();
      refreshed = refreshAll();
    }
    await refreshed;
  };

  return {
    contentType: registry.contentType,
    async text() {
      await refreshIfOld();
      return registry.metrics();
    },
    async values() {
      await refreshIfOld();
      return registry.getMetricsAsJSON();
    },
    observe(route, { method = '' }, { statusCode }, seconds) {
      requests.observe({ method, route, status: statusCode }, seconds);
    },
    countRejectedHook(reason) {
      rejectedHooks.inc({ reason });
    },
    countSubscribe(outcome) {
      subscribes.inc({ outcome: !isPrivate && personal.has(outcome) ? 'accepted' : outcome });
    },
  };
}

const gaugeIn =
  (registry: Registry) =>
  (name: string, help: string, ...labelNames: string[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });

const counterIn =
  (registry: Registry) =>
  (name: string, help: string, ...labelNames: string[]) =>
    new Counter({ name, help, labelNames, registers: [registry] });

const countDroppedClicks = (registry: Registry, clicks: MetricsDeps['clicks']): Counter =>
  new Counter({
    name: 'digest_clicks_dropped_total',
    help: 'Clicks that this process could not write. Their links worked.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(clicks.dropped());
    },
  });

function requestHistogram(registry: Registry) {
  return new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time to answer, by declared route.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  });
}

type Totals = Awaited<ReturnType<typeof countForMetrics>>;

interface OtherCounts {
  isHeld: boolean;
  standstill: number;
  feedback: FeedbackCounts;
  webhooks: Awaited<ReturnType<typeof countWebhookTries>>;
}

const handOverOutcomes = ['accepted', 'deferred', 'refused', 'uncertain'] as const;

/** The metrics that are read from the database. */
function ledgerMetrics(registry: Registry) {
  const states = stateGauges(registry);
  const pace = paceGauges(registry);
  const sums = sumCounters(registry);
  return {
    gauges: [...Object.values(states), ...Object.values(pace)],
    set(totals: Totals, { isHeld, standstill, feedback, webhooks }: OtherCounts): void {
      states.standstill.set(standstill);
      states.held.set(isHeld ? 1 : 0);
      setCounts(states.issues, 'status', totals.issues);
      setCounts(states.deliveries, 'state', totals.deliveries);
      states.workers.set(totals.workers);
      states.clocks.reset();
      for (const { host, ahead } of totals.clocks) states.clocks.set({ host }, ahead);
      setPace(pace, totals);
      setSums(sums, totals);
      states.oldestUnread.set(feedback.oldestUnread);
      sums.feedback.reset();
      for (const { count, ...labels } of feedback.totals) sums.feedback.inc({ ...labels }, count);
      sums.webhooks.reset();
      for (const [outcome, count] of Object.entries(webhooks)) sums.webhooks.inc({ outcome }, count);
    },
  };
}

function stateGauges(registry: Registry) {
  const gauge = gaugeIn(registry);
  return {
    issues: gauge('digest_issues', 'Unfinished issues, by status.', 'status'),
    deliveries: gauge('digest_deliveries', 'Deliveries of unfinished issues, by state.', 'state'),
    workers: gauge('digest_workers', 'Worker processes that showed a sign of life in the last minute.'),
    clocks: gauge(
      'digest_clock_ahead_seconds',
      "How far the clock of a worker's host is ahead of the database's.",
      'host',
    ),
    standstill: gauge(
      'digest_sending_standstill_seconds',
      'Longest time for which an issue with messages to hand over made no progress.',
    ),
    held: gauge(
      'digest_sending_held',
      '1: the database was restored, and sending is held until a person decides.',
    ),
    oldestUnread: gauge(
      'digest_feedback_oldest_unread_seconds',
      'How long the oldest mail that came back has waited for a worker.',
    ),
  };
}

function paceGauges(registry: Registry) {
  const gauge = gaugeIn(registry);
  return {
    circuits: gauge('digest_relay_circuits', 'Workers, by the state of their circuit.', 'relay', 'state'),
    connections: gauge(
      'digest_relay_connections',
      'Connections at once that the relay takes from the living workers, as far as they know.',
      'relay',
    ),
    connectionsShare: gauge(
      'digest_relay_connections_share',
      "Connections at once that the living workers may open, by SMTP_URL's option connections.",
      'relay',
    ),
    slowed: gauge(
      'digest_slowed_providers',
      'How often a provider that is now stopped has asked for less or refused.',
      'provider',
    ),
    warmUpTaken: gauge(
      'digest_warm_up_taken',
      "Today's messages from a sending domain that is warming up.",
      'domain',
    ),
    warmUpLimit: gauge('digest_warm_up_limit', 'The most messages that the domain may send today.', 'domain'),
  };
}

function setPace(pace: ReturnType<typeof paceGauges>, totals: Totals) {
  const { circuits, connections, connectionsShare, slowed, warmUpTaken, warmUpLimit } = pace;
  for (const gauge of Object.values(pace)) gauge.reset();
  for (const { relay, used, share } of totals.connections) {
    connections.set({ relay }, used);
    connectionsShare.set({ relay }, share);
  }
  for (const { relay, state, workers } of totals.circuits) circuits.set({ relay, state }, workers);
  for (const { group, step } of totals.slowed) slowed.set({ provider: group }, step);
  for (const { domain, taken, allowed } of totals.warmUps) {
    warmUpTaken.set({ domain }, taken);
    warmUpLimit.set({ domain }, allowed);
  }
}

/** Sums over all workers that ever ran. The database keeps them, so they only grow. */
function sumCounters(registry: Registry) {
  const counter = counterIn(registry);
  return {
    handOvers: counter(
      'digest_hand_overs_total',
      'Hand-overs to relays, by outcome.',
      'relay',
      'provider',
      'outcome',
    ),
    waits: counter(
      'digest_relay_rate_wait_seconds_total',
      "Seconds that lots and single mails waited for a relay's rate.",
      'relay',
    ),
    feedback: counter(
      'digest_feedback_events_total',
      'Bounces, complaints, refusals and notes, by kind, mailbox provider and way in.',
      'kind',
      'provider',
      'source',
    ),
    webhooks: counter(
      'digest_webhook_tries_total',
      'Tries to send events to webhooks, by outcome: delivered, retried (it failed and is tried again), failed (for good).',
      'outcome',
    ),
    guardPauses: counter('digest_guard_pauses_total', 'Issues that the guard paused, by reason.', 'reason'),
  };
}

function setSums({ handOvers, waits, guardPauses }: ReturnType<typeof sumCounters>, totals: Totals): void {
  for (const counter of [handOvers, waits, guardPauses]) counter.reset();
  for (const { relay, seconds } of totals.waits) waits.inc({ relay }, seconds);
  for (const { reason, pauses } of totals.guardPauses) guardPauses.inc({ reason }, pauses);
  for (const { relay, domainGroup: provider, ...sums } of totals.handOvers)
    for (const outcome of handOverOutcomes) handOvers.inc({ relay, provider, outcome }, sums[outcome]);
}

function setCounts(gauge: Gauge, label: string, counts: object): void {
  gauge.reset();
  for (const [value, count] of Object.entries(counts)) gauge.set({ [label]: value }, Number(count));
}

/** A scrape answers with what is known. /readyz reports that the database or the queue is down. */
async function refresh(log: Log, what: string, gauges: Gauge[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    for (const stale of gauges) stale.reset();
    log.warn({ err: error }, `metrics: the ${what} was not read`);
  }
}
