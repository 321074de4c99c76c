// The time of day goes back during hand-overs. No reader waits longer because of it.
import { recover } from '../../src/delivery/recover.js';
import { sendBatch } from '../../src/delivery/send-batch.js';
import { hour } from '../../src/durations.js';
import { closeAfterTest, useDatabase, useSink, useWorkers } from '../support/fixture.js';
import { issueFor, ledger, quiet, rememberingQueue, sweep, testRelays } from '../support/newsroom.js';
import { makeWitness, silenceWorker } from '../support/signs-of-life.js';
import { waitUntil } from '../support/wait.js';

const database = useDatabase();
const sink = useSink();
const worker = useWorkers(database);
afterEach(() => sink.onStage(undefined));

/** Puts this process's time of day back by `ms` from now on. */
function putBack(ms: number): { close(): Promise<void> } {
  const real = globalThis.Date;
  globalThis.Date = class extends real {
    constructor(...given: [] | [number]) {
      if (given.length === 0) super(real.now() - ms);
      else super(...given);
    }
    static override now = () => real.now() - ms;
  } as DateConstructor;
  const close = () => {
    globalThis.Date = real;
    return Promise.resolve();
  };
  return { close };
}

test("a relay's rate: the batch goes on at it", async () => {
  const { issueId } = await issueFor(database.db, 30);
  const deps = await worker(`${sink.url}?rate=5`);
  const sending = sendBatch(deps, { issueId, batch: 1 });
  await waitUntil(async () => (await ledger(database.db, issueId))['accepted'], 30_000, 'a first acceptance');
  closeAfterTest(putBack(hour));
  await waitUntil(
    async () => (await ledger(database.db, issueId))['accepted'] === 30,
    60_000,
    'all to be accepted',
  );
  await sending;
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 30 });
});

test('a circuit that has opened: the relay is asked again when its pause is over', async () => {
  const relays = testRelays(sink.url, { pauses: { first: 300, longest: 300 } });
  closeAfterTest(relays);
  const permit = await relays.requestPermit();
  if (!permit || 'wait' in permit) throw new Error('no permit');
  permit.ended([{ ended: 'lost', relay: permit.relay.name, stage: 'connect', error: 'gone' }]);
  expect(Object.values(relays.circuits())).toEqual(['open']);
  closeAfterTest(putBack(hour));
  await waitUntil(() => Object.values(relays.circuits()).includes('half-open'), 20_000, 'the pause to end');
});

test('the limits of slowed providers are read again', async () => {
  const { domains } = await worker(sink.url);
  expect(await domains.stopped()).toEqual([]);
  closeAfterTest(putBack(hour));
  await database.db.query(
    `insert into domain_slowdowns (group_key, step, until, reply)
     values ('slow.example', 1, now() + interval '20 seconds', '')`,
  );
  await waitUntil(async () => (await domains.stopped()).length > 0, 15_000, 'the slowdown to be known');
  await database.db.query('delete from domain_slowdowns');
});

describe("the database's clock is put back an hour", () => {
  test('a worker that died before is found dead in a minute, not in an hour', async () => {
    const { issueId } = await issueFor(database.db, 1);
    const deps = await worker(sink.url);
    const { id } = await database.db.one<{ id: string }>(
      `insert into delivery_workers (host, pid, seen_at) values ('gone', 1, now() + interval '59 minutes') returning id`,
    );
    await database.db.query(
      `update deliveries set state = 'sending', attempts = 1, worker_id = $2 where issue_id = $1`,
      [issueId, id],
    );
    await sweep(database.db);
    expect(await ledger(database.db, issueId)).toEqual({ sending: 1 });
    // Simulate the next minute, in which only the other worker gave a sign of life.
    await silenceWorker(database.db, id);
    await makeWitness(database.db, deps.workerId);
    await sweep(database.db);
    expect(await ledger(database.db, issueId)).toEqual({ uncertain: 1 });
  });

  test("a relay's bucket with a time in the future starts again", async () => {
    const { issueId } = await issueFor(database.db, 4);
    const deps = await worker(`${sink.url}?rate=5`);
    await database.db.query('delete from relay_buckets');
    const [relay] = Object.keys(deps.relays.circuits());
    await database.db.query(
      `insert into relay_buckets (relay, full_at) values ($1, now() + interval '1 hour')`,
      [relay],
    );
    const sending = sendBatch(deps, { issueId, batch: 1 });
    await waitUntil(
      async () => (await ledger(database.db, issueId))['accepted'] === 4,
      30_000,
      'all to be accepted',
    );
    await sending;
    expect(await ledger(database.db, issueId)).toEqual({ accepted: 4 });
  });

  test('a provider is not stopped for longer than its pause', async () => {
    await database.db.query(
      `insert into domain_slowdowns (group_key, step, until, reply, updated_at) values
         ('slow.example', 1, now() + interval '1 hour 20 seconds', '', now() + interval '1 hour'),
         ('slower.example', 7, now() + interval '1 hour 20 minutes', '', now() + interval '1 hour'),
         ('right.example', 3, now() + interval '1 minute', '', now())`,
    );
    await recover({
      db: database.db,
      enqueue: rememberingQueue().enqueue,
      log: quiet,
      now: () => new Date(),
    });
    const rows = await database.db.query<{ groupKey: string; seconds: number; known: boolean }>(
      `select group_key, round(extract(epoch from until - now()) / 10)::int * 10 as seconds, updated_at <= now() as known
       from domain_slowdowns order by group_key`,
    );
    expect(rows).toEqual([
      { groupKey: 'right.example', seconds: 60, known: true },
      { groupKey: 'slow.example', seconds: 30, known: true },
      { groupKey: 'slower.example', seconds: 1_800, known: true },
    ]);
  });
});
