// Several relays: weights, failover, circuits, and a rate that all workers share.
import { setTimeout as delay } from 'node:timers/promises';
import { standardPauses } from '../../src/mail/circuit.js';
import { createMailer } from '../../src/mail/send.js';
import { sendBatch } from '../../src/delivery/send-batch.js';
import { closeAfterTest, useDatabase, useFreshSink, useWorkers } from '../support/fixture.js';
import { issueFor, ledger, sendAll, testRelays } from '../support/newsroom.js';
import { type Sink } from '../support/smtp-sink.js';
import { waitUntil } from '../support/wait.js';

const database = useDatabase();
const first = useFreshSink();
const second = useFreshSink();
const worker = useWorkers(database);

const recipients = (...sinks: Sink[]) => sinks.flatMap(({ messages }) => messages.flatMap(({ to }) => to));
const away = (stage: string) =>
  stage === 'connect' || stage === 'mail' ? { code: 421, text: '4.3.2 Not now' } : undefined;

test('relays share the readers by their weights', async () => {
  const { issueId } = await issueFor(database.db, 200);
  const deps = await worker(`${first.url}?weight=3&connections=5,${second.url}?connections=5`);
  await sendAll(deps, issueId);
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 200 });
  expect(first.messages.length).toBeGreaterThanOrEqual(140);
  expect(first.messages.length).toBeLessThanOrEqual(160);
  expect(new Set(recipients(first, second)).size).toBe(200);
});

test('messages that a failing relay did not accept go through another relay in the same batch', async () => {
  const { issueId } = await issueFor(database.db, 60);
  first.onStage(away);
  const deps = await worker(`${first.url},${second.url}`, { pauses: { first: 60_000, longest: 60_000 } });
  await sendBatch(deps, { issueId, batch: 1 });
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 60 });
  expect(recipients(first)).toEqual([]);
  expect(new Set(recipients(second)).size).toBe(60);
  expect(Object.values(deps.relays.circuits())).toEqual(['open', 'closed']);
  // One lot found the trouble. No worker connects while the circuit is open.
  expect(first.connections.total).toBeLessThanOrEqual(5);
});

test('a relay that dies in mid-issue is given up after one lot, and comes back after its pause', async () => {
  const { issueId } = await issueFor(database.db, 300);
  const deps = await worker(`${first.url},${second.url}`, { pauses: { first: 50, longest: 50 } });
  let taken = 0;
  first.onStage((stage, info) => {
    if (stage === 'dot') taken += 1;
    return taken >= 20 && taken < 25 && stage === 'mail' && info.from !== '' ? 'drop' : undefined;
  });
  second.onStage((stage) => (stage === 'dot' ? 3 : undefined));
  const sending = sendAll(deps, issueId);
  await first.waitFor(20);
  await delay(120);
  taken = 1_000;
  await sending;
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 300 });
  expect(recipients(first, second).toSorted()).toEqual([...new Set(recipients(first, second))].toSorted());
  expect(first.messages.length).toBeGreaterThan(25);
});

test('with every relay in trouble the batch ends and its readers stay queued; half open, one message is tried', async () => {
  const { issueId } = await issueFor(database.db, 40);
  first.onStage(away);
  second.onStage(away);
  let seconds = 0;
  const clock = () => seconds * 1_000;
  const deps = await worker(`${first.url},${second.url}`, { clock, pauses: standardPauses });
  await sendBatch(deps, { issueId, batch: 1 });
  expect(await ledger(database.db, issueId)).toEqual({ queued: 40 });
  const knocks = first.connections.total;
  await sendBatch(deps, { issueId, batch: 1 });
  expect(first.connections.total).toBe(knocks);
  seconds += 5;
  await sendBatch(deps, { issueId, batch: 1 });
  expect(first.connections.total).toBe(knocks + 1);
  first.onStage(undefined);
  seconds += 10;
  await sendBatch(deps, { issueId, batch: 1 });
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 40 });
});

test('a single mail fails over likewise', async () => {
  first.onStage(away);
  const relays = testRelays(`${first.url},${second.url}`);
  closeAfterTest(relays);
  const mailer = createMailer({ relays, now: () => new Date() });
  const message = {
    from: { name: 'News', address: 'news@example.org' },
    to: 'ana@example.com',
    subject: 'Please confirm',
    html: '<p>.</p>',
    text: '.',
  };
  expect((await mailer.send(message)).outcome).toEqual({ outcome: 'accepted' });
  second.onStage(away);
  expect((await mailer.send(message)).outcome).toEqual({ outcome: 'relay-trouble' });
  expect((await mailer.send(message)).outcome).toEqual({ outcome: 'relay-trouble' });
});

test('all workers together keep a rate', async () => {
  const rate = 100;
  const { issueId } = await issueFor(database.db, 300);
  const smtpUrl = `${first.url}?rate=${rate}&connections=10`;
  const workers = await Promise.all([worker(smtpUrl), worker(smtpUrl), worker(smtpUrl)]);
  const started = Date.now();
  await Promise.all(workers.map((deps) => sendBatch(deps, { issueId, batch: 1 })));
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 300 });
  // Measure from the start: a busy machine delays the first message, but not the last.
  const last = Math.max(...first.messages.map(({ at }) => at.getTime()));
  expect(last - started).toBeGreaterThan(2_500);
});

test('results are recorded while the worker waits for a permit', async () => {
  const { issueId } = await issueFor(database.db, 4);
  const deps = await worker(`${first.url}?rate=2&connections=1`);
  const sending = sendBatch(deps, { issueId, batch: 1 });
  // Two messages a second: between them the first has its result, and no worker has claimed the others.
  await waitUntil(
    async () => {
      const { accepted, queued, sending: underWay } = await ledger(database.db, issueId);
      return accepted && queued && !underWay;
    },
    20_000,
    'a known end beside waiting readers',
  );
  await sending;
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 4 });
});
