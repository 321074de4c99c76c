// The machine's clock goes back an hour, or runs a day ahead for a while. No slot is repeated or lost.
import { minute, day } from '../../src/durations.js';
import { assemble } from '../../src/issues/assemble.js';
import { plan } from '../../src/issues/plan.js';
import { openQueues, type Queues } from '../../src/queues.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import {
  assembleDeps,
  deliveryDeps,
  makeNewsletter,
  makePosts,
  makeReaders,
  quiet,
  rememberingQueue,
  sendAll,
} from '../support/newsroom.js';
import { proveNobodyMissedNobodyTwice } from '../support/proof.js';
import { onEachQueue, startQueueBackend, type TestQueueBackend } from '../support/queues.js';
import { startSink } from '../support/smtp-sink.js';
import { waitUntil } from '../support/wait.js';

const first = new Date('2020-06-01T07:00:00Z').getTime();

describe('the planner', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await testDatabase();
  });
  afterEach(() => database.close());

  /** A newsletter with a daily slot at 07:00 UTC, planned through 06:50 of the first day. */
  async function newsletter(): Promise<string> {
    const { id } = await makeNewsletter(database.db, {
      timezone: 'UTC',
      schedule: { sendTime: '07:00', lateAfterMinutes: 120 },
      now: () => new Date(first - 10 * minute),
    });
    await makePosts(database.db, id, 2);
    await makeReaders(database.db, id, 3);
    return id;
  }

  /** Runs the planner's minutes from `from` to `to`, and the jobs that it enqueues. */
  async function minutes(from: number, to: number): Promise<void> {
    for (let at = from; at <= to; at += minute) {
      const queue = rememberingQueue();
      const deps = assembleDeps(database.db, queue.enqueue, () => new Date(at));
      await plan(deps);
      for (const { payload } of queue.jobs)
        if (payload.kind === 'assemble') await assemble(deps, payload.issueId);
    }
  }

  const slots = async (newsletterId: string): Promise<number[]> => {
    const rows = await database.db.query<{ slot: Date }>(
      'select slot from issues where newsletter_id = $1 order by slot',
      [newsletterId],
    );
    return rows.map(({ slot }) => slot.getTime());
  };

  test('put back an hour: the slot is not made twice, and the next one comes', async () => {
    const id = await newsletter();
    await minutes(first - 5 * minute, first + 5 * minute);
    await minutes(first - 55 * minute, first + 30 * minute);
    expect(await slots(id)).toEqual([first]);
    await makePosts(database.db, id, 1);
    await minutes(first + day - 2 * minute, first + day + 2 * minute);
    expect(await slots(id)).toEqual([first, first + day]);
  });

  test('put forward an hour, over the slot: it is made, late by an hour', async () => {
    const id = await newsletter();
    await minutes(first - 5 * minute, first - 5 * minute);
    await minutes(first + 55 * minute, first + 60 * minute);
    expect(await slots(id)).toEqual([first]);
  });

  test('a day ahead for some minutes: the slot that it jumped over is made when it is right again', async () => {
    const id = await newsletter();
    await minutes(first - 5 * minute, first - 3 * minute);
    await minutes(first - 2 * minute + day, first - minute + day);
    await minutes(first - minute, first + 10 * minute);
    expect(await slots(id)).toEqual([first]);
    await makePosts(database.db, id, 1);
    await minutes(first + day - 2 * minute, first + day + 2 * minute);
    expect(await slots(id)).toEqual([first, first + day]);
  });

  test('a day ahead over the next slot: that one came early, and does not come again', async () => {
    const id = await newsletter();
    await minutes(first - 5 * minute, first + 5 * minute);
    await makePosts(database.db, id, 1);
    await minutes(first + day + minute, first + day + 3 * minute);
    await makePosts(database.db, id, 1);
    await minutes(first + 8 * minute, first + 12 * minute);
    await minutes(first + day - 2 * minute, first + day + 2 * minute);
    expect(await slots(id)).toEqual([first, first + day]);

    const sink = await startSink();
    const deps = await deliveryDeps(database.db, sink.url);
    for (const { id: issueId } of await database.db.query<{ id: string }>(
      'select id from issues order by slot',
    )) {
      sink.clear();
      await sendAll(deps, issueId);
      await proveNobodyMissedNobodyTwice(database.db, issueId, sink, { readers: 3, uncertainAtMost: 0 });
    }
    await deps.close();
    await sink.close();
  });
});

onEachQueue('the schedulers of the queue', (backend) => {
  let database: TestDatabase;
  let queue: TestQueueBackend;
  let queues: Queues;
  beforeAll(async () => {
    database = await testDatabase();
    queue = await startQueueBackend(backend);
    queues = openQueues({ queueUrl: queue.queueUrl, databaseUrl: database.url, log: quiet });
  });
  afterAll(async () => {
    await queues.close();
    await queue.close();
    await database.close();
  });

  test('set by a clock that was a day ahead, they are set right', async () => {
    const right = Date.now;
    Date.now = () => right() + day;
    try {
      await queues.every('upkeep', { kind: 'sweep' }, 1_000);
      // The scheduler's first run is immediate. The second would be a day late.
      await new Promise((resolve) => setTimeout(resolve, 200));
    } finally {
      Date.now = right;
    }
    let sweeps = 0;
    queues.work('upkeep', () => Promise.resolve(void (sweeps += 1)), 1);
    await queues.every('upkeep', { kind: 'sweep' }, 1_000);
    await waitUntil(() => sweeps >= 3, 15_000, 'three sweeps');
    expect(sweeps).toBeGreaterThanOrEqual(3);
  });
});
