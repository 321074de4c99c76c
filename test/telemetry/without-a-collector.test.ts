// Without an endpoint nothing of OpenTelemetry is loaded. With one that is away or slow, mail goes out as ever, and the
// processes end in time.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { assembleNow } from '../../src/issues/assemble-now.js';
import { openQueues } from '../../src/queues.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { assembleDeps, makeNewsletter, makePosts, makeReaders, quiet } from '../support/newsroom.js';
import { startCollector } from '../support/otlp-collector.js';
import { startSink, type Sink } from '../support/smtp-sink.js';
import { waitUntil } from '../support/wait.js';
import { startWeb, startWorker, type WorkerProcess } from '../support/worker-process.js';

const readers = 200;

let database: TestDatabase;
let sink: Sink;
beforeAll(async () => {
  database = await testDatabase();
  sink = await startSink();
});
afterAll(async () => {
  await sink.close();
  await database.close();
});

const environment = (variables: Record<string, string>) => ({
  databaseUrl: database.url,
  queueUrl: undefined,
  smtpUrl: sink.url,
  variables,
});

/** The modules that a process loads from its start to its end. */
async function modulesLoaded(
  start: typeof startWorker,
  variables: Record<string, string>,
): Promise<string[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'daily-digest-test-'));
  // V8 lists each script that it compiled when the process ends.
  const started = await start(environment({ ...variables, NODE_V8_COVERAGE: folder }));
  await started.end('SIGTERM');
  const files = readdirSync(folder).map((file) => readFileSync(path.join(folder, file), 'utf8'));
  rmSync(folder, { recursive: true });
  return files.flatMap((file) =>
    (JSON.parse(file) as { result: { url: string }[] }).result.map(({ url }) => url),
  );
}

const ofOpenTelemetry = (modules: readonly string[]): string[] =>
  modules.filter((url) => url.includes('/@opentelemetry/') || url.endsWith('/telemetry/sdk.js'));

describe.each([
  ['web', startWeb],
  ['worker', startWorker],
] as const)('a %s process', (name, start) => {
  test('without an endpoint loads no module of OpenTelemetry', async () => {
    const modules = await modulesLoaded(start, {});
    expect(modules.some((url) => url.endsWith('/telemetry/trace.js'))).toBe(true);
    // prom-client, which only web processes need, loads the API for itself: interfaces, and nothing that works.
    const own = ofOpenTelemetry(modules).filter(
      (url) => name === 'worker' || !url.includes('/@opentelemetry/api/'),
    );
    expect(own).toEqual([]);
  });

  test('with an endpoint loads them', async () => {
    const modules = await modulesLoaded(start, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
    for (const part of ['/telemetry/sdk.js', '/sdk-trace/', '/sdk-metrics/', '/exporter-trace-otlp-proto/'])
      expect(ofOpenTelemetry(modules).some((url) => url.includes(part))).toBe(true);
  });
});

async function sendIssue(newsletterId: string): Promise<void> {
  const queues = openQueues({ databaseUrl: database.url, log: quiet });
  const made = await assembleNow(assembleDeps(database.db, queues.enqueue), { newsletterId });
  expect(made.status).toBe('created');
  await queues.close();
}

async function endInTime(process: { end(signal: 'SIGTERM'): Promise<void> }): Promise<number> {
  const began = performance.now();
  await process.end('SIGTERM');
  return performance.now() - began;
}

test.each(['dead', 'hanging'] as const)(
  'with a %s collector an issue goes out, and the processes end as fast as without one',
  async (how) => {
    const collector = await startCollector({ hangs: true });
    if (how === 'dead') await collector.close();
    const processes: WorkerProcess[] = [];
    try {
      const { id } = await makeNewsletter(database.db);
      await makeReaders(database.db, id, readers);
      await makePosts(database.db, id, 2);
      const startBoth = async (variables: Record<string, string>) => {
        const both = [startWorker(environment(variables)), startWeb(environment(variables))];
        processes.push(...(await Promise.all(both)));
        return processes.slice(-2);
      };
      const usual = await Promise.all((await startBoth({})).map(endInTime));
      const both = await startBoth({
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_TIMEOUT: '300',
        OTEL_BSP_SCHEDULE_DELAY: '100',
        OTEL_BSP_MAX_QUEUE_SIZE: '16',
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '8',
        OTEL_METRIC_EXPORT_INTERVAL: '400',
      });
      sink.clear();
      await sendIssue(id);
      await sink.waitFor(readers, 30_000);
      expect(new Set(sink.messages.map(({ to }) => String(to))).size).toBe(readers);
      const isTold = () => both.every((one) => one.log().includes('telemetry: trouble with the export'));
      await waitUntil(isTold, 20_000, 'a line about the collector');
      const took = await Promise.all(both.map(endInTime));
      expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
      for (const [at, ms] of took.entries()) expect(ms).toBeLessThan((usual[at] ?? 0) + 2_000);
      // One line, and not one for each batch.
      for (const one of both) expect(one.log().split('telemetry: trouble')).toHaveLength(2);
    } finally {
      await Promise.all(processes.map((one) => one.end('SIGKILL')));
      if (how === 'hanging') await collector.close();
    }
  },
);
