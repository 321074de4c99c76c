// Delivery's metrics in /metrics: why it waits, and sums that never shrink, whatever is deleted.
import { sendBatch } from '../../src/delivery/send-batch.js';
import { tellWaits } from '../../src/delivery/record-progress.js';
import { createProviderGuard } from '../../src/delivery/guard-provider.js';
import { putFeedback } from '../../src/feedback/put.js';
import { takeMails } from '../../src/feedback/take-mails.js';
import { envelopeSender } from '../../src/mail/verp.js';
import { createMetrics } from '../../src/metrics.js';
import { openQueues, type Queues } from '../../src/queues.js';
import { createProgressWatch } from '../../src/reports/watch-progress.js';
import { openSecrets } from '../../src/secrets.js';
import { report } from '../feedback/sample-mail.js';
import { closeAfterAll, useDatabase, useFreshSink, useWorkers } from '../support/fixture.js';
import { issueFor, ledger, quiet, secretKey } from '../support/newsroom.js';

const database = useDatabase();
let queues: Queues;
const sink = useFreshSink();
const makeWorker = useWorkers(database);
beforeAll(async () => {
  queues = openQueues({ databaseUrl: database.url, log: quiet });
});
closeAfterAll(() => queues.close());
// A provider that refused everything in one test would get nothing in the next.
afterEach(() => database.db.query('delete from provider_pauses'));

const worker = (options = '') => makeWorker(`${sink.url}${options}`);

const forget = (issueId: string) => database.db.query('delete from issues where id = $1', [issueId]);

/** The value of a metric with these labels, from a new web process. */
async function metric(name: string, labels: Record<string, string>): Promise<number | undefined> {
  const clicks = { dropped: () => 0 };
  const text = await createMetrics({ db: database.db, queues, clicks, log: quiet, isPrivate: false }).text();
  const said = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const labelled = said.length === 0 ? `${name} ` : `${name}{${said.join(',')}}`;
  const line = text.split('\n').find((one) => one.startsWith(labelled));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

test('hand-overs are no fewer when their issue is deleted, and go on from there', async () => {
  const relay = `127.0.0.1:${sink.port}`;
  const accepted = () =>
    metric('digest_hand_overs_total', { relay, provider: 'others', outcome: 'accepted' });
  const deps = await worker();
  const issues = [await issueFor(database.db, 7), await issueFor(database.db, 5)].map(
    ({ issueId }) => issueId,
  );
  for (const issueId of issues) await sendBatch(deps, { issueId, batch: 1 });
  await deps.progress.flush();
  expect(await accepted()).toBe(12);
  for (const issueId of issues) await forget(issueId);
  expect(await accepted()).toBe(12);
  const { issueId: next } = await issueFor(database.db, 3);
  await sendBatch(deps, { issueId: next, batch: 1 });
  await deps.progress.flush();
  expect(await accepted()).toBe(15);
  await database.db.query(
    'delete from newsletters where id = (select newsletter_id from issues where id = $1)',
    [next],
  );
  expect(await accepted()).toBe(15);
});

test("seconds that were waited for a relay's rate, of all workers", async () => {
  const relay = `127.0.0.1:${sink.port}`;
  const waited = () => metric('digest_relay_rate_wait_seconds_total', { relay });
  const { issueId } = await issueFor(database.db, 20);
  const workers = [await worker('?rate=10'), await worker('?rate=10')];
  await Promise.all(workers.map((deps) => sendBatch(deps, { issueId, batch: 1 })));
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 20 });
  expect(await waited()).toBeUndefined();
  let told = 0;
  for (const { relays } of workers) {
    const waits = relays.takeWaits();
    told += waits[relay] ?? 0;
    await tellWaits(database.db, waits);
    expect(relays.takeWaits()).toEqual({});
  }
  // Twenty messages at ten a second, two of them at once.
  expect(told).toBeGreaterThan(1);
  expect(await waited()).toBeCloseTo(told, 3);
});

test('how long sending has stood still, in the metrics and once in the log', async () => {
  const name = 'digest_sending_standstill_seconds';
  const fannedOutAgo = (seconds: number) =>
    issueFor(database.db, 3, { now: () => new Date(Date.now() - seconds * 1000) });
  const lines: { level: string; issueId: unknown }[] = [];
  const note = (level: string) => (fields: { issueId: unknown }) =>
    void lines.push({ level, issueId: fields.issueId });
  const log = Object.assign(Object.create(quiet), { warn: note('warn'), info: note('info') });
  const watch = createProgressWatch({ db: database.db, log });
  const fresh = await fannedOutAgo(30);
  await watch.look(true);
  expect(lines).toEqual([]);
  await forget(fresh.issueId);
  const { issueId } = await fannedOutAgo(300);
  await watch.look(false);
  expect(lines).toEqual([]);
  for (let times = 0; times < 3; times += 1) await watch.look(true);
  expect(lines).toEqual([{ level: 'warn', issueId }]);
  expect(await metric(name, {})).toBeGreaterThanOrEqual(300);
  const deps = await worker();
  await sendBatch(deps, { issueId, batch: 1 });
  await deps.progress.flush();
  await watch.look(true);
  expect(lines.at(-1)).toEqual({ level: 'info', issueId });
  expect(await metric(name, {})).toBeLessThan(300);
  await forget(issueId);
});

test('pauses by the guard, by reason; once each, however many workers saw it', async () => {
  const reason = 'everything-is-refused';
  const pauses = () => metric('digest_guard_pauses_total', { reason });
  sink.onStage((stage) => (stage === 'rcpt' ? { code: 550, text: '5.7.1 Go away' } : undefined));
  const { issueId } = await issueFor(database.db, 200);
  const workers = [await worker('?connections=20'), await worker('?connections=20')];
  expect(await pauses()).toBeUndefined();
  await Promise.all(workers.map((deps) => sendBatch(deps, { issueId, batch: 1 })));
  expect(await pauses()).toBe(1);
  await forget(issueId);
  expect(await pauses()).toBe(1);
});

test("the used part of a sending domain's warm-up, until the warm-up ends", async () => {
  const { issueId } = await issueFor(database.db, 12, {
    from: { name: 'News', address: 'digest@young.example' },
  });
  await sendBatch(await worker('?warmup=on'), { issueId, batch: 1 });
  await database.db.query(
    `insert into warm_ups (domain, day, allowed, taken, granted)
     values ('old.example', (now() at time zone 'utc')::date, 2147483647, 9, 0)`,
  );
  const use = async (domain: string) => [
    await metric('digest_warm_up_taken', { domain }),
    await metric('digest_warm_up_limit', { domain }),
  ];
  expect(await use('young.example')).toEqual([12, 50]);
  expect(await use('old.example')).toEqual([undefined, undefined]);
});

test('what came back, by kind, provider and way in, and how long the oldest mail waits', async () => {
  const came = (kind: string, source: string) =>
    metric('digest_feedback_events_total', { kind, provider: 'others', source });
  const waits = () => metric('digest_feedback_oldest_unread_seconds', {});
  expect(await waits()).toBe(0);
  const { issueId, address } = await issueFor(database.db, 3);
  sink.onStage((stage, { rcpt }) =>
    stage === 'rcpt' && rcpt === address(2) ? { code: 552, text: '5.2.2 full' } : undefined,
  );
  await sendBatch(await worker(), { issueId, batch: 1 });
  expect(await came('full', 'smtp')).toBe(1);
  const minuteAgo = new Date(Date.now() - 60_000);
  const [{ subscriberId } = { subscriberId: '' }] = await database.db.query<{ subscriberId: string }>(
    `select subscriber_id from deliveries where issue_id = $1 and state = 'accepted' limit 1`,
    [issueId],
  );
  const secrets = openSecrets(secretKey);
  const origin = { kind: 'delivery', issueId, subscriberId } as const;
  await putFeedback(
    { db: database.db, enqueue: () => Promise.resolve(true), now: () => minuteAgo },
    {
      raw: Buffer.from(
        report('Returned.', `Final-Recipient: rfc822; ${address(1)}\nAction: failed\nStatus: 5.0.0`),
      ),
      source: 'command',
      recipient: envelopeSender(secrets.derive('verp'), origin, 'bounces.example.org'),
    },
  );
  expect(await waits()).toBeGreaterThanOrEqual(60);
  const now = () => new Date();
  const deps = { db: database.db, log: quiet, now };
  await takeMails({ ...deps, secrets, stopping: () => false, providers: createProviderGuard(deps) });
  expect([await waits(), await came('unknown', 'command')]).toEqual([0, 1]);
});
