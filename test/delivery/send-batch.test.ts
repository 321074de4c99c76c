// One batch, sent: the relay's answers, and what the ledger records of them.
import { cancelIssue, resend } from '../../src/delivery/change-deliveries.js';
import { registerWorker } from '../../src/delivery/recover.js';
import { getDelivery } from '../../src/reports/list-deliveries.js';
import { getIssue } from '../../src/reports/progress.js';
import { sendBatch } from '../../src/delivery/send-batch.js';
import { pauseIssue, resumeIssue } from '../../src/issues/change-issue.js';
import { useDatabase } from '../support/fixture.js';
import {
  assembleDeps,
  deliveryDeps,
  fanOutNext,
  issueFor,
  ledger,
  rememberingQueue,
  sendAll,
  sweep,
  type Bench,
} from '../support/newsroom.js';
import { makeWitness, silenceWorker } from '../support/signs-of-life.js';
import { startSink, type Sink } from '../support/smtp-sink.js';
import { waitUntil } from '../support/wait.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

const database = useDatabase();
let sink: Sink;
let deps: Bench;
beforeEach(async () => {
  sink = await startSink();
  deps = await deliveryDeps(database.db, sink.url);
});
afterEach(async () => {
  await deps.close();
  await sink.close();
});

const status = async (issueId: string) => (await getIssue(database.db, issueId))?.status;
const recipients = () => sink.messages.flatMap(({ to }) => to);

test('every reader gets one message, and the issue finishes when the sums agree', async () => {
  const { issueId } = await issueFor(database.db, 1_100, {
    posts: [{ title: 'Harbour bridge reopens' }, { title: 'Café news' }],
  });
  await sendAll(deps, issueId);
  expect(recipients()).toHaveLength(1_100);
  expect(new Set(recipients()).size).toBe(1_100);
  const issue = await getIssue(database.db, issueId);
  expect(issue?.status).toBe('finished');
  expect(issue?.counts).toMatchObject({ candidates: 1_100, accepted: 1_100, queued: 0, sending: 0 });
  const mail = await sink.messages[0]?.parsed();
  expect(mail?.html).toContain('Harbour bridge reopens');
  expect(mail?.text).toContain('Café news');
  await sendAll(deps, issueId);
  expect(sink.messages).toHaveLength(1_100);
});

test('a reader who unsubscribed or was suppressed between assembling and hand-over gets no mail', async () => {
  const { issueId, newsletterId, address } = await issueFor(database.db, 4);
  await database.db.query(
    `update subscriptions set unsubscribed_at = now()
     where newsletter_id = $1 and subscriber_id = (select id from subscribers where address_key = $2)`,
    [newsletterId, address(1)],
  );
  await database.db.query(
    `insert into suppressions (address_hash, reason) select address_hash, 'complaint' from subscribers where address_key = $1`,
    [address(2)],
  );
  await database.db.query('delete from subscribers where address_key = $1', [address(3)]);
  await sendAll(deps, issueId);
  expect(recipients()).toEqual([address(4)]);
  const issue = await getIssue(database.db, issueId);
  expect(issue?.status).toBe('finished');
  expect(issue?.counts).toMatchObject({ candidates: 4, accepted: 1, excluded: 3 });
  const reasons = await database.db.query<{ reason: string }>(
    `select reason from deliveries where issue_id = $1 and state = 'excluded' order by reason`,
    [issueId],
  );
  expect(reasons.map(({ reason }) => reason)).toEqual(['erased', 'suppressed', 'unsubscribed']);
});

/** A time after the first retry, which is due after five minutes. */
const afterFirstRetry = () => new Date(Date.now() + 6 * 60_000);

test('a temporary answer defers, and the reader is tried again and accepted', async () => {
  const { issueId, address } = await issueFor(database.db, 2);
  let times = 0;
  sink.onStage((stage, info) => {
    if (stage !== 'rcpt' || info.rcpt !== address(1)) return undefined;
    times += 1;
    return times === 1 ? { code: 451, text: '4.7.1 Greylisted, try again later' } : undefined;
  });
  await sendAll(deps, issueId);
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 1, deferred: 1 });
  expect(await status(issueId)).toBe('sending');
  const [deferred] = await database.db.query<{ id: string; minutes: number }>(
    `select issue_id || '-' || subscriber_id as id, round(extract(epoch from due_at - now()) / 60)::int as minutes
     from deliveries where issue_id = $1 and state = 'deferred'`,
    [issueId],
  );
  expect(deferred?.minutes).toBe(5);
  const queue = rememberingQueue();
  await sweep(database.db, queue.enqueue);
  expect(queue.jobs.filter(({ payload }) => 'issueId' in payload && payload.issueId === issueId)).toEqual([]);
  await sweep(database.db, queue.enqueue, afterFirstRetry);
  expect(queue.jobs).toContainEqual({ queue: 'deliveries', payload: { kind: 'batch', issueId, batch: 2 } });
  await sendBatch(deps, { issueId, batch: 2 });
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 2 });
  expect(await status(issueId)).toBe('finished');
  const detail = await getDelivery(database.db, deferred?.id ?? '');
  expect(detail).toMatchObject({ state: 'accepted', attempts: 2, replyCode: 250 });
  expect(detail?.tries).toMatchObject([
    {
      attempt: 1,
      outcome: 'deferred',
      stage: 'rcpt',
      replyCode: 451,
      reply: expect.stringContaining('Greylisted'),
    },
  ]);
});

test('a permanent reply refuses only this reader', async () => {
  const { issueId, address } = await issueFor(database.db, 3);
  sink.onStage((stage, info) =>
    stage === 'rcpt' && info.rcpt === address(2) ? { code: 550, text: '5.7.1 Not this message' } : undefined,
  );
  await sendAll(deps, issueId);
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 2, refused: 1 });
  expect(await status(issueId)).toBe('finished');
  sink.onStage(undefined);
  expect(await resend(deps, { issueId, state: 'refused' })).toMatchObject({ ok: true, deliveries: 1 });
  expect(await status(issueId)).toBe('sending');
  await sendAll(deps, issueId);
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 3 });
  expect(await resend(deps, { issueId, state: 'refused' })).toMatchObject({ ok: true, deliveries: 0 });
});

test('a connection lost after the final dot is uncertain, and the message is not sent again', async () => {
  const { issueId, address } = await issueFor(database.db, 3);
  sink.onStage((stage, info) => (stage === 'dot' && info.to[0] === address(2) ? 'drop' : undefined));
  await sendAll(deps, issueId);
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 2, uncertain: 1 });
  expect(await status(issueId)).toBe('finished');
  await sweep(database.db, deps.enqueue);
  await sendAll(deps, issueId);
  expect(recipients().filter((to) => to === address(2))).toHaveLength(1);
  sink.onStage(undefined);
  expect(await resend(deps, { issueId, state: 'uncertain' })).toMatchObject({ deliveries: 1 });
  await sendAll(deps, issueId);
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 3 });
});

test('a connection that is lost before the final dot, and 421, say nothing of the reader', async () => {
  const { issueId } = await issueFor(database.db, 4);
  sink.onStage((stage) => (stage === 'rcpt' ? 'drop' : undefined));
  await sendAll(deps, issueId);
  expect(await ledger(database.db, issueId)).toEqual({ queued: 4 });
  sink.onStage((stage) => (stage === 'mail' ? { code: 421, text: '4.3.2 Shutting down' } : undefined));
  await sendAll(deps, issueId);
  expect(await ledger(database.db, issueId)).toEqual({ queued: 4 });
  sink.onStage(undefined);
  await sendAll(deps, issueId);
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 4 });
  // The attempt lost after RCPT counts. The attempt that ended at MAIL does not.
  const tries = await database.db.query('select distinct attempts from deliveries where issue_id = $1', [
    issueId,
  ]);
  expect(tries).toEqual([{ attempts: 2 }]);
});

test.each(['drop', { code: 421, text: '4.3.2 A filter failed' }] as const)(
  'an address that breaks the relay (%j) is deferred, and the other readers do not wait',
  async (answer) => {
    const { issueId, address } = await issueFor(database.db, 40);
    sink.onStage((stage, { rcpt }) => (stage === 'rcpt' && rcpt === address(7) ? answer : undefined));
    // A retry of this reader alone, after all others, would open the circuit for the rest of the test.
    const patient = await deliveryDeps(database.db, sink.url, {
      connections: 4,
      pauses: { first: 3_600_000, longest: 3_600_000 },
    });
    await sendAll(patient, issueId);
    expect(await ledger(database.db, issueId)).toEqual({ accepted: 39, deferred: 1 });
    // The reader is due again, alone. Another newsletter's readers must not wait for the result.
    await sweep(database.db, deps.enqueue, afterFirstRetry);
    await sendAll(patient, issueId);
    expect(await ledger(database.db, issueId)).toEqual({ accepted: 39, deferred: 1 });
    const other = await issueFor(database.db, 10);
    await sendAll(patient, other.issueId);
    expect(await ledger(database.db, other.issueId)).toEqual({ accepted: 10 });
    await patient.close();
  },
);

test('a relay that cannot be reached leaves everyone queued', async () => {
  const { issueId } = await issueFor(database.db, 2);
  const { port } = sink;
  await sink.close();
  await sendAll(deps, issueId);
  expect(await ledger(database.db, issueId)).toEqual({ queued: 2 });
  sink = await startSink({ port });
  await sendAll(deps, issueId);
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 2 });
});

const addWitness = async () => makeWitness(database.db, (await registerWorker(database.db)).id);

test('deliveries that a dead worker had in hand become uncertain; those of a living worker do not', async () => {
  const { issueId, address } = await issueFor(database.db, 2);
  const dead = await database.db.one<{ id: string }>(
    `insert into delivery_workers (host, pid) values ('gone', 1) returning id`,
  );
  await silenceWorker(database.db, dead.id);
  await addWitness();
  const mark = (to: string, worker: string) =>
    database.db.query(
      `update deliveries set state = 'sending', attempts = 1, worker_id = $3
       where issue_id = $1 and subscriber_id = (select id from subscribers where address_key = $2)`,
      [issueId, to, worker],
    );
  await mark(address(1), dead.id);
  await mark(address(2), deps.workerId);
  await sweep(database.db, deps.enqueue);
  const rows = await database.db.query(
    `select r.address_key as address, d.state, d.reason
     from deliveries d join subscribers r on r.id = d.subscriber_id where d.issue_id = $1 order by 1`,
    [issueId],
  );
  expect(rows).toEqual([
    { address: address(1), state: 'uncertain', reason: 'worker-died' },
    { address: address(2), state: 'sending', reason: null },
  ]);
  expect(await status(issueId)).toBe('sending');
});

test('a slow worker that was taken for dead still records the reply it gets', async () => {
  const { issueId } = await issueFor(database.db, 2);
  let answer: () => void = () => {};
  const answered = new Promise<undefined>((resolve) => (answer = () => resolve(undefined)));
  let waiting = 0;
  sink.onStage((stage) => {
    if (stage !== 'dot') return undefined;
    waiting += 1;
    return answered;
  });
  const sending = sendAll(deps, issueId);
  await waitUntil(() => waiting === 2);
  await silenceWorker(database.db, deps.workerId);
  await addWitness();
  await sweep(database.db, deps.enqueue);
  expect(await ledger(database.db, issueId)).toEqual({ uncertain: 2 });
  answer();
  await sending;
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 2 });
  expect(await status(issueId)).toBe('finished');
  expect(sink.messages).toHaveLength(2);
});

test('a paused issue hands nothing over until it is resumed', async () => {
  const { issueId } = await issueFor(database.db, 3);
  expect(await pauseIssue(deps, { issueId, reason: 'a look first' })).toEqual({ ok: true });
  await sendAll(deps, issueId);
  expect(await ledger(database.db, issueId)).toEqual({ queued: 3 });
  expect(await getIssue(database.db, issueId)).toMatchObject({
    status: 'paused',
    pauseReason: 'a look first',
  });
  expect(await resumeIssue(deps, { issueId })).toEqual({ ok: true });
  expect(await resumeIssue(deps, { issueId })).toEqual({ ok: true });
  await sendAll(deps, issueId);
  expect(await status(issueId)).toBe('finished');
});

test('cancelling returns the posts to readers who have not had them', async () => {
  const { issueId, newsletterId, address } = await issueFor(database.db, 3);
  sink.onStage((stage, info) =>
    stage === 'rcpt' && info.rcpt !== address(1) ? { code: 451, text: '4.2.1 Later' } : undefined,
  );
  await sendAll(deps, issueId);
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 1, deferred: 2 });
  expect(await cancelIssue(deps, { issueId })).toEqual({ ok: true });
  expect(await cancelIssue(deps, { issueId })).toEqual({ ok: true });
  expect(await getIssue(database.db, issueId)).toMatchObject({
    status: 'cancelled',
    counts: { accepted: 1, excluded: 2 },
  });
  sink.onStage(undefined);
  const assembling = assembleDeps(database.db);
  const nextId = await fanOutNext(assembling, newsletterId);
  await sendAll(deps, nextId);
  expect(recipients().toSorted()).toEqual([address(1), address(2), address(3)]);
  expect(await cancelIssue(deps, { issueId: nextId })).toEqual({
    ok: false,
    code: 'wrong-state',
    status: 'finished',
  });
});

test('a deferral that would be tried after the next issue is given up', async () => {
  // The first retry is due after five minutes, the next issue in four.
  const sendTime = new Date(Date.now() + 4 * 60_000).toISOString().slice(11, 16);
  const { issueId } = await issueFor(database.db, 1, { timezone: 'UTC', schedule: { sendTime } });
  sink.onStage((stage) => (stage === 'rcpt' ? { code: 450, text: '4.2.0 Busy' } : undefined));
  await sendAll(deps, issueId);
  const [row] = await database.db.query('select state, reason from deliveries where issue_id = $1', [
    issueId,
  ]);
  expect(row).toEqual({ state: 'refused', reason: 'expired' });
  expect(await status(issueId)).toBe('finished');
});
