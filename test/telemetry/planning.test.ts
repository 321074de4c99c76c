// The planner's span names the issue that it makes. Its clock is moved, so it runs in this process.
import { hour } from '../../src/durations.js';
import { plan } from '../../src/issues/plan.js';
import { startTelemetry } from '../../src/telemetry/start.js';
import {
  currentTraceIds,
  currentTraceparent,
  inSpan,
  inStep,
  withinTrace,
} from '../../src/telemetry/trace.js';
import { useDatabase } from '../support/fixture.js';
import { makeNewsletter, makePosts, makeReaders, quiet, rememberingQueue } from '../support/newsroom.js';
import { startCollector, type Collector } from '../support/otlp-collector.js';

const database = useDatabase();
const about = { part: 'worker', instance: 'test', log: quiet } as const;

let collector: Collector;
beforeEach(async () => {
  collector = await startCollector();
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = collector.url;
});
afterEach(async () => {
  delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  await collector.close();
});

test('a planned issue is a span of the job; without a trace there is none', async () => {
  const { db } = database;
  const telemetry = await startTelemetry({ traces: { protocol: 'http/json' } }, about);
  const { enqueue, jobs } = rememberingQueue();
  const later = () => new Date(Date.now() + 12 * hour + 60_000);
  const { id } = await makeNewsletter(db);
  await makeReaders(db, id, 1);
  await makePosts(db, id, 1);
  await inSpan('job', { parent: null }, () => plan({ db, enqueue, now: later }));
  const other = await makeNewsletter(db, { name: 'Another' });
  await makeReaders(db, other.id, 1, { prefix: 'other' });
  await makePosts(db, other.id, 1);
  await plan({ db, enqueue, now: later });
  await telemetry.stop();

  const issues = jobs.flatMap(({ payload }) => ('issueId' in payload ? [payload.issueId] : []));
  expect(new Set(issues).size).toBe(2);
  const [job] = collector.named('job');
  expect(collector.named('plan issue')).toEqual([
    expect.objectContaining({
      parentSpanId: job?.spanId,
      attributes: {
        'digest.newsletter_id': id,
        'digest.slot': expect.any(String),
        'digest.issue_id': issues[0],
      },
    }),
  ]);
});

test('work of a trace that was left out stays left out, and work outside of a trace has none', async () => {
  const telemetry = await startTelemetry({ traces: { protocol: 'http/json' } }, about);
  const left = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`;
  await inSpan('request', { parent: left }, () => inStep('step', {}, async () => undefined));
  let outside: unknown = 'not run';
  await inSpan('recorded', { parent: null }, async () => {
    expect(currentTraceparent()).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/);
    outside = await withinTrace(undefined, async () => currentTraceIds());
  });
  expect(outside).toBeUndefined();
  await telemetry.stop();
  expect(collector.spans.map(({ name }) => name)).toEqual(['recorded']);
});

test('a span of failed work has the code of the error, and none of its words', async () => {
  const telemetry = await startTelemetry({ traces: { protocol: 'http/json' } }, about);
  const error = Object.assign(new Error('550 ada@readers.example is unknown'), { code: 'EENVELOPE' });
  const failing = inSpan('job', { parent: null }, () => Promise.reject(error));
  await expect(failing).rejects.toBe(error);
  await telemetry.stop();
  expect(collector.spans).toEqual([
    expect.objectContaining({ status: 2, attributes: { 'error.type': 'EENVELOPE' } }),
  ]);
  expect(collector.requests.map(({ body }) => body.toString()).join('')).not.toContain('readers.example');
});
