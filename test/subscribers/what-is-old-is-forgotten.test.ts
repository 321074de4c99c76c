// The retention sweep: what it deletes, and what it keeps.
import { forgetAudit } from '../../src/accounts/forget-audit.js';
import { recordAudit } from '../../src/accounts/audit.js';
import { readConfig } from '../../src/config/environment.js';
import type { Db } from '../../src/db.js';
import { finishIfDone } from '../../src/delivery/finish.js';
import { forgetDeliveries, forgetReplies } from '../../src/delivery/forget-deliveries.js';
import { getIssue } from '../../src/reports/progress.js';
import { deleteNewsletter } from '../../src/newsletters/delete-newsletter.js';
import { createSubscriber } from '../../src/joining/create-subscriber.js';
import { addSuppression } from '../../src/subscribers/suppressions.js';
import { forgetReadersAnswers } from '../../src/preferences/forget-answers.js';
import { unsubscribe } from '../../src/preferences/unsubscribe.js';
import { forgetReaders } from '../../src/subscribers/forget-readers.js';
import { recordConsent } from '../../src/subscribers/subscriptions.js';
import { signToken, type LinkPurpose } from '../../src/subscribers/tokens.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { closeAfterTest } from '../support/fixture.js';
import {
  assembleDeps,
  fanOutNext,
  makeNewsletter,
  makePosts,
  makeReaders,
  quiet,
  rememberingQueue,
} from '../support/newsroom.js';
import {
  clockAt,
  limits,
  secrets,
  startSite,
  subscriptionOf,
  type Clock,
  type Site,
} from '../support/site.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

let database: TestDatabase;
let clock: Clock;
beforeEach(async () => {
  database = await testDatabase();
  clock = clockAt(new Date('2020-06-01T09:00:00Z'));
});
afterEach(() => database.close());

const day = 86_400_000;
const retention = (text = '') => readConfig({ RETENTION: text }).retention;
const forget = async (text?: string) => {
  const deps = { db: database.db, retention: retention(text), now: clock.now };
  return { ...(await forgetReaders(deps)), ...(await forgetReadersAnswers(deps)) };
};
const days = (count: number) => clock.forward(count * day);
const count = async (from: string, params: unknown[] = []) =>
  (await database.db.one<{ n: number }>(`select count(*)::int as n from ${from}`, params)).n;

describe('readers', () => {
  let site: Site;
  let newsletterId: string;
  let otherId: string;
  beforeEach(async () => {
    site = closeAfterTest(await startSite(database.db, { clock }));
    ({ id: newsletterId } = await makeNewsletter(database.db, { slug: 'one' }));
    ({ id: otherId } = await makeNewsletter(database.db, { name: 'Another', slug: 'other' }));
  });
  const address = (n: number) => `reader${n}@readers.example.org`;
  const adding = (db: Db) => ({
    db,
    secrets,
    now: clock.now,
    enqueue: rememberingQueue().enqueue,
    subscribeLimits: limits(),
  });
  async function makeActive(newsletter: string, ...readers: number[]): Promise<void> {
    for (const n of readers) {
      const wanted = { email: address(n), newsletterId: newsletter, status: 'active', via: 'api' } as const;
      expect(await createSubscriber(adding(database.db), wanted)).toMatchObject({ ok: true });
    }
  }
  const numbers = (rows: { address: string }[]) =>
    rows.map((row) => Number(row.address.replaceAll(/\D/g, ''))).toSorted((one, other) => one - other);
  const left = async () =>
    numbers(await database.db.query<{ address: string }>('select address from subscribers'));

  const subscriptionId = async (n: number) =>
    (await subscriptionOf(database.db, newsletterId, address(n))).id;
  const linkOf = async (purpose: LinkPurpose, n: number) =>
    `${site.url}/${purpose}/${signToken(secrets.derive('links'), purpose, await subscriptionId(n))}`;
  const press = async (url: string, fields: Record<string, string> = {}) => {
    const answer = await fetch(url, {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers: { 'user-agent': 'A browser' },
    });
    expect(answer.status).toBe(200);
  };
  async function request(n: number, slug = 'one'): Promise<void> {
    expect((await site.subscribe(slug, { email: address(n) })).status).toBe(202);
  }
  async function confirm(n: number): Promise<void> {
    await site.work();
    await press(`${site.url}/confirm/${await site.tokenTo(address(n))}`);
  }
  const leave = async (n: number) => press(`${await linkOf('unsubscribe', n)}?via=page`);
  /** The next sweep after a week: requests that were not confirmed expire. */
  async function expire(): Promise<void> {
    clock.forward(7 * day + 1);
    await site.sweep();
  }

  test('readers who never confirmed are deleted with their request, unless they have another subscription', async () => {
    // Reader 4 was active once, and later asked again but did not confirm.
    await makeActive(newsletterId, 4);
    await leave(4);
    days(60);
    await request(3, 'other');
    await confirm(3);
    days(1);
    for (const n of [1, 3, 4]) await request(n);
    days(2);
    await request(2);
    clock.forward(5 * day + 1);
    await site.sweep();
    days(2);
    await site.sweep();
    days(29);
    const consents = await count('consents');
    // Readers 1, 3 and 4 expired 31 days ago, reader 2 29 days ago.
    expect(await forget()).toMatchObject({ unconfirmed: 2 });
    expect(await left()).toEqual([2, 3, 4]);
    expect(await count('subscriptions')).toBe(3);
    expect(await count('consents')).toBe(consents - 2);
    expect(await forget()).toMatchObject({ unconfirmed: 0 });
  });

  test('a reader who subscribes again at that moment stays', async () => {
    await makeActive(newsletterId, 2, 3, 4);
    await request(1);
    await expire();
    days(31);
    await database.db.transaction(async (tx) => {
      await tx.query(`select 1 from subscribers where address = 'reader1@readers.example.org' for update`);
      expect(await forget()).toMatchObject({ unconfirmed: 0 });
      const asked = await createSubscriber(adding(tx), { email: address(1), newsletterId, via: 'api' });
      expect(asked).toMatchObject({ ok: true, created: false });
    });
    expect(await forget()).toMatchObject({ unconfirmed: 0 });
    expect(await left()).toEqual([1, 2, 3, 4]);
  });

  test('people without a subscription, as their newsletter was deleted or they never had one', async () => {
    await makeActive(newsletterId, 1, 2, 3, 4);
    const deps = adding(database.db);
    expect(await createSubscriber(deps, { email: 'reader9@api.example.org', via: 'api' })).toMatchObject({
      ok: true,
    });
    await addSuppression(deps, { email: 'reader9@api.example.org' });
    await makeActive(otherId, 1);
    days(40);
    expect(await forget()).toMatchObject({ alone: 0 });
    expect(await deleteNewsletter(deps, { id: newsletterId })).toMatchObject({ ok: true });
    // The period starts when the sweep notices them, because the person may be needed elsewhere.
    days(1);
    await forget();
    expect(await left()).toEqual([1, 2, 3, 4, 9]);
    await makeActive(otherId, 2);
    days(28);
    expect(await forget()).toMatchObject({ alone: 0 });
    days(3);
    expect(await forget('unconfirmed=off')).toMatchObject({ alone: 0 });
    expect(await forget()).toMatchObject({ alone: 3 });
    expect(await left()).toEqual([1, 2]);
    // A person who subscribed in between was not alone. The period starts again.
    await database.db.change(`delete from subscriptions where subscriber_id in
      (select id from subscribers where address = 'reader2@readers.example.org')`);
    days(1);
    expect(await forget()).toMatchObject({ alone: 0 });
    days(31);
    expect(await forget()).toMatchObject({ alone: 1 });
    expect(await left()).toEqual([1]);
    expect(await count('suppressions')).toBe(1);
  });

  test('readers who left stay by default; with left=… they are deleted, except those who signed up again', async () => {
    await makeActive(newsletterId, 1, 2, 3, 4);
    days(100);
    for (const n of [1, 2]) await leave(n);
    days(799);
    await leave(3);
    await request(2);
    days(1);
    await forget();
    expect(await left()).toEqual([1, 2, 3, 4]);
    expect(await forget('left=365d')).toMatchObject({ left: 1 });
    expect(await left()).toEqual([2, 3, 4]);
  });

  test('the origin of a consent is kept while it is in use, and for three more years', async () => {
    await makeActive(newsletterId, 1, 2, 3, 4);
    for (const n of [1, 2, 3, 4])
      await recordConsent(database.db, {
        subscriptionId: await subscriptionId(n),
        event: 'confirmed',
        at: clock.now(),
        via: 'page',
        wording: 'Yes.',
        ip: '192.0.2.1',
        userAgent: 'A browser',
      });
    const end = async (n: number) => {
      const token = signToken(secrets.derive('links'), 'unsubscribe', await subscriptionId(n));
      const done = await unsubscribe({ db: database.db, secrets, now: clock.now }, { token, via: 'page' });
      expect(done.state).toBe('left');
    };
    const known = async () =>
      numbers(
        await database.db.query<{ address: string }>(
          `select distinct r.address from consents c join subscriptions s on s.id = c.subscription_id
           join subscribers r on r.id = s.subscriber_id where c.ip is not null and c.user_agent is not null`,
        ),
      );
    // Reader 1 is active, 2 left lately, 3 left long ago, 4 left long ago and came back.
    days(900);
    for (const n of [3, 4]) await end(n);
    days(10);
    await end(2);
    days(1_090);
    await request(4);
    expect(await forget()).toMatchObject({ origins: 1 });
    expect(await known()).toEqual([1, 2, 4]);
    expect(await forget()).toMatchObject({ origins: 0 });
    await confirm(4);
    days(10);
    expect(await forget()).toMatchObject({ origins: 1 });
    expect(await known()).toEqual([1, 4]);
    // Reader 3 is back with two new records, whose period starts when they leave again.
    await request(3);
    await confirm(3);
    days(2_000);
    expect(await forget()).toMatchObject({ origins: 0 });
    await end(3);
    days(1_000);
    expect(await forget()).toMatchObject({ origins: 0 });
    days(100);
    expect(await forget()).toMatchObject({ origins: 2 });
    expect(await known()).toEqual([1, 4]);
    // If unconfirmed requests are kept, such a request ends when it expires.
    await request(5);
    expect(await known()).toEqual([1, 4, 5]);
    await expire();
    days(1_094);
    expect(await forget('unconfirmed=off')).toMatchObject({ origins: 0 });
    days(2);
    expect(await forget('unconfirmed=off')).toMatchObject({ origins: 1 });
    expect(await known()).toEqual([1, 4]);
  });

  test('of a record of consent nothing but its origin can be forgotten, and nothing changed', async () => {
    await makeActive(newsletterId, 1);
    await recordConsent(database.db, {
      subscriptionId: await subscriptionId(1),
      event: 'confirmed',
      at: clock.now(),
      via: 'page',
      wording: 'Yes.',
      ip: '192.0.2.1',
      userAgent: 'A browser',
      detail: { a: 1 },
    });
    await leave(1);
    days(1_100);
    expect(await forget()).toMatchObject({ origins: 2 });
    expect(
      await database.db.query(
        'select event, wording, host(ip) as ip, user_agent, detail from consents where event = $1',
        ['confirmed'],
      ),
    ).toEqual([{ event: 'confirmed', wording: 'Yes.', ip: null, userAgent: null, detail: { a: 1 } }]);
    for (const columns of [
      `wording = 'No.'`,
      `wording = 'No.', ip = null, user_agent = null`,
      `ip = '192.0.2.2'`,
      `at = now(), ip = null, user_agent = null`,
      `detail = null, ip = null, user_agent = null`,
    ])
      await expect(
        database.db.change(`update consents set ${columns} where event = 'confirmed'`),
      ).rejects.toThrow('append-only');
  });

  test('their comments on leaving, and their other addresses', async () => {
    await makeActive(newsletterId, 1, 2);
    await leave(2);
    const because = { action: 'reason', reason: 'too-often', comment: 'My name is Ana' };
    await press(await linkOf('preferences', 2), because);
    const move = async (to: string) => press(await linkOf('preferences', 1), { action: 'move', address: to });
    days(339);
    await move('a@b.example');
    days(30);
    await move('c@b.example');
    days(1);
    expect(await forget()).toMatchObject({ comments: 1, addressChanges: 1 });
    expect(await database.db.query('select reason, comment from leavings')).toEqual([
      { reason: 'too-often', comment: null },
    ]);
    expect(await database.db.query('select address from address_changes')).toEqual([
      { address: 'c@b.example' },
    ]);
  });
});

test('relays’ words go, then the deliveries; the sums of the issue stay, more than a lot of them', async () => {
  const { db } = database;
  const { now } = clock;
  const newsletter = await makeNewsletter(db);
  await makeReaders(db, newsletter.id, 4_100, { now });
  const deps = assembleDeps(db, undefined, now);
  async function sent(): Promise<string> {
    await makePosts(db, newsletter.id, 2, now);
    const issueId = await fanOutNext(deps, newsletter.id);
    await db.change(
      `update deliveries set state = case subscriber_id % 3 when 0 then 'accepted' when 1 then 'refused' else 'uncertain' end,
         reply = 'said to reader@example.org' where issue_id = $1`,
      [issueId],
    );
    await db.query(
      `insert into attempts (issue_id, subscriber_id, attempt, relay, outcome, stage, reply)
       select issue_id, subscriber_id, 1, 'relay:25', 'refused', 'rcpt', reply from deliveries
       where issue_id = $1 and state = 'refused'`,
      [issueId],
    );
    expect(await finishIfDone({ db, log: quiet, now }, issueId)).toBe(true);
    return issueId;
  }
  const old = await sent();
  days(800);
  const young = await sent();
  const before = await getIssue(db, old);
  expect(before?.counts).toMatchObject({ candidates: 4_100 });
  const forgetting = { db, retention: retention(), now };

  await forgetReplies(forgetting);
  expect(await count('deliveries where issue_id = $1 and reply is not null', [old])).toBe(0);
  expect(await count('attempts where issue_id = $1 and reply is not null', [old])).toBe(0);
  expect(await count('attempts where issue_id = $1', [old])).toBeGreaterThan(1_000);
  expect(await count('deliveries where issue_id = $1 and reply is null', [young])).toBe(0);

  await forgetDeliveries({ ...forgetting, retention: retention('deliveries=off') });
  expect(await count('deliveries where issue_id = $1', [old])).toBe(4_100);
  for (const _ of ['once', 'twice']) await forgetDeliveries(forgetting);
  expect(await count('deliveries where issue_id = $1', [old])).toBe(0);
  expect(await count('attempts where issue_id = $1', [old])).toBe(0);
  expect(await count('deliveries where issue_id = $1', [young])).toBe(4_100);
  expect((await getIssue(db, old))?.counts).toEqual(before?.counts);
  // The remaining ledger still gives the same sums.
  await db.change('update issues set finished_at = null where id = $1', [old]);
  await finishIfDone({ db, log: quiet, now }, old);
  expect((await getIssue(db, old))?.status).toBe('finished');
});

test('the audit log is shortened by upkeep alone, and never of its last 90 days', async () => {
  const { db } = database;
  // The trigger counts the 90 days by the database's time.
  clock = clockAt(new Date(Date.now() - 1_100 * day));
  const { now } = clock;
  await recordAudit({ db, now }, { actor: { kind: 'cli', role: 'owner' }, action: 'feed.add' });
  days(1_100);
  await recordAudit({ db, now }, { actor: { kind: 'cli', role: 'owner' }, action: 'feed.change' });
  await expect(db.change('delete from audit')).rejects.toThrow('cannot be changed');
  await expect(
    db.transaction(async (tx) => {
      await tx.query(`select set_config('daily_digest.forgets', 'audit', true)`);
      await tx.change('delete from audit');
    }),
  ).rejects.toThrow('cannot be changed');
  expect(await forgetAudit({ db, retention: retention('audit=off'), now })).toBe(0);
  expect(await forgetAudit({ db, retention: retention(), now })).toBe(1);
  expect(await db.query('select action from audit')).toEqual([{ action: 'feed.change' }]);
});
