// Installations that share a Redis, and a Redis that is not fit for a queue.
import type { Installation } from '../../src/bullmq/backend.js';
import { evictionProblem, queueProblem, watchQueue } from '../../src/check-queue.js';
import { installationOf } from '../../src/lifeline/lifeline.js';
import { openQueues, type Queues } from '../../src/queues.js';
import { run } from '../cli/run.js';
import { testDatabase } from '../support/database.js';
import { closeAfterTest, useDatabase } from '../support/fixture.js';
import { quiet, secretKey } from '../support/newsroom.js';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.js';
import { waitUntil } from '../support/wait.js';
import { startWorker } from '../support/worker-process.js';

const database = useDatabase();

(hasRedis ? describe : describe.skip)('one Redis (skipped without redis-server)', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    const started = await startRedis();
    if (!started) throw new Error('no redis-server');
    redis = started;
  });
  afterAll(() => redis.close());
  beforeEach(() => redis.flush());

  function open(queuePrefix = 'daily-digest', queueUrl = redis.url): Queues {
    return closeAfterTest(openQueues({ databaseUrl: database.url, log: quiet, queueUrl, queuePrefix }));
  }
  /** What the start says, or with `claim: false` doctor. */
  function check(us: Installation, { queuePrefix = 'daily-digest', path = '', claim = true } = {}) {
    const queueUrl = `${redis.url}${path}`;
    const { server } = open(queuePrefix, queueUrl);
    return queueProblem({ server, config: { queueUrl, queuePrefix } }, us, { claim });
  }
  const ours = { databaseId: 'ours', place: 'here' };
  const theirs = { databaseId: 'theirs', place: 'there' };
  const environment = () => ({
    DATABASE_URL: database.url,
    QUEUE_URL: redis.url,
    SMTP_URL: 'smtp://127.0.0.1:1',
    SECRET_KEY: secretKey,
    WORKERS: '1',
  });

  test('a queue with an owner is refused to another installation, unless it has another prefix', async () => {
    // Doctor asks first, and leaves no mark.
    expect(await check(theirs, { claim: false })).toBeUndefined();
    expect(await check(ours)).toBeUndefined();
    expect(await check(ours)).toBeUndefined();
    for (const claim of [true, false])
      expect(await check(theirs, { claim })).toBe(
        'another installation uses this Redis with QUEUE_PREFIX daily-digest: set another QUEUE_PREFIX here. ' +
          'If the other one is gone for good, delete the key {daily-digest}:owner in Redis',
      );
    expect(await check(theirs, { queuePrefix: 'staging' })).toBeUndefined();
    expect(await check(ours)).toBeUndefined();
  });

  test('a copy of the database, as for staging, is another installation', async () => {
    const copy = closeAfterTest(await testDatabase());
    const original = await installationOf(database.db);
    expect(await installationOf(database.db)).toEqual(original);
    await copy.db.query('update lifeline set database_id = $1', [original.databaseId]);
    const copied = await installationOf(copy.db);
    expect(copied.databaseId).toBe(original.databaseId);
    expect(await check(original)).toBeUndefined();
    for (const claim of [true, false])
      expect(await check(copied, { claim })).toBe(
        'another copy of this database uses this Redis with QUEUE_PREFIX daily-digest: set another QUEUE_PREFIX ' +
          'here. If the database has moved, try again in a minute',
      );
    expect(await check(original)).toBeUndefined();
    // The note of where the database is ends by itself, so that the database may move.
    const life = Number((await redis.command('PTTL {daily-digest}:owner-place')).slice(1));
    expect(life).toBeGreaterThan(0);
    expect(life).toBeLessThanOrEqual(30_000);
    await redis.command('DEL {daily-digest}:owner-place');
    expect(await check(copied)).toBeUndefined();
  });

  test('installations with different prefixes do not take jobs of each other', async () => {
    const [one, other] = [open(), open('staging')];
    const taken: string[] = [];
    one.work('imports', async () => void taken.push('one'), 1);
    await other.enqueue('imports', { kind: 'import', importId: '1' });
    await one.enqueue('imports', { kind: 'import', importId: '2' });
    await waitUntil(() => taken.length > 0, 20_000, 'the job');
    other.work('imports', async () => void taken.push('other'), 1);
    await waitUntil(() => taken.length > 1, 20_000, 'the other job');
    expect(taken).toEqual(['one', 'other']);
  });

  test('the start of another installation ends with one line, and doctor says the same', async () => {
    await redis.command('SET {daily-digest}:owner theirs');
    const started = await run(['start', '--workers'], environment());
    expect(started.status).toBe(1);
    expect(started.stderr).toMatch(/^daily-digest: another installation uses this Redis [^\n]*\n$/);
    const checked = await run(['doctor', '--json'], environment());
    expect(checked.json['checks']).toContainEqual({
      check: 'queue',
      result: 'fail',
      detail: expect.stringContaining('another installation uses this Redis') as string,
    });
  });

  test('a worker takes no jobs from the queue of another installation', async () => {
    await redis.command('SET {daily-digest}:owner theirs');
    const worker = await startWorker({
      databaseUrl: database.url,
      queueUrl: redis.url,
      smtpUrl: 'smtp://127.0.0.1:1',
    });
    closeAfterTest({ close: () => worker.end('SIGKILL') });
    await waitUntil(() => worker.log().includes('this worker takes no jobs'), 20_000, 'its line');
    const queues = open();
    // The worker itself asked for a sweep when it began.
    await waitUntil(async () => (await queues.depths()).upkeep > 0, 20_000, 'the sweep');
    expect(await redis.command('EXISTS {daily-digest:upkeep}:upkeep:repeat')).toBe(':0');
    expect(await redis.command('GET {daily-digest}:owner')).toContain('theirs');
  });

  test('a worker asks again, and keeps its last answer while Redis is away', async () => {
    await redis.command('SET {daily-digest}:owner theirs');
    const { server } = open();
    const config = { queueUrl: redis.url, queuePrefix: 'daily-digest' };
    const watch = watchQueue({ server, config, log: quiet }, () => Promise.resolve(ours));
    expect(watch.isOurs()).toBe(false);
    await watch.look();
    expect(watch.isOurs()).toBe(false);
    await redis.flush();
    await watch.look();
    expect(watch.isOurs()).toBe(true);
    redis.freeze();
    await expect(watch.look()).rejects.toThrow('no answer');
    redis.thaw();
    expect(watch.isOurs()).toBe(true);
    await redis.command('SET {daily-digest}:owner theirs');
    await watch.look();
    expect(watch.isOurs()).toBe(false);
  });

  test('a Redis that deletes jobs when its memory is full is named', async () => {
    for (const policy of ['allkeys-lru', 'volatile-ttl']) {
      await redis.command(`CONFIG SET maxmemory-policy ${policy}`);
      expect(await evictionProblem(open())).toBe(
        `Redis may delete jobs when its memory is full: its maxmemory-policy is ${policy}, set it to noeviction`,
      );
    }
    const checked = await run(['doctor', '--json'], environment());
    await redis.command('CONFIG SET maxmemory-policy noeviction');
    expect(checked.json['checks']).toContainEqual({
      check: 'queue',
      result: 'warn',
      detail: expect.stringContaining('maxmemory-policy is volatile-ttl') as string,
    });
    expect(await evictionProblem(open())).toBeUndefined();
  });

  test('a replica is refused', async () => {
    await redis.command('REPLICAOF 127.0.0.1 1');
    const said = await check(ours);
    await redis.command('REPLICAOF NO ONE');
    expect(said).toBe(`QUEUE_URL is ${redis.url}, but this Redis is a replica, which takes no jobs`);
    expect(await check(ours)).toBeUndefined();
  });

  test('a queue that does not answer says why', async () => {
    const named = 'redis://127.0.0.1:1';
    await expect(open('daily-digest', named).ping()).rejects.toThrow('connect ECONNREFUSED 127.0.0.1:1');
    const cluster = redis.url.replace('redis:', 'redis+cluster:');
    await expect(open('daily-digest', cluster).ping()).rejects.toThrow('cluster support disabled');
    // This Redis is no Sentinel.
    const sentinel = `${redis.url.replace('redis:', 'redis+sentinel:')}/digest`;
    await expect(open('daily-digest', sentinel).ping()).rejects.toThrow(/unknown command .sentinel/);
  });

  test('a database that this Redis does not have is refused', async () => {
    expect(await check(ours, { path: '/3' })).toBeUndefined();
    expect(await check(ours, { path: '/99' })).toBe(
      `QUEUE_URL is ${redis.url}/99, but this Redis has no database of that number`,
    );
    const started = await run(['start', '--workers'], { ...environment(), QUEUE_URL: `${redis.url}/99` });
    expect(started.stderr).toContain(`/99, but this Redis has no database of that number\n`);
    expect(started.status).toBe(1);
  });
});
