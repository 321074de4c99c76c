// Runs the same tests on each queue backend, PostgreSQL and Redis.
import { hasRedis, startRedis, type TestRedis } from './redis.js';

export type QueueBackend = 'postgres' | 'redis';

export interface TestQueueBackend {
  backend: QueueBackend;
  /** For openQueues and QUEUE_URL. Undefined: the test's database holds the queue. */
  queueUrl: string | undefined;
  /** The Redis server, for tests that stop or flush it. */
  redis: TestRedis | undefined;
  /** Call this in afterAll. */
  close(): Promise<void>;
}

/** Both backends, or the one that TEST_QUEUE names. */
export function queueBackends(): QueueBackend[] {
  const wanted = process.env['TEST_QUEUE'] ?? '';
  const backends: QueueBackend[] = ['postgres', 'redis'];
  if (wanted === '') return backends;
  const chosen = backends.filter((backend) => backend === wanted);
  if (chosen.length === 0) throw new Error(`TEST_QUEUE is ${wanted}, but wants postgres or redis`);
  return chosen;
}

/**
 * Describes the same behaviour on each queue backend. Without redis-server, the Redis tests are skipped, and
 * their name gives the reason.
 */
export function onEachQueue(behaviour: string, body: (backend: QueueBackend) => void): void {
  for (const backend of queueBackends()) {
    if (backend === 'redis' && !hasRedis)
      describe.skip(`${behaviour} (queue: redis, but redis-server is not installed)`, () => body(backend));
    else describe(`${behaviour} (queue: ${backend})`, () => body(backend));
  }
}

/** Starts the server that the backend needs besides the test's database. `address`: as in redis.ts. */
export async function startQueueBackend(backend: QueueBackend, address?: string): Promise<TestQueueBackend> {
  const redis = backend === 'redis' ? await startRedis(address) : undefined;
  if (backend === 'redis' && redis === undefined) throw new Error('redis-server is not installed');
  return { backend, queueUrl: redis?.url, redis, close: async () => redis?.close() };
}
