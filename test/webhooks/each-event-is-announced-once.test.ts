// Each event reaches the outbox of webhooks once, by the use case that has the effect, and in its transaction.
import { rollBackWith } from '../../src/db.js';
import { finishIfDone } from '../../src/delivery/finish.js';
import { day, hour } from '../../src/durations.js';
import { putFeedback } from '../../src/feedback/put.js';
import { takeMails } from '../../src/feedback/take-mails.js';
import { closeParser } from '../../src/formats/parse.js';
import { pauseIssue } from '../../src/issues/change-issue.js';
import { unsubscribe } from '../../src/preferences/unsubscribe.js';
import { envelopeSender } from '../../src/mail/verp.js';
import { eraseSubscriber } from '../../src/people/erase-subscriber.js';
import { signToken } from '../../src/subscribers/tokens.js';
import { updateSubscriber } from '../../src/subscribers/update-subscriber.js';
import { webhookPayloads } from '../../src/api/webhook-events.js';
import { webhookEvents, type WebhookEvent } from '../../src/webhooks/events.js';
import { changeWebhook } from '../../src/webhooks/manage-webhooks.js';
import { complaint } from '../feedback/sample-mail.js';
import { acceptedIssue, bounce } from '../feedback/three-times.js';
import { feedNewsroom, rss } from '../feeds/feed-newsroom.js';
import { imported } from '../imports/import-support.js';
import { startFeedServer } from '../support/feed-server.js';
import { closeAfterTest, useDatabase, useSite } from '../support/fixture.js';
import {
  assembleDeps,
  fanOutNext,
  issueFor,
  makeNewsletter,
  makePosts,
  makeReaders,
  quiet,
  rememberingQueue,
} from '../support/newsroom.js';
import { secrets, subscriptionOf } from '../support/site.js';
import { allowSlowTests } from '../support/time-limit.js';
import { makeWebhook, outbox as outboxOf, webhookDeps } from './receiver.js';

allowSlowTests();

const database = useDatabase();
const site = useSite(database);
const { enqueue } = rememberingQueue();
afterAll(closeParser);
const now = () => new Date();

const seen = new Set<WebhookEvent>();

/** What the outbox holds. Each payload is as the OpenAPI document has it, no field more or less. */
async function outbox(...of: Parameters<typeof outboxOf>): ReturnType<typeof outboxOf> {
  const told = await outboxOf(...of);
  for (const { event, data } of told) {
    seen.add(event);
    expect(webhookPayloads[event].data.parse(data)).toEqual(data);
  }
  return told;
}

async function joined(email: string) {
  const newsletter = await makeNewsletter(database.db);
  const { id } = await makeWebhook(database.db, { newsletterId: newsletter.id });
  await site.subscribe(newsletter.slug, { email, name: 'Ada' });
  await site.work();
  const token = await site.tokenTo(email);
  await fetch(`${site.url}/confirm/${token}`, { method: 'POST' });
  const { id: subscriptionId } = await subscriptionOf(database.db, newsletter.id, email);
  const { subscriberId } = await database.db.one<{ subscriberId: string }>(
    'select subscriber_id from subscriptions where id = $1',
    [subscriptionId],
  );
  return { webhookId: id, newsletterId: newsletter.id, subscriptionId, subscriberId, token };
}

const eventsOf = async (webhookId: string) =>
  (await outbox(database.db, webhookId)).map(({ event }) => event);

test('a reader confirms, changes preferences, leaves by the link', async () => {
  const ada = await joined('ada@example.org');
  // A second click changes nothing.
  await fetch(`${site.url}/confirm/${ada.token}`, { method: 'POST' });
  expect(await outbox(database.db, ada.webhookId)).toEqual([
    {
      event: 'subscriber.confirmed',
      data: {
        subscriberId: ada.subscriberId,
        newsletterId: ada.newsletterId,
        email: 'ada@example.org',
        name: 'Ada',
        via: 'page',
      },
    },
  ]);
  const token = (purpose: 'preferences' | 'unsubscribe') =>
    signToken(secrets.derive('links'), purpose, ada.subscriptionId);
  const saved = await fetch(`${site.url}/preferences/${token('preferences')}`, {
    method: 'POST',
    body: new URLSearchParams({
      action: 'pause',
      until: new Date(Date.now() + 7 * day).toISOString().slice(0, 10),
    }),
    redirect: 'manual',
  });
  expect(saved.status).toBeLessThan(400);
  for (let times = 0; times < 2; times += 1)
    await fetch(`${site.url}/unsubscribe/${token('unsubscribe')}`, {
      method: 'POST',
      body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }),
    });
  expect(await eventsOf(ada.webhookId)).toEqual([
    'subscriber.confirmed',
    'subscriber.updated',
    'subscriber.unsubscribed',
  ]);
});

test('an admin changes a reader, and erases them: nothing is left that tells of them', async () => {
  const { webhookId, newsletterId, subscriberId } = await joined('bob@example.org');
  await updateSubscriber({ db: database.db, now }, { id: subscriberId, via: 'api', name: 'Bobby' });
  expect(await eventsOf(webhookId)).toEqual(['subscriber.confirmed', 'subscriber.updated']);
  await eraseSubscriber({ db: database.db, now }, { id: subscriberId });
  expect(await outbox(database.db, webhookId)).toEqual([
    { event: 'subscriber.erased', data: { subscriberId, newsletterIds: [newsletterId] } },
  ]);
});

test('bounces and complaints, once each', async () => {
  const { issueId, newsletterId, readers } = await acceptedIssue(database.db, 2, now());
  const { id } = await makeWebhook(database.db, { newsletterId });
  const [first, second] = readers;
  const come = (raw: string, subscriberId = '') =>
    putFeedback(
      { db: database.db, enqueue, now },
      {
        raw: Buffer.from(raw),
        source: 'command',
        recipient: envelopeSender(
          secrets.derive('verp'),
          { kind: 'delivery', issueId, subscriberId },
          'bounces.example.org',
        ),
      },
    );
  for (const copy of ['', 'X-Copy: 2\n']) {
    await come(`${copy}${bounce(first?.address ?? '', '5.1.1', '550 5.1.1 no')}`, first?.subscriberId);
    await come(`${copy}${complaint()}`, second?.subscriberId);
    await takeMails({ db: database.db, log: quiet, now, secrets, stopping: () => false });
  }
  const told = await outbox(database.db, id);
  expect(told.map(({ event }) => event).toSorted()).toEqual(['delivery.bounced', 'delivery.complained']);
  expect(told.find(({ event }) => event === 'delivery.bounced')?.data).toEqual({
    issueId,
    newsletterId,
    subscriberId: first?.subscriberId,
    email: first?.address,
    kind: 'hard',
  });
});

test('an issue waits for review; another is paused; another finishes', async () => {
  const held = await makeNewsletter(database.db);
  const { id } = await makeWebhook(database.db);
  await makePosts(database.db, held.id, 1);
  await makeReaders(database.db, held.id, 1, { prefix: 'held' });
  const inReview = await fanOutNext(assembleDeps(database.db), held.id, { review: 'hold' });
  const { issueId: paused } = await issueFor(database.db, 1);
  for (let times = 0; times < 2; times += 1)
    await pauseIssue({ db: database.db, enqueue }, { issueId: paused, reason: 'a wrong picture' });
  const done = await acceptedIssue(database.db, 1, now());
  for (let times = 0; times < 2; times += 1)
    await finishIfDone({ db: database.db, log: quiet, now }, done.issueId);
  const told = await outbox(database.db, id);
  expect(told.map(({ event, data }) => [event, data['issueId']])).toEqual([
    ['issue.review', inReview],
    ['issue.paused', paused],
    ['issue.finished', done.issueId],
  ]);
  expect(told[1]?.data).toMatchObject({
    by: 'admin',
    reason: 'a wrong picture',
    subject: expect.any(String),
  });
  expect(told[2]?.data).toMatchObject({ counts: { candidates: 1, accepted: 1 } });
  await changeWebhook(webhookDeps(database.db), { id, enabled: false });
});

test('a feed fails for a day, and says so once; then it is gone', async () => {
  const newsroom = await feedNewsroom(database.db);
  const { id } = await makeWebhook(database.db, { newsletterId: newsroom.newsletterId });
  const server = closeAfterTest(await startFeedServer((_, response) => void response.end(rss([]))));
  const feedId = await newsroom.add(`${server.url}/feed`);
  await newsroom.poll(feedId);
  server.answer = (_, response) => void response.writeHead(500).end();
  for (let times = 0; times < 5; times += 1) {
    newsroom.pass(12 * hour);
    await newsroom.poll(feedId);
  }
  const told = await outbox(database.db, id);
  expect(told).toEqual([
    { event: 'feed.failing', data: expect.objectContaining({ feedId, gone: false }) as object },
  ]);
  server.answer = (_, response) => void response.writeHead(410).end();
  await newsroom.poll(feedId);
  expect((await outbox(database.db, id)).map(({ data }) => data['gone'])).toEqual([false, true]);
});

test('an import finishes; its readers are not announced one by one, and a dry run not at all', async () => {
  const newsletter = await makeNewsletter(database.db);
  const { id } = await makeWebhook(database.db, { newsletterId: newsletter.id });
  const rows = 'email,status\none@example.org,active\ntwo@example.org,active\nnobody,active\n';
  await imported(database.db, newsletter.id, rows, { basis: 'bought at the till', dryRun: true });
  expect(await outbox(database.db, id)).toEqual([]);
  const done = await imported(database.db, newsletter.id, rows, { basis: 'bought at the till' });
  expect(await outbox(database.db, id)).toEqual([
    {
      event: 'import.finished',
      data: {
        importId: done.id,
        newsletterId: newsletter.id,
        state: 'finished',
        rows: 3,
        created: 2,
        updated: 0,
        skipped: 1,
      },
    },
  ]);
});

test('a transaction that rolls back announces nothing', async () => {
  const { webhookId, subscriptionId } = await joined('carl@example.org');
  const before = await eventsOf(webhookId);
  await database.db.transaction(async (tx) => {
    const token = signToken(secrets.derive('links'), 'unsubscribe', subscriptionId);
    await unsubscribe({ db: tx, secrets, now }, { token, via: 'page' });
    const { count } = await tx.one<{ count: number }>(
      'select count(*)::int as count from webhook_deliveries where webhook_id = $1',
      [webhookId],
    );
    expect(count).toBe(before.length + 1);
    rollBackWith(undefined);
  });
  expect(await eventsOf(webhookId)).toEqual(before);
});

test('a webhook hears only of its events and its newsletter, and of nothing while it is disabled', async () => {
  const { webhookId, newsletterId, subscriberId } = await joined('dora@example.org');
  const other = await makeNewsletter(database.db);
  const elsewhere = await makeWebhook(database.db, { newsletterId: other.id });
  const leaving = await makeWebhook(database.db, { newsletterId, events: ['subscriber.unsubscribed'] });
  await changeWebhook(webhookDeps(database.db), { id: webhookId, enabled: false });
  const before = await eventsOf(webhookId);
  await updateSubscriber({ db: database.db, now }, { id: subscriberId, via: 'api', name: 'D' });
  await updateSubscriber(
    { db: database.db, now },
    { id: subscriberId, via: 'api', newsletterId, status: 'unsubscribed' },
  );
  expect(await eventsOf(elsewhere.id)).toEqual([]);
  expect(await eventsOf(leaving.id)).toEqual(['subscriber.unsubscribed']);
  expect(await eventsOf(webhookId)).toEqual(before);
});

test('every event was seen above', () => {
  expect([...seen].toSorted()).toEqual([...webhookEvents].toSorted());
});
