// Thousands of bounces come back within minutes while an issue is being sent, and one of two receivers is slow. Readers'
// events keep their order, the quick receiver does not wait for the slow one, and sending waits for neither.
import { second } from '../../src/durations.js';
import { putFeedback } from '../../src/feedback/put.js';
import { envelopeSender } from '../../src/mail/verp.js';
import { openQueues } from '../../src/queues.js';
import { updateSubscriber } from '../../src/subscribers/update-subscriber.js';
import { acceptedIssue, bounce } from '../feedback/three-times.js';
import { closeAfterTest, useDatabase, useFreshSink } from '../support/fixture.js';
import { issueFor, ledger, quiet } from '../support/newsroom.js';
import { secrets } from '../support/site.js';
import { allowSlowTests } from '../support/time-limit.js';
import { waitUntil } from '../support/wait.js';
import { startWorker } from '../support/worker-process.js';
import { makeWebhook, startReceiver, type ReceivedEvent } from './receiver.js';

allowSlowTests();

const database = useDatabase();
const sink = useFreshSink();
const now = () => new Date();

const bounces = 1_000;
const readers = 1_000;
/** Milliseconds that the slow receiver takes for an answer: ten at once make 4 events a second. */
const slow = 2.5 * second;

/** The events of each reader, in the order in which they arrived. */
function byReader(received: readonly ReceivedEvent[]): Map<unknown, string[]> {
  const events = new Map<unknown, string[]>();
  for (const { type, data } of received)
    events.set(data['subscriberId'], [...(events.get(data['subscriberId']) ?? []), type]);
  return events;
}

/** What a receiver must get of each reader: the outbox has it in order. */
async function announced(webhookId: string): Promise<Map<unknown, string[]>> {
  const rows = await database.db.query<{ subscriberId: string; events: string[] }>(
    `select subscriber_id, array_agg(event order by id) as events from webhook_deliveries where webhook_id = $1
     group by subscriber_id`,
    [webhookId],
  );
  return new Map(rows.map(({ subscriberId, events }) => [subscriberId, events]));
}

const rowsOf = async (sql: string, ...values: unknown[]): Promise<number> =>
  (await database.db.one<{ count: number }>(`select count(*)::int as count from ${sql}`, values)).count;

test('webhooks keep their order beside a mass of bounces, and an issue is sent meanwhile', async () => {
  const { db, url } = database;
  const queues = closeAfterTest(openQueues({ databaseUrl: url, log: quiet }));
  const { enqueue } = queues;
  const [quick, late] = [closeAfterTest(await startReceiver()), closeAfterTest(await startReceiver())];
  late.answer = (_, response) => void setTimeout(() => response.end('at last'), slow);
  const over = await acceptedIssue(db, bounces, now());
  const { newsletterId } = over;
  const events = ['subscriber.updated', 'delivery.bounced'] as const;
  const toQuick = await makeWebhook(db, { url: quick.url, events, newsletterId });
  const toLate = await makeWebhook(db, { url: late.url, events, newsletterId });
  // Every tenth reader is changed before and after the bounce.
  const changed = over.readers.filter((_, at) => at % 10 === 0);
  const change = async (name: string) => {
    for (const { subscriberId } of changed)
      await updateSubscriber({ db, now }, { id: subscriberId, via: 'api', name });
  };
  await change('Before');
  for (const { subscriberId, address } of over.readers)
    await putFeedback(
      // The first wake-up is enough.
      { db, enqueue: () => Promise.resolve(true), now },
      {
        raw: Buffer.from(bounce(address, '5.1.1', '550 5.1.1 no')),
        source: 'command',
        recipient: envelopeSender(
          secrets.derive('verp'),
          { kind: 'delivery', issueId: over.issueId, subscriberId },
          'bounces.example.org',
        ),
      },
    );
  // Of another sender: the guard pauses the mail of the one whose readers bounce.
  const from = { name: 'Other', address: 'digest@other.example.net' };
  const { issueId } = await issueFor(db, { 'others.example.net': readers }, { enqueue, from });
  sink.onStage((stage) => (stage === 'dot' ? 50 : undefined));
  await enqueue('feedback', { kind: 'take' });
  const worker = await startWorker({ databaseUrl: url, queueUrl: undefined, smtpUrl: sink.url });
  closeAfterTest({ close: () => worker.end('SIGTERM') });

  const total = () => rowsOf('webhook_deliveries where webhook_id = $1', toQuick.id);
  await waitUntil(async () => (await total()) >= changed.length + bounces, 120 * second, 'all bounces');
  await change('After');
  const all = 2 * changed.length + bounces;
  expect(await total()).toBe(all);
  await waitUntil(() => quick.received.length >= all, 120 * second, 'all events at the quick receiver');
  await waitUntil(async () => (await ledger(db, issueId))['accepted'] === readers, 120 * second, 'the issue');
  // The slow receiver would need minutes, and nothing has waited for it.
  expect(late.received.length).toBeLessThan(all / 2);
  expect(late.received.length).toBeGreaterThan(0);

  expect(new Set(quick.received.map(({ id }) => id)).size).toBe(all);
  expect(quick.received).toHaveLength(all);
  expect(byReader(quick.received)).toEqual(await announced(toQuick.id));
  const wanted = await announced(toLate.id);
  for (const [reader, heard] of byReader(late.received))
    expect(heard).toEqual(wanted.get(reader)?.slice(0, heard.length));
  expect(wanted.get(changed[0]?.subscriberId)).toEqual([
    'subscriber.updated',
    'delivery.bounced',
    'subscriber.updated',
  ]);
  expect(await rowsOf(`deliveries where issue_id = $1 and state = 'bounced'`, over.issueId)).toBe(bounces);
  expect(worker.log()).toBe('');
});
