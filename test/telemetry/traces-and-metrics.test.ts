// With a collector configured, the web and worker processes export what an operator follows: a request to subscribe
// up to the click, a poll up to the last delivery, and the metrics of /metrics.
import { createApiKey } from '../../src/accounts/api-keys.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startFeedServer, type FeedServer } from '../support/feed-server.js';
import { baseUrl, makeNewsletter } from '../support/newsroom.js';
import { startCollector, type CollectedSpan, type Collector } from '../support/otlp-collector.js';
import { startSink, type Sink } from '../support/smtp-sink.js';
import { waitUntil } from '../support/wait.js';
import { startWeb, startWorker, type WorkerProcess } from '../support/worker-process.js';

const reader = { email: 'ada.lovelace@readers.example', name: 'Ada Lovelace' };
const published = new Date().toUTCString();
const feed = `<?xml version="1.0"?><rss version="2.0"><channel><title>News</title><link>https://news.example.org/</link>
  <item><title>Harbour bridge reopens</title><link>https://news.example.org/bridge</link><guid>bridge</guid>
  <pubDate>${published}</pubDate></item>
  </channel></rss>`;

let database: TestDatabase;
let collector: Collector;
let sink: Sink;
let site: FeedServer;
let web: WorkerProcess & { url: string };
let worker: WorkerProcess;
let slug = '';
let newsletterId = '';
let apiKey = '';

beforeAll(async () => {
  database = await testDatabase();
  collector = await startCollector();
  sink = await startSink();
  site = await startFeedServer((_request, response) => {
    response.setHeader('content-type', 'application/rss+xml').end(feed);
  });
  ({ slug, id: newsletterId } = await makeNewsletter(database.db));
  ({ apiKey } = await createApiKey({ db: database.db }, { name: 'test', role: 'owner' }));
  const environment = {
    databaseUrl: database.url,
    queueUrl: undefined,
    smtpUrl: sink.url,
    variables: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=digest%20one',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_SERVICE_NAME: 'newsroom',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_METRIC_EXPORT_INTERVAL: '500',
      LOG_LEVEL: 'info',
    },
  };
  [web, worker] = await Promise.all([startWeb(environment), startWorker(environment)]);
});
afterAll(async () => {
  await Promise.all([web.end('SIGKILL'), worker.end('SIGKILL')]);
  await Promise.all([collector.close(), sink.close(), site.close()]);
  await database.close();
});

const api = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
  const answer = await fetch(`${web.url}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
    body: JSON.stringify(body),
  });
  return (await answer.json()) as Record<string, unknown>;
};
const collected = (name: string, is: (span: CollectedSpan) => boolean = () => true): Promise<CollectedSpan> =>
  waitUntil(() => collector.named(name).find(is), 30_000, `the span "${name}"`);
const parentOf = ({ traceId, parentSpanId }: CollectedSpan): CollectedSpan | undefined =>
  collector.spans.find((span) => span.traceId === traceId && span.spanId === parentSpanId);
/** The names from the span up to the root of its trace. */
const pathOf = (span: CollectedSpan): string[] => {
  const parent = parentOf(span);
  return [span.name, ...(parent ? pathOf(parent) : span.parentSpanId === '' ? [] : ['(missing)'])];
};
/** The same, once the processes have exported all of it: a span is exported when it ends. */
const expectPath = async (span: CollectedSpan, path: readonly string[]): Promise<void> => {
  await waitUntil(() => pathOf(span).length >= path.length, 5_000, 'the trace').catch(() => undefined);
  expect(pathOf(span)).toEqual(path);
};
const linkedTraces = ({ links }: CollectedSpan): string[] => links.map(({ traceId }) => traceId);

let confirmLink = '';

test('a request to subscribe and its confirmation mail are one trace; the click links to it', async () => {
  const answer = await fetch(`${web.url}/n/${slug}/subscribe`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(reader),
  });
  expect(answer.status).toBe(202);
  const [mail] = await sink.waitFor(1, 30_000);
  const { text = '' } = (await mail?.parsed()) ?? {};
  confirmLink = /https:\S+\/confirm\/\S+/.exec(text)?.[0] ?? '';
  const handedOver = await collected('hand over mail');
  await expectPath(handedOver, [
    'hand over mail',
    'job subscriptions confirm',
    'enqueue subscriptions confirm',
    'store request to subscribe',
    'POST /n/:slug/subscribe',
  ]);
  expect(handedOver.attributes).toMatchObject({
    'digest.mail': 'confirmation',
    'digest.outcome': 'accepted',
  });
  expect(parentOf(handedOver)?.attributes).toMatchObject({ 'digest.subscription_id': expect.any(String) });

  // The page of the link changes nothing, and has no span.
  await fetch(confirmLink.replace(baseUrl, web.url));
  expect((await fetch(confirmLink.replace(baseUrl, web.url), { method: 'POST' })).status).toBe(200);
  const click = await collected('POST /confirm/:token');
  expect(click.parentSpanId).toBe('');
  expect(click.links).toEqual([
    expect.objectContaining({ traceId: handedOver.traceId, spanId: parentOf(handedOver)?.spanId }),
  ]);
  expect(click.attributes).toMatchObject({
    'http.route': '/confirm/:token',
    'http.response.status_code': expect.anything(),
  });
  expect(collector.spans.filter(({ name }) => name.startsWith('GET'))).toEqual([]);
});

test('a poll, the issue of its posts and the deliveries link to each other', async () => {
  const added = await api(`/newsletters/${newsletterId}/feeds`, { url: `${site.url}/feed.xml` });
  const stored = await collected('store posts', ({ attributes }) => attributes['digest.created'] !== 0);
  await expectPath(stored, [
    'store posts',
    'poll feed',
    'job feeds poll',
    'enqueue feeds poll',
    'POST /api/v1/newsletters/:id/feeds',
  ]);
  expect(stored.attributes['digest.feed_id']).toBe(added['id']);

  const issue = await api(`/newsletters/${newsletterId}/issues`, {});
  const finished = await collected(
    'finish issue',
    ({ attributes }) => attributes['digest.finished'] === true,
  );
  const frozen = await collected('freeze issue');
  expect(frozen.attributes).toEqual({ 'digest.issue_id': issue['id'], 'digest.frozen': true });
  expect(linkedTraces(frozen)).toEqual([stored.traceId]);
  await expectPath(frozen, ['freeze issue', 'POST /api/v1/newsletters/:id/issues']);
  const fannedOut = await collected('fan out issue');
  await expectPath(fannedOut, [
    'fan out issue',
    'job issues assemble',
    'enqueue issues assemble',
    'POST /api/v1/newsletters/:id/issues',
  ]);
  expect(fannedOut.attributes).toMatchObject({ 'digest.deliveries': 1, 'digest.batches': 1 });

  const lot = await collected('hand over lot', ({ attributes }) => attributes['digest.messages'] === 1);
  expect(lot.attributes).toMatchObject({ 'digest.issue_id': issue['id'], 'digest.accepted': 1 });
  await expectPath(lot, ['hand over lot', 'job deliveries batch']);
  const batch = parentOf(lot);
  expect(batch?.links.map(({ traceId }) => traceId)).toEqual([fannedOut.traceId]);
  expect(linkedTraces(finished)).toEqual([fannedOut.traceId]);
});

test('each resource names the service, its process and what the environment adds', async () => {
  const about = new Map(
    collector.spans.map(({ resource }) => [String(resource['digest.process']), resource]),
  );
  expect([...about.keys()].toSorted()).toEqual(['web', 'worker']);
  for (const resource of about.values())
    expect(resource).toMatchObject({
      'service.name': 'newsroom',
      'service.version': expect.any(String),
      'deployment.environment.name': 'test',
    });
  expect(about.get('worker')?.['service.instance.id']).toBe(worker.identity);
  expect(new Set(collector.requests.map(({ headers }) => headers['x-tenant']))).toEqual(
    new Set(['digest one']),
  );
});

test('a line of the log names the trace of its request', () => {
  const click = collector.named('POST /confirm/:token')[0];
  const lines = web
    .log()
    .split('\n')
    .filter((line) => line.includes('/confirm/:token') && line.includes('POST'));
  expect(lines.map((line) => (JSON.parse(line) as { trace_id?: string }).trace_id)).toEqual([click?.traceId]);
});

/** {'name{label="value"}': value}, without the buckets of histograms. */
function fromText(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => /^\w/.test(line) && !line.includes('le="'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

test('the collector has the metrics of /metrics, under the same names and with the same values', async () => {
  await waitUntil(() => collector.metrics.get('digest_hand_overs_total'), 30_000, 'the metrics');
  const text = await (await fetch(`${web.url}/metrics`)).text();
  const exposed = fromText(text);
  const names = [...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name = '']) => name);
  const isUsed = (name: string) =>
    [...exposed].some(([key, value]) => key.replace(/\{.*|_count$/s, '') === name && Number.isFinite(value));
  expect(names.filter((name) => isUsed(name) && !collector.metrics.has(name))).toEqual([]);
  expect([...collector.metrics.keys()].filter((name) => !names.includes(name))).toEqual([]);

  const workers = await waitUntil(() =>
    collector.metrics.get('digest_workers')?.points[0]?.value === 1
      ? collector.metrics.get('digest_workers')
      : undefined,
  );
  expect([workers.kind, workers.points]).toEqual(['gauge', [{ attributes: {}, value: 1 }]]);
  const handOvers = await waitUntil(
    () => {
      const found = collector.metrics.get('digest_hand_overs_total');
      return found?.points.some(({ value }) => value > 0) ? found : undefined;
    },
    30_000,
    'a hand-over that is counted',
  );
  expect(handOvers.kind).toBe('sum');
  const accepted = handOvers.points.find(({ value }) => value > 0);
  expect(accepted).toEqual({
    attributes: { relay: expect.any(String), provider: expect.any(String), outcome: 'accepted' },
    value: exposed.get(
      `digest_hand_overs_total{relay="${String(accepted?.attributes['relay'])}",provider="${String(accepted?.attributes['provider'])}",outcome="accepted"}`,
    ),
  });
});

test('a histogram keeps its buckets', async () => {
  const route = '/n/:slug/subscribe';
  const duration = collector.metrics.get('http_request_duration_seconds');
  const point = duration?.points.find(({ attributes }) => attributes['route'] === route);
  expect([duration?.kind, point?.value]).toEqual(['histogram', 1]);
  expect(point?.attributes).toEqual({ method: 'POST', route, status: '202' });
  // One bucket for each bound of src/metrics.ts, and one above them.
  expect(point?.buckets).toHaveLength(10);
  expect(point?.buckets?.reduce((sum, count) => sum + count, 0)).toBe(1);
});

test('nothing that is exported names a reader, or holds a token', () => {
  const all = collector.requests.map(({ body }) => body.toString()).join('\n');
  expect(all).toContain('job subscriptions confirm');
  const token = confirmLink.split('/').at(-1) ?? '';
  expect(token.length).toBeGreaterThan(20);
  for (const secret of [reader.email, 'lovelace', 'Lovelace', 'readers.example', token, apiKey, slug])
    expect(all).not.toContain(secret);
  expect(web.log() + worker.log()).not.toContain('telemetry: trouble');
});

test('a process exports its last spans before it ends', async () => {
  const before = collector.named('POST /n/:slug/subscribe').length;
  await fetch(`${web.url}/n/${slug}/subscribe`, { method: 'POST', body: 'not a form' });
  await web.end('SIGTERM');
  expect(web.exitCode).toBe(0);
  expect(collector.named('POST /n/:slug/subscribe')).toHaveLength(before + 1);
});

test('without a protocol it is protobuf, which the specification has as its default', async () => {
  const other = await startCollector();
  const { exitCode } = await endAfterOneRequest({ OTEL_EXPORTER_OTLP_ENDPOINT: other.url });
  expect(exitCode).toBe(0);
  const sent = new Map(other.requests.map(({ path, headers, body }) => [path, { headers, body }]));
  await other.close();
  expect([...sent.keys()].toSorted()).toEqual(['/v1/metrics', '/v1/traces']);
  for (const { headers } of sent.values()) expect(headers['content-type']).toBe('application/x-protobuf');
  expect(sent.get('/v1/traces')?.body.toString('latin1')).toContain('POST /n/:slug/subscribe');
  expect(sent.get('/v1/metrics')?.body.toString('latin1')).toContain('digest_workers');
});

test('each signal may have its own endpoint, or none', async () => {
  const other = await startCollector();
  await endAfterOneRequest({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${other.url}/tenant/spans` });
  expect(new Set(other.requests.map(({ path }) => path))).toEqual(new Set(['/tenant/spans']));
  other.requests.length = 0;
  await endAfterOneRequest({ OTEL_EXPORTER_OTLP_ENDPOINT: other.url, OTEL_TRACES_EXPORTER: 'none' });
  expect(new Set(other.requests.map(({ path }) => path))).toEqual(new Set(['/v1/metrics']));
  other.requests.length = 0;
  await endAfterOneRequest({
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: other.url,
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0',
  });
  expect(other.requests).toEqual([]);
  await other.close();
});

async function endAfterOneRequest(variables: Record<string, string>): Promise<WorkerProcess> {
  const started = await startWeb({
    databaseUrl: database.url,
    queueUrl: undefined,
    smtpUrl: sink.url,
    variables,
  });
  await fetch(`${started.url}/n/${slug}/subscribe`, { method: 'POST', body: 'not a form' });
  await started.end('SIGTERM');
  return started;
}
