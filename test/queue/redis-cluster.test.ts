// The queue on a Redis Cluster.
import { queueProblem } from '../../src/check-queue.js';
import type { Check } from '../../src/cli/check.js';
import { openQueues } from '../../src/queues.js';
import { run } from '../cli/run.js';
import { closeAfterTest, useDatabase } from '../support/fixture.js';
import { quiet, secretKey } from '../support/newsroom.js';
import { hasRedis } from '../support/redis.js';
import { startRedisCluster, type TestRedisCluster } from '../support/redis-cluster.js';
import { waitUntil } from '../support/wait.js';

const database = useDatabase();

(hasRedis ? describe : describe.skip)('a Redis Cluster (skipped without redis-server)', () => {
  let cluster: TestRedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.close());

  test('each queue works, each delivery runs once, and the deliveries lie on several nodes', async () => {
    const queues = closeAfterTest(
      openQueues({ databaseUrl: database.url, log: quiet, queueUrl: cluster.url }),
    );
    const batches = Array.from({ length: 12 }, (_, index) => index + 1);
    for (const batch of batches) {
      // A second request for a waiting batch adds no job.
      await queues.enqueue('deliveries', { kind: 'batch', issueId: '1', batch });
      await queues.enqueue('deliveries', { kind: 'batch', issueId: '1', batch });
    }
    expect((await cluster.keys()).filter((count) => count > 0).length).toBeGreaterThan(1);
    await queues.enqueue('imports', { kind: 'import', importId: '1' });
    await queues.enqueue('upkeep', { kind: 'sweep' });
    await queues.every('issues', { kind: 'plan' }, 60_000);
    expect(await queues.depths()).toMatchObject({ deliveries: batches.length, imports: 1, upkeep: 1 });
    const taken: string[] = [];
    queues.work('deliveries', async (job) => void taken.push(`batch ${job.batch}`), 2);
    queues.work('imports', async () => void taken.push('import'), 1);
    queues.work('upkeep', async () => void taken.push('sweep'), 1);
    queues.work('issues', async () => void taken.push('plan'), 1);
    await waitUntil(() => taken.length >= batches.length + 3, 60_000, 'all jobs');
    expect(taken.toSorted()).toEqual(
      [...batches.map((batch) => `batch ${batch}`), 'import', 'plan', 'sweep'].toSorted(),
    );
  });

  test('it has an owner, as one server has', async () => {
    const config = { queueUrl: cluster.url, queuePrefix: 'daily-digest' };
    const { server } = closeAfterTest(openQueues({ databaseUrl: database.url, log: quiet, ...config }));
    const check = (databaseId: string) =>
      queueProblem({ server, config }, { databaseId, place: databaseId }, { claim: true });
    expect(await check('ours')).toBeUndefined();
    expect(await check('theirs')).toContain('another installation uses this Redis');
    expect(await server?.evictionPolicies()).toEqual(['noeviction', 'noeviction', 'noeviction']);
  });

  test('with TLS, each node is asked by its name, for which its certificate is made', async () => {
    const doctorSays = async (): Promise<Check | undefined> => {
      const { json } = await run(['doctor', '--json'], {
        DATABASE_URL: database.url,
        QUEUE_URL: cluster.tlsUrl,
        QUEUE_PREFIX: 'with-tls',
        NODE_EXTRA_CA_CERTS: cluster.authorityFile,
        SMTP_URL: 'smtp://127.0.0.1:1',
        SECRET_KEY: secretKey,
      });
      return (json['checks'] as Check[]).find(({ check }) => check === 'queue');
    };
    // On a busy machine, two seconds may be too few for the first connections.
    const said = await waitUntil(
      async () => {
        const queue = await doctorSays();
        return queue?.result === 'ok' ? queue : undefined;
      },
      20_000,
      'a working queue',
    );
    expect(said.detail).toBe('on Redis');
  });
});
