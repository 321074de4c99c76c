// Each confirmation is mailed once, although queues lose jobs, relays fail and workers crash.
import { minute, day } from '../../src/durations.js';
import { enqueueUnsentConfirmations, expireUnconfirmed } from '../../src/joining/resume-confirmations.js';
import { sendConfirmation } from '../../src/joining/send-confirmation.js';
import type { Newsletter } from '../../src/newsletters/schema.js';
import { useDatabase } from '../support/fixture.js';
import { dyingMailer } from '../support/joining.js';
import { makeNewsletter } from '../support/newsroom.js';
import { startSite, subscriptionOf, type Site } from '../support/site.js';

const database = useDatabase();
let newsletter: Newsletter;
let site: Site;

beforeAll(async () => {
  newsletter = await makeNewsletter(database.db);
});
beforeEach(async () => {
  await database.db.change('delete from subscribers');
  site = await startSite(database.db);
});
afterEach(() => site.close());

const stored = (address = 'ada@example.org') => subscriptionOf(database.db, newsletter.id, address);
const sweep = () => {
  const { db } = database;
  return enqueueUnsentConfirmations({ db, enqueue: site.queue.enqueue, now: site.clock.now });
};

async function asked(email = 'ada@example.org'): Promise<string> {
  expect((await site.subscribe(newsletter.slug, { email })).status).toBe(202);
  return (await stored(email)).id;
}

test('a lost job is found by the sweep, and a sent one is not', async () => {
  await asked();
  site.queue.jobs.length = 0; // The queue lost the job.
  expect(await sweep()).toBe(1);
  expect(await site.work()).toEqual([{ status: 'sent' }]);
  expect(await sweep()).toBe(0);
  expect((await stored()).confirmationSentAt).toEqual(site.clock.now());
});

test('a queue that is down does not hinder subscribing, and is asked once by the sweep', async () => {
  const { db } = database;
  for (const name of ['a', 'b', 'c']) await asked(`${name}@example.org`);
  let asks = 0;
  const down = () => {
    asks += 1;
    return Promise.resolve(false);
  };
  expect(await enqueueUnsentConfirmations({ db, enqueue: down, now: site.clock.now })).toBe(0);
  expect(asks).toBe(1);
});

test('two workers at one request send one mail', async () => {
  const id = await asked();
  const results = await Promise.all(Array.from({ length: 5 }, () => site.send(id)));
  expect(results.filter(({ status }) => status === 'sent')).toHaveLength(1);
  expect(site.sink.messages).toHaveLength(1);
});

test('a relay that says later is asked later', async () => {
  site.sink.onStage((stage) => (stage === 'rcpt' ? { code: 451, text: '4.7.1 greylisted' } : undefined));
  const id = await asked();
  const dueAt = new Date(site.clock.now().getTime() + 5 * minute);
  expect(await site.work()).toEqual([{ status: 'deferred', dueAt }]);
  expect(await sweep()).toBe(0);
  expect(await site.send(id)).toEqual({ status: 'nothing-to-send' });
  site.clock.forward(5 * minute);
  expect(await sweep()).toBe(1);
  expect(await site.work()).toMatchObject([{ status: 'deferred' }]);
  site.sink.onStage(undefined);
  site.clock.forward(15 * minute);
  expect(await sweep()).toBe(1);
  expect(await site.work()).toEqual([{ status: 'sent' }]);
  await fetch(`${site.url}/confirm/${await site.tokenTo('ada@example.org')}`, { method: 'POST' });
  expect((await stored()).confirmedAt).not.toBeNull();
});

test('a relay that cannot be reached is asked later', async () => {
  site.sink.onStage((stage) => (stage === 'connect' ? { code: 421, text: 'not now' } : undefined));
  await asked();
  expect(await site.work()).toMatchObject([{ status: 'deferred' }]);
});

test('a relay that refuses is not asked again, until the reader asks again', async () => {
  site.sink.onStage((stage) => (stage === 'rcpt' ? { code: 550, text: '5.1.1 nobody here' } : undefined));
  await asked();
  expect(await site.work()).toEqual([{ status: 'refused' }]);
  site.clock.forward(day);
  expect(await sweep()).toBe(0);
  expect(await stored()).toMatchObject({
    confirmationSentAt: null,
    confirmationReply: expect.stringContaining('550') as string,
  });
  site.sink.onStage(undefined);
  await asked();
  expect(await site.work()).toEqual([{ status: 'sent' }]);
});

test('an uncertain end counts as sent', async () => {
  site.sink.onStage((stage) => (stage === 'dot' ? 'drop' : undefined));
  await asked();
  expect(await site.work()).toEqual([{ status: 'sent' }]);
  expect(await sweep()).toBe(0);
  await fetch(`${site.url}/confirm/${await site.tokenTo('ada@example.org')}`, { method: 'POST' });
  expect((await stored()).confirmedAt).not.toBeNull();
});

test('a worker that died in the middle loses its lease, and the mail is sent', async () => {
  const id = await asked();
  site.queue.jobs.length = 0;
  const dead = { db: database.db, mailer: dyingMailer, baseUrl: site.url, now: site.clock.now };
  await expect(sendConfirmation(dead, { subscriptionId: id })).rejects.toThrow('dies');
  expect(await sweep()).toBe(0);
  site.clock.forward(20 * minute);
  expect(await sweep()).toBe(1);
  expect(await site.work()).toEqual([{ status: 'sent' }]);
});

test('an unconfirmed request expires after 7 days, and can be repeated', async () => {
  await asked();
  await site.work();
  const expire = () => expireUnconfirmed({ db: database.db, now: site.clock.now });
  site.clock.forward(7 * day);
  expect(await expire()).toBe(0);
  site.clock.forward(minute);
  expect(await expire()).toBe(1);
  expect(await expire()).toBe(0);
  expect((await stored()).expiredAt).toEqual(site.clock.now());
  expect(await sweep()).toBe(0);
  await asked();
  expect((await stored()).expiredAt).toBeNull();
  expect(await site.work()).toEqual([{ status: 'sent' }]);
});

test('the queue is given ids, and no personal data', async () => {
  const id = await asked();
  expect(site.queue.jobs).toEqual([
    { queue: 'subscriptions', payload: { kind: 'confirm', subscriptionId: id } },
  ]);
});
