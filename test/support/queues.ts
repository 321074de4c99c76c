import { hasRedis, startRedis, type TestRedis } from './redis.js';

export type QueueBackend = 'postgres' | 'redis';

export interface TestQueueBackend {
  backend: QueueBackend;
  /** For openQueues and QUEUE_URL; undefined: the test's own database carries the queue. */
  queueUrl: string | undefined;
  /** The Redis itself, to stop and flush it. */
  redis: TestRedis | undefined;
  /** Call it in afterAll. */
  close(): Promise<void>;
}

/** Both, or the one that TEST_QUEUE names. */
export function queueBackends(): QueueBackend[] {
  const wanted = process.env['TEST_QUEUE'] ?? '';
  const backends: QueueBackend[] = ['postgres', 'redis'];
  if (wanted === '') return backends;
  const chosen = backends.filter((backend) => backend === wanted);
  if (chosen.length === 0) throw new Error(`TEST_QUEUE is ${wanted}, but wants postgres or redis`);
  return chosen;
}

/**
 * Describes the same behaviour on each queue backend. Where redis-server is not installed, those tests are skipped, and
 * the name says why.
 */
export function onEachQueue(behaviour: string, body: (backend: QueueBackend) => void): void {
  for (const backend of queueBackends()) {
    if (backend === 'redis' && !hasRedis)
      describe.skip(`${behaviour} (queue: redis, but redis-server is not installed)`, () => body(backend));
    else describe(`${behaviour} (queue: ${backend})`, () => body(backend));
  }
}

/** Starts what the backend needs beside the test's database. */
export async function startQueueBackend(backend: QueueBackend): Promise<TestQueueBackend> {
  const redis = backend === 'redis' ? await startRedis() : undefined;
  if (backend === 'redis' && redis === undefined) throw new Error('redis-server is not installed');
  return { backend, queueUrl: redis?.url, redis, close: async () => redis?.close() };
}
