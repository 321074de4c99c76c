// Eight workers keep their shared limits: a provider's, and those of a relay's connections.
import { hostname } from 'node:os';
import { handOnRest } from '../../src/delivery/requeue-batch.js';
import { ranksOf } from '../../src/delivery/living-workers.js';
import { registerWorker } from '../../src/delivery/recover.js';
import { createMailer } from '../../src/mail/send.js';
import { noRank } from '../../src/mail/share.js';
import { openQueues } from '../../src/queues.js';
import { deliveriesWorker } from '../../workers/deliveries.js';
import { closeAfterTest, useDatabase, useFreshSink } from '../support/fixture.js';
import { deliveryDeps, issueFor, ledger, quiet, testRelays } from '../support/newsroom.js';
import { onEachQueue, startQueueBackend } from '../support/queues.js';
import { seeAhead, silenceWorker } from '../support/signs-of-life.js';
import { waitUntil } from '../support/wait.js';
import { startWorker } from '../support/worker-process.js';

const workers = 8;

const database = useDatabase();
const sink = useFreshSink();

/** Records the maximum of messages under way at once, from RCPT to the answer to the final dot. */
function watchAtOnce(): { most: number } {
  let now = 0;
  const watched = { most: 0 };
  sink.onStage((stage) => {
    if (stage === 'rcpt') {
      now += 1;
      watched.most = Math.max(watched.most, now);
    }
    if (stage !== 'dot') return undefined;
    now -= 1;
    return undefined;
  });
  return watched;
}

onEachQueue('an issue whose readers are all at one provider', (backend) => {
  test.each([
    ['gmail.com', '?connections=4&name=a.example', 5],
    ['orange.fr', '?connections=4&name=a.example', 3],
  ])(
    'goes out through eight workers, within the connection limit of %s',
    async (domain, options, limit) => {
      const { issueId } = await issueFor(database.db, { [domain]: 700 });
      const watched = watchAtOnce();
      const place = await startQueueBackend(backend);
      const url = { queueUrl: place.queueUrl, databaseUrl: database.url, log: quiet };
      const all = await Promise.all(
        Array.from({ length: workers }, async (_, rank) => {
          const queues = openQueues(url);
          const deps = await deliveryDeps(database.db, `${sink.url}${options}`, { enqueue: queues.enqueue });
          deps.domains.share({ index: rank, of: workers });
          return { queues, deps: { ...deps, timeForBatch: 2_000 } };
        }),
      );
      // Workers without a share start first, so that they take the first jobs.
      for (const { queues, deps } of all.toReversed()) queues.work('deliveries', deliveriesWorker(deps), 2);
      for (let batch = 1; batch <= 2; batch += 1)
        await all[0]?.queues.enqueue('deliveries', { kind: 'batch', issueId, batch });
      await waitUntil(
        async () => (await ledger(database.db, issueId))['accepted'] === 700,
        120_000,
        'everybody to have it, without a sweep',
      );
      expect(watched.most).toBeLessThanOrEqual(limit);
      await Promise.all(all.map(({ queues }) => queues.close()));
      await Promise.all(all.map(({ deps }) => deps.close()));
      await place.close();
    },
    180_000,
  );
});

test('a batch of which others have the share is dealt again after a moment; one with nothing for them is not', async () => {
  const deps = await deliveryDeps(database.db, sink.url);
  closeAfterTest(deps);
  const jobs: unknown[] = [];
  const handingOn = {
    ...deps,
    enqueue: (...job: unknown[]) => {
      jobs.push(job);
      return Promise.resolve(true);
    },
  };
  const { issueId } = await issueFor(database.db, { 'gmail.com': 5 });
  const { issueId: other } = await issueFor(database.db, 5);
  const handOn = async () => {
    jobs.length = 0;
    await handOnRest(handingOn, { issueId, batch: 1 });
    await handOnRest(handingOn, { issueId: other, batch: 1, again: 1 });
    return jobs;
  };
  expect(await handOn()).toEqual([]);
  deps.domains.share({ index: 7, of: 8 });
  const google = ['deliveries', { kind: 'batch', issueId, batch: 1, again: 1 }, expect.any(Number) as number];
  expect(await handOn()).toEqual([google]);
  // While the provider is stopped for all workers, no worker could use the re-queued batch.
  await database.db.query(
    `insert into domain_slowdowns (group_key, step, until, reply) values ('google', 1, now() + interval '1 minute', '')`,
  );
  await waitUntil(async () => (await deps.domains.stopped(false)).includes('gmail.com'));
  expect(await handOn()).toEqual([]);
  await database.db.query('delete from domain_slowdowns');
  deps.domains.share({ index: 0, of: 1 });
  deps.relays.share({ index: 15, of: 16 });
  expect(await handOn()).toEqual([
    google,
    ['deliveries', { kind: 'batch', issueId: other, batch: 1, again: 2 }, expect.any(Number) as number],
  ]);
});

describe("a relay's connections", () => {
  const message = {
    from: { name: 'News', address: 'news@example.org' },
    to: 'ana@example.com',
    subject: 'Please confirm',
    html: '<p>.</p>',
    text: '.',
  };

  test('give a share and a permit to five of eight workers, if the limit is five', async () => {
    const all = Array.from({ length: workers }, (_, rank) =>
      testRelays(`${sink.url}?connections=5`, { rank: { index: rank, of: workers } }),
    );
    all.forEach(closeAfterTest);
    expect(all.map((relays) => relays.hasShare())).toEqual([...Array(5).fill(true), ...Array(3).fill(false)]);
    expect(
      (await Promise.all(all.map((relays) => relays.requestPermit()))).map(
        (leave) => leave && 'limit' in leave,
      ),
    ).toEqual([...Array(5).fill(true), ...Array(3).fill(undefined)]);
  });

  test('pass to other workers when a rank changes, and surplus connections are closed', async () => {
    const relays = testRelays(`${sink.url}?connections=4`);
    closeAfterTest(relays);
    const hand = async (count: number) => {
      const leave = await relays.requestPermit();
      if (!leave || 'wait' in leave) return 0;
      const one = () =>
        leave.relay.handOver(
          { from: 'a@example.org', to: 'b@example.org' },
          Buffer.from('A: b\r\n\r\nc\r\n.\r\n'),
        );
      const ends = await Promise.all(Array.from({ length: count }, one));
      leave.ended(ends);
      return ends.filter(({ ended }) => ended === 'accepted').length;
    };
    expect(await hand(8)).toBe(8);
    expect(sink.connections.open).toBe(4);
    relays.share({ index: 1, of: 4 });
    await waitUntil(() => sink.connections.open === 1, 10_000, 'three to be closed');
    relays.share({ index: 5, of: 6 });
    await waitUntil(() => sink.connections.open === 0, 10_000, 'the last to be closed');
    expect(await hand(1)).toBe(0);
    relays.share({ index: 0, of: 2 });
    expect(await hand(6)).toBe(6);
    expect(sink.connections.open).toBe(2);
  });

  test('the only one passes from a worker that is killed to the next', async () => {
    const { issueId } = await issueFor(database.db, 60);
    // Workers of the other tests would rank first until a minute of silence.
    await database.db.query('update delivery_workers set ended_at = now()');
    let most = 0;
    sink.onStage((stage) => {
      most = Math.max(most, sink.connections.open);
      return stage === 'dot' ? 100 : undefined;
    });
    const environment = {
      databaseUrl: database.url,
      queueUrl: undefined,
      smtpUrl: `${sink.url}?connections=1`,
    };
    const first = await startWorker(environment);
    const second = await startWorker(environment);
    closeAfterTest({ close: () => first.end('SIGKILL') });
    closeAfterTest({ close: () => second.end('SIGTERM') });
    await sink.waitFor(10, 60_000);
    await first.end('SIGKILL');
    const soFar = sink.messages.length;
    // The next worker must notice the death. The dead worker's last message stays without a result.
    await waitUntil(
      async () => ((await ledger(database.db, issueId))['accepted'] ?? 0) >= 59,
      240_000,
      'the others to have it',
    );
    expect(sink.messages.length).toBeGreaterThan(soFar);
    expect(most).toBe(1);
  });

  test('a single mail goes out all the same, over one that does not stay', async () => {
    const relays = testRelays(sink.url, { rank: noRank });
    closeAfterTest(relays);
    const mailer = createMailer({ relays, now: () => new Date() });
    expect((await mailer.send(message)).outcome).toEqual({ outcome: 'accepted' });
    await waitUntil(() => sink.connections.open === 0, 10_000, 'the connection to be closed');
    const many = await Promise.all(Array.from({ length: 5 }, () => mailer.send(message)));
    expect(many.map(({ outcome }) => outcome.outcome)).toEqual(Array(5).fill('accepted'));
  });
});

test('ranks: the first worker has the first rank, and the ranks of ended, silent and killed workers pass on', async () => {
  const { db } = database;
  const began = await Promise.all(Array.from({ length: 4 }, () => registerWorker(db)));
  const rows = began.toSorted((a, b) => Number(a.id) - Number(b.id));
  const [first, second, third, last] = rows;
  if (!first || !second || !third || !last) throw new Error('not registered');
  await db.query('update delivery_workers set ended_at = now() where id <> all ($1)', [
    rows.map(({ id }) => id),
  ]);
  const of = async (worker: { id: string }) => ranksOf(db, worker.id, 1);
  expect(await of(last)).toEqual({ everywhere: { index: 3, of: 4 }, here: { index: 3, of: 4 } });
  await db.query(`update delivery_workers set host = 'elsewhere', pid = 1 where id = $1`, [second.id]);
  expect(await of(last)).toEqual({ everywhere: { index: 3, of: 4 }, here: { index: 2, of: 3 } });
  await first.end();
  expect(await of(last)).toEqual({ everywhere: { index: 2, of: 3 }, here: { index: 1, of: 2 } });
  // The third worker's process no longer exists on this machine, whatever its last sign of life.
  await db.query(`update delivery_workers set pid = 2147483646 where id = $1 and host = $2`, [
    third.id,
    hostname(),
  ]);
  expect(await of(last)).toEqual({ everywhere: { index: 1, of: 2 }, here: { index: 0, of: 1 } });
  await silenceWorker(db, second.id);
  expect(await of(last)).toEqual({ everywhere: { index: 0, of: 1 }, here: { index: 0, of: 1 } });
  // A sign of life in the future: the database's clock has since been put back.
  await seeAhead(db, second.id);
  expect((await of(last)).everywhere).toEqual({ index: 0, of: 1 });
  // A worker that has been silent itself keeps its rank. The expected number of workers counts too.
  await silenceWorker(db, last.id);
  expect(await ranksOf(db, last.id, 2)).toEqual({
    everywhere: { index: 0, of: 2 },
    here: { index: 0, of: 2 },
  });
});
