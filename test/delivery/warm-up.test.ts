// warmup=on: the allowance of a new sending domain grows from day to day.
import { day } from '../../src/durations.js';
import { getIssue } from '../../src/reports/progress.js';
import { sendBatch } from '../../src/delivery/send-batch.js';
import { useDatabase, useSink, useWorkers } from '../support/fixture.js';
import { assembleDeps, fanOutNext, issueFor, ledger, sweep } from '../support/newsroom.js';
import { ageWarmUps } from '../support/signs-of-life.js';
import { startSink } from '../support/smtp-sink.js';
import { waitUntil } from '../support/wait.js';

const database = useDatabase();
const sink = useSink();
const makeWorker = useWorkers(database);

/** Warm-up counts by the domain of the sender. */
const issueFrom = (domain: string, readers: number, now?: () => Date) =>
  issueFor(database.db, readers, { from: { name: 'News', address: `news@${domain}` }, ...(now && { now }) });

const worker = (smtpUrl = `${sink.url}?warmup=on&connections=8`) => makeWorker(smtpUrl);

const nextDay = () => ageWarmUps(database.db);

test('a day has its allowance, for all workers and issues together; the rest waits for the next', async () => {
  const { issueId } = await issueFrom('young.example', 200);
  const workers = await Promise.all([worker(), worker()]);
  await Promise.all(workers.map((deps) => sendBatch(deps, { issueId, batch: 1 })));
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 50, queued: 150 });
  const other = await issueFrom('young.example', 5);
  await sendBatch(await worker(), { issueId: other.issueId, batch: 1 });
  expect(await ledger(database.db, other.issueId)).toEqual({ queued: 5 });
  await nextDay();
  await sendBatch(await worker(), { issueId, batch: 1 });
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 150, queued: 50 });
  await nextDay();
  await sendBatch(await worker(), { issueId, batch: 1 });
  expect((await getIssue(database.db, issueId))?.status).toBe('finished');
});

test('without warmup=on there is no limit, and a relay without warm-up takes the rest', async () => {
  const free = await issueFrom('free.example', 80);
  await sendBatch(await worker(sink.url), { issueId: free.issueId, batch: 1 });
  expect(await ledger(database.db, free.issueId)).toEqual({ accepted: 80 });
  const old = await startSink();
  const { issueId } = await issueFrom('both.example', 150);
  await sendBatch(await worker(`${sink.url}?warmup=on,${old.url}`), { issueId, batch: 1 });
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 150 });
  expect(old.messages.length).toBeGreaterThanOrEqual(100);
  await old.close();
});

test('readers without room until the next issue get the posts with that issue', async () => {
  const yesterday = () => new Date(Date.now() - day);
  const { issueId, newsletterId } = await issueFrom('late.example', 60, yesterday);
  await sendBatch(await worker(), { issueId, batch: 1 });
  await sweep(database.db, undefined, yesterday);
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 50, queued: 10 });
  await sweep(database.db);
  const issue = await getIssue(database.db, issueId);
  expect(issue).toMatchObject({ status: 'finished', counts: { accepted: 50, excluded: 10, queued: 0 } });
  await nextDay();
  const next = await fanOutNext(assembleDeps(database.db), newsletterId);
  await sendBatch(await worker(), { issueId: next, batch: 1 });
  expect(await ledger(database.db, next)).toEqual({ accepted: 10 });
});

const taken = async (domain: string): Promise<number[]> =>
  (
    await database.db.query<{ taken: number }>(
      'select taken from warm_ups where domain = $1 order by day desc',
      [domain],
    )
  ).map((row) => row.taken);

test('messages that a failing relay did not accept do not count against the allowance', async () => {
  const { issueId } = await issueFrom('dead.example', 120);
  const relay = await startSink();
  const { port } = relay;
  await relay.close();
  const deps = await worker(`smtp://127.0.0.1:${port}?warmup=on&connections=20`);
  for (let round = 0; round < 6; round += 1) {
    await waitUntil(() => !Object.values(deps.relays.circuits()).includes('open'));
    await sendBatch(deps, { issueId, batch: 1 });
  }
  await waitUntil(async () => (await taken('dead.example'))[0] === 0, 10_000, 'the allowance to be whole');
  expect(await ledger(database.db, issueId)).toEqual({ queued: 120 });

  // The relay returns and answers 421 to every third reader. It still accepts the full allowance of 50.
  let asked = 0;
  const back = await startSink({
    port,
    reply: (stage) =>
      stage === 'rcpt' && (asked += 1) % 3 === 0 ? { code: 421, text: '4.3.2 not now' } : undefined,
  });
  await waitUntil(
    async () => {
      await sendBatch(deps, { issueId, batch: 1 });
      return (await ledger(database.db, issueId))['accepted'] === 50;
    },
    60_000,
    '50 acceptances',
  );
  // Readers who got 421 twice wait for a while.
  const { accepted, queued = 0, deferred = 0 } = await ledger(database.db, issueId);
  expect([accepted, queued + deferred]).toEqual([50, 70]);
  expect(await taken('dead.example')).toEqual([50]);
  await back.close();
});
