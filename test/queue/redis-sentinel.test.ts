// The queue on a Redis that Sentinels watch.
import { queueProblem } from '../../src/check-queue.js';
import type { Check } from '../../src/cli/check.js';
import { openQueues } from '../../src/queues.js';
import { run } from '../cli/run.js';
import { closeAfterTest, useDatabase } from '../support/fixture.js';
import { quiet, secretKey } from '../support/newsroom.js';
import { hasRedis } from '../support/redis.js';
import { startRedisSentinel } from '../support/redis-sentinel.js';
import { waitUntil } from '../support/wait.js';

const database = useDatabase();

(hasRedis ? describe : describe.skip)('Redis with a Sentinel (skipped without redis-server)', () => {
  test('after a failover, workers take jobs from the replica, which knows the owner', async () => {
    const redis = closeAfterTest(await startRedisSentinel());
    const config = { queueUrl: redis.url, queuePrefix: 'daily-digest' };
    const queues = closeAfterTest(openQueues({ databaseUrl: database.url, log: quiet, ...config }));
    const check = (databaseId: string) =>
      queueProblem({ server: queues.server, config }, { databaseId, place: databaseId }, { claim: true });
    const taken: string[] = [];
    queues.work('imports', async ({ importId }) => void taken.push(importId), 1);
    const takes = (importId: string) =>
      waitUntil(
        async () => {
          await queues.enqueue('imports', { kind: 'import', importId });
          return taken.includes(importId);
        },
        60_000,
        `job ${importId}`,
      );
    await takes('1');
    expect(await check('ours')).toBeUndefined();
    redis.killMaster();
    await takes('2');
    expect(await check('ours')).toBeUndefined();
    expect(await check('theirs')).toContain('another installation uses this Redis');
  });

  test('with TLS, the Sentinel and the server are asked by name, with the password of each', async () => {
    const redis = closeAfterTest(await startRedisSentinel({ tls: true }));
    const doctorSays = async (): Promise<Check | undefined> => {
      const { json } = await run(['doctor', '--json'], {
        DATABASE_URL: database.url,
        QUEUE_URL: redis.url,
        NODE_EXTRA_CA_CERTS: redis.authorityFile,
        SMTP_URL: 'smtp://127.0.0.1:1',
        SECRET_KEY: secretKey,
      });
      const queue = (json['checks'] as Check[]).find(({ check }) => check === 'queue');
      return queue?.result === 'ok' ? queue : undefined;
    };
    // On a busy machine, two seconds may be too few for the first connections.
    const said = await waitUntil(doctorSays, 20_000, 'a working queue');
    expect(said.detail).toBe('on Redis');
  });
});
