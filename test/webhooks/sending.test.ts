// How events reach a receiver: signed, in order, again after a failure, and never to a private address.
import { createAccount } from '../../src/accounts/create-account.js';
import { day, hour, minute, second } from '../../src/durations.js';
import { announce } from '../../src/webhooks/announce.js';
import {
  changeWebhook,
  getWebhook,
  listWebhookDeliveries,
  resendWebhookDelivery,
} from '../../src/webhooks/manage-webhooks.js';
import { forgetWebhookDeliveries } from '../../src/webhooks/forget-webhook-deliveries.js';
import { defaultRetention } from '../../src/config/retention.js';
import { updateSubscriber } from '../../src/subscribers/update-subscriber.js';
import { mailAccounts } from '../support/account-mail.js';
import { closeAfterTest, useDatabase, useFreshSink } from '../support/fixture.js';
import { makeNewsletter, makeReaders } from '../support/newsroom.js';
import { makeWebhook, sendDue, startReceiver, verified, webhookDeps, type Receiver } from './receiver.js';

const database = useDatabase();
const sink = useFreshSink();
let receiver: Receiver;
let clock: Date;
const now = () => clock;
const pass = (ms: number) => {
  clock = new Date(clock.getTime() + ms);
};
beforeEach(async () => {
  clock = new Date();
  for (const table of ['webhooks', 'newsletters', 'subscribers', 'account_mails'])
    await database.db.change(`delete from ${table}`);
  receiver = closeAfterTest(await startReceiver());
});

const send = (over: Parameters<typeof sendDue>[2] = {}) => sendDue(database.db, now, over);
const make = (url = receiver.url) => makeWebhook(database.db, { url, now });
const tell = (n: number) =>
  announce(database.db, clock, { event: 'feed.failing', newsletterIds: [], data: { n } });
const only = async (id: string) => {
  const page = await listWebhookDeliveries({ db: database.db }, { id, limit: 10 });
  const [first, ...others] = page?.data ?? [];
  if (!first || others.length > 0) throw new Error(`expected one delivery, got ${others.length + 1}`);
  return first;
};

test('an event is signed as Standard Webhooks has it', async () => {
  const { id, secret } = await make();
  await tell(1);
  expect(await send()).toBe(1);
  const [event] = receiver.received;
  if (!event) throw new Error('nothing came');
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(verified(secret, event)).toEqual({
    type: 'feed.failing',
    timestamp: clock.toISOString(),
    data: { n: 1 },
  });
  expect(() => verified(secret, { ...event, body: `${event.body} ` })).toThrow('No matching signature found');
  expect(event.headers['content-type']).toBe('application/json');
  expect(await only(id)).toMatchObject({ state: 'delivered', status: 200, answer: 'thank you', attempts: 1 });
  expect(await send()).toBe(0);
});

test('the secret is sealed in the database', async () => {
  const { secret } = await make();
  const { stored } = await database.db.one<{ stored: string }>(
    `select encode(secret, 'escape') as stored from webhooks`,
  );
  expect(stored).not.toContain(secret.slice(6, 20));
});

test('a failure is tried again on the schedule of mail, with the same id, and then succeeds', async () => {
  const { id } = await make();
  receiver.answer = (_, response) => void response.writeHead(500).end('oh no');
  await tell(1);
  await send();
  expect(await only(id)).toMatchObject({ state: 'waiting', status: 500, answer: 'oh no' });
  pass(4 * minute);
  await send();
  expect(receiver.received).toHaveLength(1);
  receiver.answer = (_, response) => void response.writeHead(204).end();
  pass(minute);
  expect(await send()).toBe(1);
  expect(new Set(receiver.received.map((event) => event.id)).size).toBe(1);
  expect(await only(id)).toMatchObject({ state: 'delivered', status: 204, attempts: 2 });
  expect((await getWebhook({ db: database.db }, { id }))?.failingSince).toBeNull();
});

test('after a day of failures, the delivery has failed', async () => {
  const { id } = await make();
  receiver.answer = (_, response) => void response.writeHead(503).end();
  await tell(1);
  for (let hours = 0; hours < 30; hours += 1) {
    await send();
    pass(hour);
  }
  expect(await only(id)).toMatchObject({ state: 'failed', nextTryAt: null });
  expect(receiver.received.length).toBeGreaterThan(6);
  expect(receiver.received.length).toBeLessThan(15);
  expect((await getWebhook({ db: database.db }, { id }))?.enabled).toBe(true);
});

test('events of one reader arrive in their order; other readers do not wait', async () => {
  const newsletter = await makeNewsletter(database.db);
  await makeReaders(database.db, newsletter.id, 2, { prefix: 'order' });
  const readers = await database.db.query<{ id: string }>('select id from subscribers order by id');
  const [first = { id: '' }, other = { id: '' }] = readers;
  await make();
  const rename = (id: string, name: string) =>
    updateSubscriber({ db: database.db, now }, { id, via: 'api', name });
  for (const name of ['a', 'b', 'c']) await rename(first.id, name);
  await rename(other.id, 'z');
  receiver.answer = (_, response) => {
    const last = receiver.received.at(-1);
    response.writeHead(last?.data['name'] === 'a' ? 500 : 200).end();
  };
  await send();
  const nameOf = ({ data }: { data: Record<string, unknown> }) => String(data['email']).slice(0, 6);
  expect(receiver.received.map(nameOf).toSorted()).toEqual(['order1', 'order2']);
  receiver.answer = (_, response) => void response.end();
  receiver.received.length = 0;
  pass(5 * minute);
  await send();
  expect(receiver.received.map(({ data }) => data['name'])).toEqual(['a', 'b', 'c']);
});

test('after three days of failure it is disabled, and the accounts are told in their language', async () => {
  await makeNewsletter(database.db);
  await createAccount(
    { db: database.db },
    { email: 'owner@example.org', password: 'correct horse battery', role: 'owner' },
  );
  await database.db.change(`update accounts set language = 'de'`);
  const { id } = await make();
  receiver.answer = (_, response) => void response.writeHead(500).end();
  for (let days = 0; days <= 3; days += 1) {
    await tell(days);
    await send();
    expect((await getWebhook({ db: database.db }, { id }))?.enabled).toBe(days < 3);
    pass(day);
  }
  expect(await getWebhook({ db: database.db }, { id })).toMatchObject({ disabledBecause: 'failing' });
  const mails = await mailAccounts(database.db, sink, now);
  expect(mails.map(({ to, subject }) => [to, subject])).toEqual([
    ['owner@example.org', `Der Webhook an ${new URL(receiver.url).host} ist abgeschaltet`],
  ]);
  receiver.received.length = 0;
  await tell(9);
  pass(day);
  await send();
  expect(receiver.received).toEqual([]);
  await changeWebhook(webhookDeps(database.db, now), { id, enabled: true });
  receiver.answer = (_, response) => void response.end();
  await send();
  expect(receiver.received.length).toBeGreaterThan(0);
  expect(receiver.received.map(({ data }) => data['n'])).not.toContain(9);
});

test('410 disables it at once', async () => {
  const { id } = await make();
  receiver.answer = (_, response) => void response.writeHead(410).end();
  await tell(1);
  await send();
  expect(await getWebhook({ db: database.db }, { id })).toMatchObject({
    enabled: false,
    disabledBecause: 'gone',
  });
});

test('a delivery is sent again by hand, with the same id', async () => {
  const { id } = await make();
  await tell(1);
  await send();
  const { id: deliveryId } = await only(id);
  const deps = { db: database.db, now };
  expect(await resendWebhookDelivery(deps, { id, deliveryId })).toMatchObject({ ok: true });
  expect(await send()).toBe(1);
  expect(receiver.received.map((event) => event.id)).toEqual([`msg_${deliveryId}`, `msg_${deliveryId}`]);
  const { id: other } = await make();
  expect(await resendWebhookDelivery(deps, { id: other, deliveryId })).toMatchObject({ code: 'not-found' });
});

test('a private address is refused when it is given, and when it is asked', async () => {
  await expect(make('http://10.0.0.1/hook')).rejects.toThrow('private address');
  await expect(make('http://localhost:1/x')).resolves.toBeDefined();
  const { id } = await make();
  await database.db.change('delete from webhooks where id <> $1', [id]);
  await tell(1);
  await send({ allowPrivateFeeds: [] });
  expect(receiver.received).toEqual([]);
  expect(await only(id)).toMatchObject({
    state: 'waiting',
    status: null,
    answer: expect.stringContaining('private address') as string,
  });
});

test('a redirect is not followed', async () => {
  const target = closeAfterTest(await startReceiver());
  const { id } = await make();
  receiver.answer = (_, response) => void response.writeHead(307, { location: target.url }).end();
  await tell(1);
  await send();
  expect(target.received).toEqual([]);
  expect(await only(id)).toMatchObject({ state: 'waiting', status: 307 });
});

test('a slow receiver is given up, and does not delay another', async () => {
  const quick = closeAfterTest(await startReceiver());
  const { id } = await make();
  await make(quick.url);
  let quickAt = Infinity;
  quick.answer = (_, response) => {
    quickAt = performance.now();
    response.end();
  };
  receiver.answer = () => undefined;
  await tell(1);
  const began = performance.now();
  await send({ timeOut: second });
  expect(performance.now() - began).toBeLessThan(5 * second);
  expect(quickAt - began).toBeLessThan(second);
  expect(await only(id)).toMatchObject({
    state: 'waiting',
    status: null,
    answer: '127.0.0.1 took longer than 1 second',
  });
});

test('of a long answer, the beginning is read and kept', async () => {
  const { id } = await make();
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  let sent = 0;
  receiver.answer = (_, response) => {
    const more = (): void => {
      if (sent >= 10 || response.destroyed) return void response.end();
      sent += 1;
      response.write(chunk, () => setImmediate(more));
    };
    more();
  };
  await tell(1);
  expect(await send()).toBe(1);
  expect((await only(id)).answer).toBe('x'.repeat(500));
});

test('a worker that dies between sending and recording sends again, with the same id', async () => {
  const { id } = await make();
  await tell(1);
  const dying = {
    ...database.db,
    transaction: () => Promise.reject(new Error('the worker dies')),
  };
  await expect(send({ db: dying })).rejects.toThrow('the worker dies');
  expect(receiver.received).toHaveLength(1);
  expect(await send()).toBe(0);
  pass(2 * minute);
  expect(await send()).toBe(1);
  expect(receiver.received.map((event) => event.id)).toEqual([
    receiver.received[0]?.id,
    receiver.received[0]?.id,
  ]);
  expect(await only(id)).toMatchObject({ state: 'delivered', attempts: 2 });
});

test('two workers send an event once', async () => {
  await make();
  for (let n = 0; n < 30; n += 1) await tell(n);
  const arrived = await Promise.all([send(), send()]);
  expect(arrived[0] + arrived[1]).toBe(30);
  expect(new Set(receiver.received.map((event) => event.id)).size).toBe(30);
  expect(receiver.received).toHaveLength(30);
});

test('deliveries are forgotten after 30 days', async () => {
  const { id } = await make();
  await tell(1);
  await send();
  const forget = () => forgetWebhookDeliveries({ db: database.db, retention: defaultRetention, now });
  pass(29 * day);
  expect(await forget()).toBe(0);
  pass(2 * day);
  expect(await forget()).toBe(1);
  expect((await listWebhookDeliveries({ db: database.db }, { id, limit: 10 }))?.data).toEqual([]);
});
