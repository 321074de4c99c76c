// The planner and the assembler die between any two statements from slot to deliveries. As processes, they
// die at random moments. Every slot becomes exactly one issue, and every reader gets exactly one delivery.
import { setTimeout as delay } from 'node:timers/promises';
import { reportDeadWorker } from '../../src/delivery/recover.js';
import { sendBatch } from '../../src/delivery/send-batch.js';
import { assembleNow } from '../../src/issues/assemble-now.js';
import { assemble } from '../../src/issues/assemble.js';
import { plan } from '../../src/issues/plan.js';
import type { Enqueue } from '../../src/queues.js';
import { openQueues } from '../../src/queues.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { Died, dyingAfter } from '../support/dying.js';
import {
  assembleDeps,
  deliveryDeps,
  makeNewsletter,
  makePosts,
  makeReaders,
  quiet,
  rememberingQueue,
  sweep,
  type Bench,
} from '../support/newsroom.js';
import { proveNobodyMissedNobodyTwice, waitForFinish } from '../support/proof.js';
import { onEachQueue, startQueueBackend, type TestQueueBackend } from '../support/queues.js';
import { connections, uncertainPerDeath } from '../support/scene.js';
import { startSink, type Sink } from '../support/smtp-sink.js';
import { startWorker } from '../support/worker-process.js';

const sevenO = new Date('2020-06-01T07:00:00Z');
const minutes = 60_000;
const at = (minute: number) => () => new Date(sevenO.getTime() + minute * minutes);

describe('an assembler that dies between two steps', () => {
  let database: TestDatabase;
  let sink: Sink;
  let relay: Bench;
  let newsletters = 0;
  beforeAll(async () => {
    database = await testDatabase();
    sink = await startSink();
    relay = await deliveryDeps(database.db, sink.url);
  });
  afterAll(async () => {
    await relay.close();
    await sink.close();
    await database.close();
  });

  const readers = 3;

  /** A newsletter with a slot at 07:00 UTC and readers of two kinds. */
  async function dueNewsletter(): Promise<string> {
    newsletters += 1;
    // Newsletters of earlier rounds would add statements to the planner's work.
    await database.db.query('delete from newsletters');
    const { id } = await makeNewsletter(database.db, {
      timezone: 'UTC',
      schedule: { sendTime: '07:00' },
      now: at(-1),
    });
    await makePosts(database.db, id, [{ title: 'Sport', topics: ['sport'] }, { title: 'Culture' }]);
    await makeReaders(database.db, id, readers - 1, { prefix: `n${newsletters}-` });
    await makeReaders(database.db, id, 1, { prefix: `sport${newsletters}-`, topics: ['sport'] });
    return id;
  }

  /** Runs one planner minute and its jobs. `db` may die meanwhile; the remaining jobs are then lost too. */
  async function work(db: Bench['db'], now: () => Date, enqueue?: Enqueue): Promise<void> {
    const queue = rememberingQueue();
    const deps = assembleDeps(db, enqueue ?? queue.enqueue, now);
    await plan(deps);
    for (const { payload } of queue.jobs)
      if (payload.kind === 'assemble') await assemble(deps, payload.issueId);
  }

  async function untilDeath(attempt: Promise<void>): Promise<void> {
    await attempt.catch((error: unknown) => {
      if (!(error instanceof Died)) throw error;
    });
  }

  /** Runs the sweep and the jobs that it enqueues. */
  async function sweepAndSend(): Promise<void> {
    const queue = rememberingQueue();
    await sweep(database.db, queue.enqueue);
    for (const { payload } of queue.jobs) if (payload.kind === 'batch') await sendBatch(relay, payload);
  }

  async function proveOneIssue(newsletterId: string): Promise<void> {
    const issues = await database.db.query<{ id: string; slot: Date }>(
      'select id, slot from issues where newsletter_id = $1',
      [newsletterId],
    );
    expect(issues).toEqual([{ id: expect.anything() as string, slot: sevenO }]);
    await proveNobodyMissedNobodyTwice(database.db, issues[0]?.id ?? '', sink, {
      readers,
      uncertainAtMost: 0,
    });
  }

  test('after any number of statements and commits: one issue, one message to each', async () => {
    let finished = false;
    let steps = 0;
    for (; !finished; steps += 1) {
      const newsletterId = await dueNewsletter();
      const dying = dyingAfter(database.db, steps);
      await untilDeath(work(dying.db, at(0)));
      finished = !dying.died;
      // Another planner runs a minute later, then the sweep.
      await work(database.db, at(1));
      await sweepAndSend();
      await proveOneIssue(newsletterId);
    }
    expect(steps).toBeGreaterThan(15);
  });

  test('two planners at once, one of which dies', async () => {
    for (let steps = 0; steps < 24; steps += 1) {
      const newsletterId = await dueNewsletter();
      const dying = dyingAfter(database.db, steps);
      await Promise.all([untilDeath(work(dying.db, at(0))), work(database.db, at(0))]);
      await work(database.db, at(1));
      await sweepAndSend();
      await proveOneIssue(newsletterId);
    }
  });

  test('a queue that takes nothing: the next minute and the sweep find all of it', async () => {
    const newsletterId = await dueNewsletter();
    const dead: Enqueue = () => Promise.resolve(false);
    await work(database.db, at(0), dead);
    await work(database.db, at(1));
    await sweepAndSend();
    await proveOneIssue(newsletterId);
  });
});

const issues = 10;
const readersEach = 300;
const kills = Math.max(6, Math.round(Number(process.env['FAULT_KILLS'] ?? 0) / 2));

onEachQueue('processes killed while they assemble', (backend) => {
  let database: TestDatabase;
  let queue: TestQueueBackend;
  let sink: Sink;
  beforeAll(async () => {
    database = await testDatabase();
    queue = await startQueueBackend(backend);
    sink = await startSink();
  });
  afterAll(async () => {
    await sink.close();
    await queue.close();
    await database.close();
  });

  test(
    `${issues} issues, ${kills} kills: every reader of every issue is accounted for`,
    async () => {
      const { db } = database;
      const queues = openQueues({ queueUrl: queue.queueUrl, databaseUrl: database.url, log: quiet });
      const made: string[] = [];
      for (let number = 1; number <= issues; number += 1) {
        const { id } = await makeNewsletter(db);
        await makePosts(db, id, [{ title: 'Sport', topics: ['sport'] }, { title: 'Culture' }]);
        await makeReaders(db, id, readersEach - 50, { prefix: `n${number}-` });
        await makeReaders(db, id, 50, { prefix: `s${number}-`, topics: ['sport'] });
        const issue = await assembleNow(assembleDeps(db, queues.enqueue), { newsletterId: id });
        if (issue.status !== 'created') throw new Error(issue.status);
        made.push(issue.issueId);
      }
      await queues.close();
      const environment = {
        databaseUrl: database.url,
        queueUrl: queue.queueUrl,
        smtpUrl: `${sink.url}?connections=${connections}`,
      };
      let next = startWorker(environment);
      for (let kill = 0; kill < kills; kill += 1) {
        const worker = await next;
        next = startWorker(environment);
        await delay(Math.random() * 400);
        await worker.end('SIGKILL');
        await reportDeadWorker(db, worker.identity);
      }
      const last = await next;
      try {
        for (const issueId of made) await waitForFinish(db, issueId, 150_000);
      } finally {
        await last.end('SIGTERM');
      }
      let uncertain = 0;
      for (const issueId of made) {
        const counts = await proveNobodyMissedNobodyTwice(db, issueId, sink, {
          readers: readersEach,
          uncertainAtMost: kills * uncertainPerDeath,
        });
        uncertain += counts.uncertain;
      }
      expect(uncertain).toBeLessThanOrEqual(kills * uncertainPerDeath);
    },
    300_000 + kills * 10_000,
  );
});
