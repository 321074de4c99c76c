// What an admin can do with readers: add, find, change, erase and suppress them.
import type { Newsletter } from '../../src/newsletters/schema.js';
import { createSubscriber } from '../../src/joining/create-subscriber.js';
import { eraseSubscriber } from '../../src/people/erase-subscriber.js';
import { exportSubscriber } from '../../src/people/export-subscriber.js';
import { getSubscriber, listSubscribers } from '../../src/subscribers/list-subscribers.js';
import {
  addSuppression,
  liftSuppression,
  listSuppressions,
  suppressBounced,
} from '../../src/subscribers/suppressions.js';
import { updateSubscriber } from '../../src/subscribers/update-subscriber.js';
import { useDatabase, useSite } from '../support/fixture.js';
import { evidence, makeNewsletter } from '../support/newsroom.js';
import { limits, secrets, subscriptionOf } from '../support/site.js';

const database = useDatabase();
const site = useSite(database);
let newsletter: Newsletter;

beforeAll(async () => {
  newsletter = await makeNewsletter(database.db, {
    topics: ['Science', 'Arts'],
    schedule: { frequencies: ['daily', 'weekly'] },
  });
});
beforeEach(async () => {
  site.queue.jobs.length = 0;
  await database.db.change('delete from subscribers');
  await database.db.change('delete from suppressions');
});

const deps = () => ({
  db: database.db,
  enqueue: site.queue.enqueue,
  secrets,
  now: site.clock.now,
  subscribeLimits: limits(),
});
const create = (email: string, more: object = {}) =>
  createSubscriber(deps(), { email, newsletterId: newsletter.id, via: 'api', ...more });

async function created(email: string, more: object = {}) {
  const result = await create(email, more);
  if (!result.ok) throw new Error(result.code);
  return result.subscriber;
}

describe('an admin adds a reader', () => {
  test('with a basis for their consent, which makes them active where that is enough', async () => {
    const trusting = await makeNewsletter(database.db, { name: 'Trusting', confirm: 'imported-only' });
    const basis = 'Signed up on paper at the fair, 2026-11-20';
    const statusOf = async (email: string, more: object) => {
      const { subscriptions } = await created(email, more);
      return subscriptions.at(-1)?.status;
    };
    const newsletterId = trusting.id;
    expect(await statusOf('a@example.org', { newsletterId, basis })).toBe('active');
    expect(await statusOf('b@example.org', { newsletterId })).toBe('pending');
    expect(await statusOf('c@example.org', { newsletterId, basis: '  ' })).toBe('pending');
    expect(await statusOf('d@example.org', { newsletterId, basis, status: 'pending' })).toBe('pending');
    expect(await statusOf('e@example.org', { basis })).toBe('pending');
    expect(await statusOf('f@example.org', { basis, status: 'active' })).toBe('active');
    const consents = await database.db.query(
      `select r.address, c.event, c.detail from consents c join subscriptions s on s.id = c.subscription_id
       join subscribers r on r.id = s.subscriber_id where c.detail is not null order by r.address`,
    );
    expect(consents).toEqual(
      [
        ['a', 'added'],
        ['d', 'requested'],
        ['e', 'requested'],
        ['f', 'added'],
      ].map(([name, event]) => ({ address: `${name}@example.org`, event, detail: { basis } })),
    );
    // The form asks for confirmation, whatever consent the newsletter accepts from its publisher.
    site.queue.jobs.length = 0;
    await site.subscribe(trusting.slug, { email: 'g@example.org' });
    expect(site.queue.jobs).toMatchObject([{ payload: { kind: 'confirm' } }]);
  });

  test('who gets a confirmation mail, or for whom the admin vouches', async () => {
    const pending = await created('Pending@Example.org', { name: 'P' });
    expect(pending).toMatchObject({
      email: 'Pending@example.org',
      name: 'P',
      suppressed: null,
      subscriptions: [
        { newsletterId: newsletter.id, newsletter: newsletter.slug, status: 'pending', frequency: null },
      ],
    });
    expect(await site.work()).toEqual([{ status: 'sent' }]);
    const active = await created('active@example.org', { status: 'active' });
    expect(active.subscriptions).toMatchObject([{ status: 'active', confirmedAt: site.clock.now() }]);
    expect(await site.work()).toEqual([]);
    expect((await subscriptionOf(database.db, newsletter.id, 'active@example.org')).events).toEqual([
      'added',
    ]);
    expect(await create('ACTIVE@example.org', { status: 'active' })).toMatchObject({
      ok: true,
      created: false,
    });
    expect(await createSubscriber(deps(), { email: 'alone@example.org', via: 'api' })).toMatchObject({
      created: true,
      subscriber: { subscriptions: [] },
    });
  });

  test('but not a reader who left, is suppressed, or has an invalid address', async () => {
    const { id } = await created('left@example.org', { status: 'active' });
    await updateSubscriber(deps(), { id, via: 'api', newsletterId: newsletter.id, status: 'unsubscribed' });
    expect(await create('left@example.org', { status: 'active' })).toMatchObject({
      ok: false,
      code: 'unsubscribed',
    });
    await addSuppression(deps(), { email: 'never@example.org' });
    expect(await create('Never@example.org')).toMatchObject({ ok: false, code: 'suppressed' });
    expect(await create('nobody')).toMatchObject({ ok: false, code: 'invalid-address' });
    expect(await create('a@example.org', { name: 'www.x.org' })).toMatchObject({ code: 'invalid-name' });
    expect(await create('a@example.org', { newsletterId: '99' })).toMatchObject({
      code: 'unknown-newsletter',
    });
    expect(await create('a@example.org', { newsletterId: 'x' })).toMatchObject({
      code: 'unknown-newsletter',
    });
    expect(site.queue.jobs).toEqual([]);
  });
});

test('an admin finds readers by address, newsletter and status, page by page', async () => {
  const other = await makeNewsletter(database.db, { slug: 'another-one' });
  for (let n = 0; n < 5; n += 1)
    await created(`reader${n}@example.org`, { status: n < 3 ? 'active' : 'pending' });
  await created('reader0@example.org', { newsletterId: other.id });
  const emails = async (input: Parameters<typeof listSubscribers>[1]) =>
    (await listSubscribers(deps(), input)).data.map(({ email }) => email[6]).join('');
  expect(await emails({})).toBe('01234');
  expect(await emails({ email: 'Reader3@EXAMPLE.org' })).toBe('3');
  expect(await emails({ email: 'nonsense' })).toBe('');
  expect(await emails({ newsletter: newsletter.id, status: 'active' })).toBe('012');
  expect(await emails({ newsletter: 'another-one' })).toBe('0');
  expect(await emails({ newsletter: 'another-one', status: 'active' })).toBe('');
  expect(await emails({ status: 'pending' })).toBe('034');
  expect(await emails({ newsletter: 'nothing' })).toBe('');

  const { db } = database;
  const idOf = async (email: string) => (await listSubscribers(deps(), { email })).data[0]?.id ?? '';
  await db.query(
    `update subscriptions set topics = '{Arts,Science}' where subscriber_id = any ($1::bigint[])`,
    [[await idOf('reader1@example.org'), await idOf('reader3@example.org')]],
  );
  expect(await emails({ topic: 'Science' })).toBe('13');
  expect(await emails({ topic: 'Science', status: 'active', newsletter: newsletter.id })).toBe('1');
  expect(await emails({ topic: 'Science', newsletter: 'another-one' })).toBe('');
  expect(await emails({ topic: 'Arts', search: 'READER3' })).toBe('3');
  expect(await emails({ topic: 'Arts', email: 'reader2@example.org' })).toBe('');
  await suppressBounced(db, [
    { subscriberId: await idOf('reader1@example.org'), evidence: evidence('550 5.1.1') },
  ]);
  await db.query(
    `insert into feedback_events (issue_id, subscriber_id, kind, day, at, source, provider)
     values (1, $1, 'full', now(), now(), 'mail', 'example.org')`,
    [await idOf('reader4@example.org')],
  );
  expect(await emails({ problem: 'bounced' })).toBe('1');
  expect(await emails({ problem: 'bounced', status: 'suppressed', topic: 'Arts' })).toBe('1');
  expect(await emails({ problem: 'full' })).toBe('4');
  expect(await emails({ problem: 'full', status: 'active' })).toBe('');
  expect(await emails({ problem: 'full', email: 'reader4@example.org' })).toBe('4');
  expect(await emails({ problem: 'refused' })).toBe('');
  expect(await emails({ search: 'reader', status: 'pending' })).toBe('034');
  const first = await listSubscribers(deps(), { limit: 3 });
  expect(first.nextCursor).not.toBeNull();
  const second = await listSubscribers(deps(), { limit: 3, cursor: first.nextCursor ?? '' });
  expect([...first.data, ...second.data]).toHaveLength(5);
  expect(second.nextCursor).toBeNull();
  expect(await emails({ cursor: "'; drop table" })).toBe('01234');
});

describe('an admin changes a reader', () => {
  test('who keeps all other values', async () => {
    const { id } = await created('ada@example.org', { name: 'Ada', status: 'active' });
    const change = (input: object) =>
      updateSubscriber(deps(), { id, via: 'api', newsletterId: newsletter.id, ...input });
    expect(await change({ frequency: 'weekly', sendTime: '18:00', topics: ['arts'] })).toMatchObject({
      subscriber: {
        name: 'Ada',
        subscriptions: [{ frequency: 'weekly', sendTime: '18:00', topics: ['Arts'], weekday: 1 }],
      },
    });
    const pausedUntil = new Date('2030-01-01T00:00:00Z');
    expect(await change({ timezone: 'Asia/Tokyo', pausedUntil, language: 'ja' })).toMatchObject({
      subscriber: {
        language: 'ja',
        subscriptions: [
          { frequency: 'weekly', sendTime: '18:00', timezone: 'Asia/Tokyo', topics: ['Arts'], pausedUntil },
        ],
      },
    });
    expect(await change({ name: null, topics: null, pausedUntil: null })).toMatchObject({
      subscriber: {
        name: null,
        language: 'ja',
        subscriptions: [{ topics: null, pausedUntil: null, sendTime: '18:00' }],
      },
    });
    expect((await subscriptionOf(database.db, newsletter.id, 'ada@example.org')).events).toEqual([
      'added',
      'changed',
      // Two records for each change: one of the subscription, one of the person.
      'changed',
      'changed',
      'changed',
      'changed',
    ]);
  });

  test('wholly or not at all', async () => {
    const { id } = await created('ada@example.org', { name: 'Ada' });
    const change = (input: object) => updateSubscriber(deps(), { id, via: 'api', name: 'Changed', ...input });
    expect(await change({ topics: ['Arts'] })).toMatchObject({ code: 'newsletter-missing' });
    expect(await change({ newsletterId: newsletter.id, sendTime: '25:00' })).toMatchObject({
      code: 'invalid-sendTime',
    });
    expect(await change({ newsletterId: '999', sendTime: '05:00' })).toMatchObject({
      code: 'not-subscribed',
    });
    expect(await change({ language: 'no language' })).toMatchObject({ code: 'invalid-language' });
    expect(await change({ name: 'http://x.example' })).toMatchObject({ code: 'invalid-name' });
    expect(await change({ id: '999' })).toMatchObject({ code: 'not-found' });
    expect(await change({ id: 'x' })).toMatchObject({ code: 'not-found' });
    expect(await getSubscriber(deps(), id)).toMatchObject({ name: 'Ada' });
  });
});

test('every change by an admin is in the record of consent with its values, and nothing else is', async () => {
  const other = await makeNewsletter(database.db, { slug: 'a-second-one' });
  const { id } = await created('ada@example.org', { name: 'Ada', status: 'active' });
  await created('ada@example.org', { newsletterId: other.id });
  const records = (newsletterId: string) =>
    database.db.query(
      `select event, via, detail from consents where subscription_id = (
         select id from subscriptions where newsletter_id = $1) order by id`,
      [newsletterId],
    );
  const change = (input: object) => updateSubscriber(deps(), { id, via: 'api', ...input });
  await change({ name: 'Ada', language: null });
  await change({ name: 'Ada Lovelace', language: 'fr' });
  await change({ language: null });
  const ofBoth = [
    { event: 'changed', via: 'api', detail: { name: 'Ada Lovelace', language: 'fr' } },
    { event: 'changed', via: 'api', detail: { language: null } },
  ];
  expect(await records(newsletter.id)).toEqual([
    { event: 'added', via: 'api', detail: { name: 'Ada' } },
    ...ofBoth,
  ]);
  expect(await records(other.id)).toEqual([{ event: 'requested', via: 'api', detail: null }, ...ofBoth]);
});

test('the choices of a request are in its record, also if it replaces another request', async () => {
  const email = 'ada@example.org';
  await site.subscribe(newsletter.slug, { email, name: 'Ada', frequency: 'weekly', topics: ['Arts'] });
  site.clock.forward(24 * 3_600_000);
  await site.subscribe(newsletter.slug, { email, sendTime: '18:00' });
  expect(await database.db.query(`select event, detail from consents order by id`)).toMatchObject([
    { event: 'requested', detail: { name: 'Ada', choices: { frequency: 'weekly', topics: ['Arts'] } } },
    { event: 'requested', detail: { choices: { sendTime: '18:00' } } },
  ]);
});

test('an erased reader leaves a keyed hash, and an anonymous delivery', async () => {
  const { db } = database;
  const { id, subscriptions } = await created('gone@example.org', { status: 'active' });
  const { id: issueId } = await db.one<{ id: string }>(
    `insert into issues (newsletter_id, kind, slot, review, candidates, excluded, fanned_out_at)
     values ($1, 'manual', now(), 'auto', 1, '{}', now()) returning id`,
    [newsletter.id],
  );
  await db.change(
    `insert into deliveries (issue_id, subscriber_id, subscription_id, variant_id, batch, read_from, state, reply)
     values ($1, $2, $3, 1, 1, 0, 'refused', '550 <gone@example.org> unknown')`,
    [issueId, id, subscriptions[0]?.id],
  );
  const exported = await exportSubscriber(deps(), { id });
  expect(exported).toMatchObject({
    subscriber: { email: 'gone@example.org' },
    consents: [{ event: 'added', via: 'api' }],
    deliveries: [{ issueId, state: 'refused' }],
  });
  expect(await eraseSubscriber(deps(), { id })).toBe(true);
  expect(await eraseSubscriber(deps(), { id })).toBe(false);
  expect(await eraseSubscriber(deps(), { id: 'x' })).toBe(false);
  expect(await exportSubscriber(deps(), { id })).toBeUndefined();
  const [left] = await db.query<{ count: number }>(
    `select ((select count(*) from subscribers) + (select count(*) from subscriptions)
       + (select count(*) from consents))::int as count`,
  );
  expect(left).toEqual({ count: 0 });
  expect(await db.query('select state, reply from deliveries where issue_id = $1', [issueId])).toEqual([
    { state: 'refused', reply: null },
  ]);
  const { data } = await listSuppressions(deps(), {});
  expect(data).toMatchObject([{ reason: 'erasure', email: null, detail: null }]);
  // The form gives its usual answer, but stores nothing.
  expect((await site.subscribe(newsletter.slug, { email: 'gone@example.org' })).status).toBe(202);
  expect(await db.query('select 1 from subscribers')).toEqual([]);
});

test('suppressions are added, listed, found and lifted', async () => {
  const { id } = await created('ada@example.org', { status: 'active' });
  const added = await addSuppression(deps(), { email: 'Ada@Example.org', detail: 'asked by phone' });
  expect(added).toMatchObject({
    ok: true,
    created: true,
    suppression: { reason: 'manual', email: 'ada@example.org' },
  });
  expect(await addSuppression(deps(), { email: 'ada@example.org' })).toMatchObject({ created: false });
  expect(await addSuppression(deps(), { email: 'ada' })).toMatchObject({
    ok: false,
    code: 'invalid-address',
  });
  expect(await getSubscriber(deps(), id)).toMatchObject({
    suppressed: 'manual',
    subscriptions: [{ status: 'suppressed' }],
  });
  for (let n = 0; n < 4; n += 1) await addSuppression(deps(), { email: `other${n}@example.org` });
  const first = await listSuppressions(deps(), { limit: 3 });
  const second = await listSuppressions(deps(), { limit: 3, cursor: first.nextCursor ?? '' });
  expect(new Set([...first.data, ...second.data].map((one) => one.id)).size).toBe(5);
  expect(second.nextCursor).toBeNull();
  const [found] = (await listSuppressions(deps(), { email: 'ADA@example.org' })).data;
  expect(found).toMatchObject({ detail: 'asked by phone' });
  const lift = (suppressionId: string) =>
    liftSuppression(deps(), { id: suppressionId, isOwner: false, note: undefined });
  expect(await lift(found?.id ?? '')).toBe('lifted');
  expect(await lift(found?.id ?? '')).toBe('not-found');
  expect(await lift('nonsense')).toBe('not-found');
  expect(await getSubscriber(deps(), id)).toMatchObject({ subscriptions: [{ status: 'active' }] });
});
