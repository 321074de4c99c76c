// A provider's limits: its concurrent messages, and fewer after it has asked for less.
import { sendBatch } from '../../src/delivery/send-batch.js';
import { useDatabase, useFreshSink, useWorkers } from '../support/fixture.js';
import { issueFor, ledger, rememberingQueue, sweep } from '../support/newsroom.js';
import { listProviderPauses, resumeProvider } from '../../src/providers/pauses.js';
import { ageSlowdowns, endPauses, endRefusalPauses } from '../support/signs-of-life.js';

const database = useDatabase();
const sink = useFreshSink();
const makeWorker = useWorkers(database);
afterEach(() => database.db.query('delete from domain_slowdowns'));
afterEach(() => database.db.query('delete from provider_pauses'));

const worker = (options = '?connections=20') => makeWorker(`${sink.url}${options}`);

/** Records the maximum of messages at once, from RCPT to the final dot's answer, by domain and in total. */
function watchAtOnce(): Map<string, number> {
  const now = new Map<string, number>();
  const most = new Map<string, number>();
  const count = (name: string, more: number) => {
    now.set(name, (now.get(name) ?? 0) + more);
    most.set(name, Math.max(most.get(name) ?? 0, now.get(name) ?? 0));
  };
  sink.onStage(async (stage, info) => {
    const domain = (info.rcpt ?? info.to[0] ?? '').split('@')[1] ?? '';
    if (stage === 'rcpt') {
      for (const name of [domain, 'all']) count(name, 1);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    if (stage === 'dot') for (const name of [domain, 'all']) count(name, -1);
    return undefined;
  });
  return most;
}

const slowGmail = (stage: string, { rcpt = '' }: { rcpt?: string }) =>
  stage === 'rcpt' && rcpt.endsWith('@gmail.com')
    ? { code: 421, text: '4.7.28 unusual rate of mail from your IP' }
    : undefined;
const waitOver = () => endPauses(database.db);
const slowdown = () =>
  database.db.maybeOne<{ groupKey: string; step: number; seconds: number; reply: string }>(
    `select group_key, step, round(extract(epoch from until - now()))::int as seconds, reply from domain_slowdowns`,
  );

test('a provider gets at most its limit at once, another domain at most ten, and together they use the relay’s limit', async () => {
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`n${n}.example.org`, 2]));
  const { issueId } = await issueFor(database.db, { 'gmail.com': 30, 'readers.example.org': 40, ...many });
  const most = watchAtOnce();
  const deps = await worker();
  await sendBatch(deps, { issueId, batch: 1 });
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 130 });
  expect(most.get('gmail.com')).toBeLessThanOrEqual(5);
  expect(most.get('readers.example.org')).toBeLessThanOrEqual(10);
  expect(most.get('readers.example.org')).toBeGreaterThan(5);
  expect(most.get('all')).toBeGreaterThan(10);
});

test('the limit is shared out among workers; a relay that keeps limits itself is left alone', async () => {
  const { issueId } = await issueFor(database.db, { 'gmail.com': 12 });
  const most = watchAtOnce();
  const deps = await worker();
  deps.domains.share({ index: 2, of: 3 });
  await sendBatch(deps, { issueId, batch: 1 });
  expect(most.get('gmail.com')).toBe(1);
  const { issueId: next } = await issueFor(database.db, { 'gmail.com': 20 });
  const unlimited = watchAtOnce();
  await sendBatch(await worker('?connections=20&domainLimits=off'), { issueId: next, batch: 1 });
  expect(unlimited.get('gmail.com')).toBeGreaterThan(5);
});

test('a provider that asks for less gets nothing for a while, from any worker, also after a restart', async () => {
  const { issueId } = await issueFor(database.db, {
    'gmail.com': 30,
    'googlemail.com': 5,
    'readers.example.org': 30,
  });
  sink.onStage(slowGmail);
  const deps = await worker('?connections=5');
  await sendBatch(deps, { issueId, batch: 1 });
  const after = await ledger(database.db, issueId);
  // Messages under way are deferred, like a 421 about one reader. The others were never claimed.
  expect(after['accepted']).toBeGreaterThanOrEqual(30);
  expect(after['deferred']).toBeLessThanOrEqual(10);
  expect(after['queued']).toBeGreaterThanOrEqual(20);
  expect(await slowdown()).toMatchObject({
    groupKey: 'google',
    step: 1,
    reply: expect.stringContaining('4.7.28'),
  });
  const taken = sink.messages.length;
  await sendBatch(await worker('?connections=5'), { issueId, batch: 1 });
  expect(sink.messages).toHaveLength(taken);

  const queue = rememberingQueue();
  const job = { queue: 'deliveries', payload: { kind: 'batch', issueId, batch: 1 } };
  await sweep(database.db, queue.enqueue);
  expect(queue.jobs).not.toContainEqual(job);
  await waitOver();
  await sweep(database.db, queue.enqueue);
  expect(queue.jobs).toContainEqual(job);
  sink.onStage(undefined);
  await sendBatch(await worker('?connections=5'), { issueId, batch: 1 });
  expect((await ledger(database.db, issueId))['queued']).toBeUndefined();
});

test('pauses double up to 30 min, one message at a time comes after them, and success makes them forgotten', async () => {
  const { issueId } = await issueFor(database.db, { 'gmail.com': 60 });
  sink.onStage(slowGmail);
  const seconds: number[] = [];
  for (let round = 0; round < 8; round += 1) {
    const deps = await worker('?connections=3');
    await sendBatch(deps, { issueId, batch: 1 });
    seconds.push((await slowdown())?.seconds ?? 0);
    await waitOver();
  }
  expect(seconds.map((each) => Math.round(each / 30))).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  const most = watchAtOnce();
  await database.db.query('update domain_slowdowns set step = 2');
  await ageSlowdowns(database.db);
  const deps = await worker('?connections=3');
  await sendBatch(deps, { issueId, batch: 1 });
  expect(most.get('gmail.com')).toBe(1);
  expect(await slowdown()).toMatchObject({ step: 1 });
  await ageSlowdowns(database.db);
  await deps.domains.learn([
    {
      address: 'a@gmail.com',
      handOver: { ended: 'accepted', relay: 'r', code: 250, reply: '250 OK' },
    },
  ]);
  expect(await slowdown()).toBeUndefined();
});

const refuseGmail = (stage: string, { rcpt = '' }: { rcpt?: string }) =>
  stage === 'rcpt' && rcpt.endsWith('@gmail.com')
    ? { code: 550, text: '5.7.1 Our system has detected that this message is likely spam' }
    : undefined;

test('a provider that refuses more than a fifth is paused for all workers, and tried again with few messages', async () => {
  const { db } = database;
  await db.query(
    `insert into accounts (email, email_key, password_hash, role) values ('o@example.org', 'o@example.org', 'x', 'owner')`,
  );
  const { issueId } = await issueFor(db, { 'gmail.com': 80, 'readers.example.org': 30 });
  sink.onStage(refuseGmail);
  await sendBatch(await worker('?connections=5'), { issueId, batch: 1 });
  const after = await ledger(db, issueId);
  expect(after['accepted']).toBe(30);
  // Twenty prove it; those under way end, too.
  expect(after['refused']).toBeGreaterThanOrEqual(20);
  expect(after['refused']).toBeLessThanOrEqual(30);
  expect(await listProviderPauses(db)).toMatchObject([
    { groupKey: 'google', cause: 'content', stopped: true, reply: expect.stringContaining('likely spam') },
  ]);
  const mails = () => db.query(`select subject_id from account_mails where kind = 'provider-refuses'`);
  expect(await mails()).toEqual([{ subjectId: 'google' }]);
  const refused = after['refused'] ?? 0;
  await sendBatch(await worker(), { issueId, batch: 1 });
  expect((await ledger(db, issueId))['refused']).toBe(refused);

  // On trial, three refusals are enough, and the second pause is longer. One mail a day tells of it.
  await endRefusalPauses(db, 0);
  const most = watchAtOnce();
  sink.onStage(refuseGmail);
  await sendBatch(await worker('?connections=5'), { issueId, batch: 1 });
  const again = (await ledger(db, issueId))['refused'] ?? 0;
  expect(again - refused).toBeGreaterThanOrEqual(3);
  expect(again - refused).toBeLessThanOrEqual(10);
  const { hours } = await db.one<{ hours: number }>(
    `select round(extract(epoch from until - now()) / 3600)::int as hours from provider_pauses`,
  );
  expect([hours, await mails()]).toEqual([8, [{ subjectId: 'google' }]]);
  expect(most.get('gmail.com') ?? 0).toBeLessThanOrEqual(1);

  // It takes mail again: the pause has ended.
  await endRefusalPauses(db, 11);
  sink.onStage(undefined);
  await sendBatch(await worker('?connections=5'), { issueId, batch: 1 });
  expect(await listProviderPauses(db)).toEqual([]);
  expect((await ledger(db, issueId))['queued']).toBeUndefined();
});

test('a few refusals pause no provider, and a person ends a pause', async () => {
  const { db } = database;
  const { issueId, address } = await issueFor(db, { 'gmail.com': 60 });
  const few = new Set(Array.from({ length: 11 }, (_, n) => address(n * 5 + 1)));
  sink.onStage((stage, info) => (few.has(info.rcpt ?? '') ? refuseGmail(stage, info) : undefined));
  await sendBatch(await worker(), { issueId, batch: 1 });
  expect(await ledger(db, issueId)).toEqual({ accepted: 49, refused: 11 });
  expect(await listProviderPauses(db)).toEqual([]);
  const { issueId: next } = await issueFor(db, { 'gmail.com': 40, 'readers.example.org': 30 });
  sink.onStage(refuseGmail);
  await sendBatch(await worker('?connections=5'), { issueId: next, batch: 1 });
  expect((await ledger(db, next))['queued']).toBeGreaterThan(5);
  expect(await resumeProvider({ db }, { provider: 'google' })).toBe(true);
  expect(await resumeProvider({ db }, { provider: 'google' })).toBe(false);
  sink.onStage(undefined);
  await sendBatch(await worker(), { issueId: next, batch: 1 });
  expect((await ledger(db, next))['queued']).toBeUndefined();
});
