// During a rolling upgrade, a worker gets jobs of a newer program. It loses none that it does not know.
import type { Queue } from 'bullmq';
import { postgresBackend } from '../../src/bullmq/postgres.js';
import { redisBackend } from '../../src/bullmq/redis.js';
import { Handles } from '../../src/bullmq/handles.js';
import { hour, minute } from '../../src/durations.js';
import { openQueues, type Payload, type Queues, type QueueWorker } from '../../src/queues.js';
import { useDatabase } from '../support/fixture.js';
import { quiet } from '../support/newsroom.js';
import { onEachQueue, startQueueBackend, type TestQueueBackend } from '../support/queues.js';
import { waitUntil } from '../support/wait.js';

const database = useDatabase();

onEachQueue('a job of a newer program', (backend) => {
  let place: TestQueueBackend;
  let older: Queues;
  /** The newer program's access to the queues, which knows other kinds of jobs. */
  let newer: Handles;
  let queue: Queue;
  let worker: QueueWorker;
  let ran: Payload<'issues'>[];

  beforeEach(async () => {
    place = await startQueueBackend(backend);
    const onError = () => undefined;
    const { queueUrl } = place;
    older = openQueues({ queueUrl, databaseUrl: database.url, log: quiet });
    newer = new Handles({
      backend:
        queueUrl === undefined
          ? postgresBackend({ url: database.url, max: 4, onError })
          : redisBackend({ url: queueUrl, prefix: 'daily-digest', onError }),
      onError,
      onFailed: onError,
    });
    queue = newer.queue('issues');
    ran = [];
    worker = older.work('issues', async (payload) => void ran.push(payload), 1);
  });
  afterEach(async () => {
    await older.close();
    await newer.close();
    await place.close();
  });

  /** As a newer program adds it. `timestamp`: when it was added. */
  const add = (data: { kind: string }, timestamp = Date.now()) =>
    queue.add(data.kind, data, {
      jobId: `${data.kind}-7`,
      attempts: 1,
      removeOnComplete: true,
      removeOnFail: true,
      timestamp,
    });
  const counts = () => queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed');
  const none = { waiting: 0, prioritized: 0, active: 0, delayed: 0 };

  test('waits for a worker that knows its kind, and the others do not wait for it', async () => {
    const unknown = { kind: 'of-the-future', issueId: '7' };
    await add(unknown);
    await waitUntil(async () => (await counts())['delayed'] === 1, 30_000, 'the job to be put back');
    await older.enqueue('issues', { kind: 'plan' });
    await waitUntil(() => ran.length > 0, 30_000, 'the job that the worker knows');
    expect(ran).toEqual([{ kind: 'plan' }]);
    worker.takesJobs(false);
    const got: unknown[] = [];
    newer.work(
      'issues',
      (data) => {
        got.push(data);
        return Promise.resolve('done');
      },
      1,
    );
    await waitUntil(() => got.length > 0, 30_000, 'the worker that knows the kind');
    await waitUntil(
      async () => Object.values(await counts()).every((count) => count === 0),
      30_000,
      'an end',
    );
    expect(got).toEqual([unknown]);
  });

  test('is dropped an hour after it was enqueued', async () => {
    await add({ kind: 'of-the-future' }, Date.now() - hour - minute);
    await older.enqueue('issues', { kind: 'plan' });
    await waitUntil(() => ran.length > 0, 30_000, 'the job behind it');
    expect(await counts()).toEqual(none);
  });

  test('runs without the fields that the worker does not know', async () => {
    await add({ kind: 'assemble', issueId: '7', ofTheFuture: true } as { kind: string });
    await waitUntil(() => ran.length > 0, 30_000, 'the job');
    expect(ran).toEqual([{ kind: 'assemble', issueId: '7' }]);
  });
});
