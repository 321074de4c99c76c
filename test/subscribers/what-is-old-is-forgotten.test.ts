// The retention sweep: what it deletes, and what it keeps.
import { forgetAudit } from '../../src/accounts/forget-audit.js';
import { recordAudit } from '../../src/accounts/audit.js';
import { readConfig } from '../../src/config/environment.js';
import { finishIfDone } from '../../src/delivery/finish.js';
import { forgetDeliveries, forgetReplies } from '../../src/delivery/forget-deliveries.js';
import { getIssue } from '../../src/reports/progress.js';
import { deleteNewsletter } from '../../src/newsletters/delete-newsletter.js';
import { openSecrets } from '../../src/secrets.js';
import { createSubscriber } from '../../src/joining/create-subscriber.js';
import { addSuppression } from '../../src/subscribers/suppressions.js';
import { forgetReadersAnswers } from '../../src/preferences/forget-answers.js';
import { forgetReaders } from '../../src/subscribers/forget-readers.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import {
  assembleDeps,
  fanOutNext,
  makeNewsletter,
  makePosts,
  makeReaders,
  quiet,
  rememberingQueue,
  secretKey,
} from '../support/newsroom.js';
import { limits } from '../support/site.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase();
});
afterEach(() => database.close());

const retention = (text = '') => readConfig({ RETENTION: text }).retention;
const forget = async (text?: string, days = 0) => {
  const deps = { db: database.db, retention: retention(text), now: () => inDays(days) };
  return { ...(await forgetReaders(deps)), ...(await forgetReadersAnswers(deps)) };
};
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);
const count = async (from: string, params: unknown[] = []) =>
  (await database.db.one<{ n: number }>(`select count(*)::int as n from ${from}`, params)).n;

describe('readers', () => {
  let newsletterId: string;
  let otherId: string;
  beforeEach(async () => {
    ({ id: newsletterId } = await makeNewsletter(database.db));
    ({ id: otherId } = await makeNewsletter(database.db, { name: 'Another' }));
    await makeReaders(database.db, newsletterId, 4);
  });
  const set = (n: number, columns: string) =>
    database.db.change(
      `update subscriptions s set ${columns} from subscribers r
       where r.id = s.subscriber_id and r.address = $1 and s.newsletter_id = $2`,
      [`reader${n}@readers.example.org`, newsletterId],
    );
  const left = async () =>
    (await database.db.query<{ address: string }>('select address from subscribers order by id')).map(
      ({ address }) => Number(address.replaceAll(/\D/g, '')),
    );

  test('readers who never confirmed are deleted with their request, unless they have another subscription', async () => {
    await set(1, `confirmed_at = null, expired_at = now() - interval '31 days'`);
    await set(2, `confirmed_at = null, expired_at = now() - interval '29 days'`);
    await set(3, `confirmed_at = null, expired_at = now() - interval '31 days'`);
    // Reader 4 was active once, and later asked again but did not confirm.
    await set(4, `unsubscribed_at = now() - interval '99 days', expired_at = now() - interval '31 days'`);
    await database.db.query(
      `insert into subscriptions (newsletter_id, subscriber_id, confirmed_at)
       select $1, id, now() from subscribers where address = 'reader3@readers.example.org'`,
      [otherId],
    );
    await database.db.query(
      `insert into consents (subscription_id, event, via) select id, 'requested', 'form' from subscriptions`,
    );
    expect(await forget()).toMatchObject({ unconfirmed: 2 });
    expect(await left()).toEqual([2, 3, 4]);
    expect(await count('subscriptions')).toBe(3);
    expect(await count('consents')).toBe(3);
    expect(await forget()).toMatchObject({ unconfirmed: 0 });
  });

  test('a reader who subscribes again at that moment stays', async () => {
    await set(1, `confirmed_at = null, expired_at = now() - interval '31 days'`);
    await database.db.transaction(async (tx) => {
      await tx.query(`select 1 from subscribers where address = 'reader1@readers.example.org' for update`);
      expect(await forget()).toMatchObject({ unconfirmed: 0 });
      await tx.change(
        `update subscriptions set expired_at = null, requested_at = now() where confirmed_at is null`,
      );
    });
    expect(await forget()).toMatchObject({ unconfirmed: 0 });
    expect(await left()).toEqual([1, 2, 3, 4]);
  });

  test('people without a subscription, as their newsletter was deleted or they never had one', async () => {
    const deps = {
      db: database.db,
      secrets: openSecrets(secretKey),
      now: () => new Date(),
      enqueue: rememberingQueue().enqueue,
      subscribeLimits: limits(),
    };
    expect(await createSubscriber(deps, { email: 'reader9@api.example.org', via: 'api' })).toMatchObject({
      ok: true,
    });
    await addSuppression(deps, { email: 'reader9@api.example.org' });
    await makeReaders(database.db, otherId, 1);
    expect(await forget(undefined, 40)).toMatchObject({ alone: 0 });
    expect(await deleteNewsletter(deps, { id: newsletterId })).toMatchObject({ ok: true });
    // The period starts when the sweep notices them, because the person may be needed elsewhere.
    await forget(undefined, 41);
    expect(await left()).toEqual([1, 2, 3, 4, 9]);
    await database.db.query(
      `insert into subscriptions (newsletter_id, subscriber_id, confirmed_at)
       select $1, id, now() from subscribers where address = 'reader2@readers.example.org'`,
      [otherId],
    );
    expect(await forget(undefined, 69)).toMatchObject({ alone: 0 });
    expect(await forget('unconfirmed=off', 90)).toMatchObject({ alone: 0 });
    expect(await forget(undefined, 72)).toMatchObject({ alone: 3 });
    expect(await left()).toEqual([1, 2]);
    // A person who subscribed in between was not alone. The period starts again.
    await database.db.change(`delete from subscriptions where subscriber_id in
      (select id from subscribers where address = 'reader2@readers.example.org')`);
    expect(await forget(undefined, 73)).toMatchObject({ alone: 0 });
    expect(await forget(undefined, 104)).toMatchObject({ alone: 1 });
    expect(await left()).toEqual([1]);
    expect(await count('suppressions')).toBe(1);
  });

  test('readers who left stay by default; with left=… they are deleted, except those who signed up again', async () => {
    await set(1, `requested_at = now() - interval '900 days', unsubscribed_at = now() - interval '800 days'`);
    await set(2, `requested_at = now() - interval '1 day', unsubscribed_at = now() - interval '800 days'`);
    await set(3, `requested_at = now() - interval '900 days', unsubscribed_at = now() - interval '1 day'`);
    await forget();
    expect(await left()).toEqual([1, 2, 3, 4]);
    expect(await forget('left=365d')).toMatchObject({ left: 1 });
    expect(await left()).toEqual([2, 3, 4]);
  });

  test('the origin of a consent is kept while it is in use, and for three more years', async () => {
    await database.db.query(
      `insert into consents (subscription_id, event, via, at, wording, ip, user_agent, detail)
       select id, 'confirmed', 'page', now() - interval '2000 days', 'Yes.', '192.0.2.1', 'A browser', '{"a":1}'
       from subscriptions`,
    );
    const subscribed = `requested_at = now() - interval '2000 days', confirmed_at = now() - interval '2000 days'`;
    for (const n of [1, 2, 3, 4]) await set(n, subscribed);
    const known = async () =>
      (
        await database.db.query<{ address: string }>(
          `select r.address from consents c join subscriptions s on s.id = c.subscription_id
           join subscribers r on r.id = s.subscriber_id where c.ip is not null and c.user_agent is not null order by 1`,
        )
      ).map(({ address }) => Number(address.replaceAll(/\D/g, '')));
    // Reader 1 is active, 2 left lately, 3 left long ago, 4 left long ago and came back.
    await set(2, `unsubscribed_at = now() - interval '1090 days'`);
    await set(3, `unsubscribed_at = now() - interval '1100 days'`);
    await set(4, `unsubscribed_at = now() - interval '1100 days', requested_at = now()`);
    expect(await forget()).toMatchObject({ origins: 1 });
    expect(await known()).toEqual([1, 2, 4]);
    expect(await forget()).toMatchObject({ origins: 0 });
    await set(4, `unsubscribed_at = null`);
    expect(await forget('', 10)).toMatchObject({ origins: 1 });
    expect(await known()).toEqual([1, 4]);
    // Reader 3 is back with a new consent, whose period starts when they leave again.
    await set(3, `unsubscribed_at = null, confirmed_at = now()`);
    await database.db.query(
      `insert into consents (subscription_id, event, via, ip, user_agent)
       select s.id, 'confirmed', 'page', '192.0.2.3', 'A browser' from subscriptions s join subscribers r on r.id = s.subscriber_id
       where r.address = 'reader3@readers.example.org'`,
    );
    expect(await forget('', 2_000)).toMatchObject({ origins: 0 });
    await set(3, `unsubscribed_at = now()`);
    expect(await forget('', 1_000)).toMatchObject({ origins: 0 });
    expect(await forget('', 1_100)).toMatchObject({ origins: 1 });
    expect(await known()).toEqual([1, 4]);
    // If unconfirmed requests are kept, such a request ends when it expires.
    await set(4, `confirmed_at = null, expired_at = now()`);
    expect(await forget('unconfirmed=off', 1_100)).toMatchObject({ origins: 1 });
    expect(await known()).toEqual([1]);
  });

  test('of a record of consent nothing but its origin can be forgotten, and nothing changed', async () => {
    await database.db.query(
      `insert into consents (subscription_id, event, via, at, wording, ip, user_agent, detail)
       select min(id), 'confirmed', 'page', now(), 'Yes.', '192.0.2.1', 'A browser', '{"a":1}' from subscriptions`,
    );
    await database.db.change(`update subscriptions set unsubscribed_at = now(), requested_at = now()`);
    expect(await forget('', 1_100)).toMatchObject({ origins: 1 });
    expect(
      await database.db.query('select event, wording, host(ip) as ip, user_agent, detail from consents'),
    ).toEqual([{ event: 'confirmed', wording: 'Yes.', ip: null, userAgent: null, detail: { a: 1 } }]);
    for (const columns of [
      `wording = 'No.'`,
      `wording = 'No.', ip = null, user_agent = null`,
      `ip = '192.0.2.2'`,
      `at = now(), ip = null, user_agent = null`,
      `detail = null, ip = null, user_agent = null`,
    ])
      await expect(database.db.change(`update consents set ${columns}`)).rejects.toThrow('append-only');
  });

  test('their comments on leaving, and their other addresses', async () => {
    await database.db.query(
      `insert into leavings (subscription_id, newsletter_id, unsubscribed_at, reason, comment, at)
       select id, newsletter_id, now(), 'too-often', 'My name is Ana', now() - interval '370 days' from subscriptions limit 1`,
    );
    await database.db.query(
      `insert into address_changes (subscriber_id, subscription_id, address, address_key, address_hash, domain, mails_new,
         requested_at, expires_at, due_at)
       select subscriber_id, id, 'a@b.example', 'a@b.example', '', 'b.example', true, now() - days * interval '1 day',
         now() - (days - 3) * interval '1 day', now() from subscriptions, unnest(array[1, 31]) as days
       where subscriber_id = (select min(subscriber_id) from subscriptions)`,
    );
    expect(await forget()).toMatchObject({ comments: 1, addressChanges: 1 });
    expect(await database.db.query('select reason, comment from leavings')).toEqual([
      { reason: 'too-often', comment: null },
    ]);
    expect(await count('address_changes')).toBe(1);
  });
});

test('relays’ words go, then the deliveries; the sums of the issue stay, more than a lot of them', async () => {
  const { db } = database;
  const newsletter = await makeNewsletter(db);
  await makeReaders(db, newsletter.id, 4_100);
  await makePosts(db, newsletter.id, 2);
  const deps = assembleDeps(db);
  const issues: string[] = [];
  for (const _ of ['old', 'young']) {
    issues.push(await fanOutNext(deps, newsletter.id));
    await makePosts(db, newsletter.id, 1);
  }
  const [old, young] = issues as [string, string];
  await db.change(
    `update deliveries set state = case subscriber_id % 3 when 0 then 'accepted' when 1 then 'refused' else 'uncertain' end,
       reply = 'said to reader@example.org'`,
  );
  await db.query(
    `insert into attempts (issue_id, subscriber_id, attempt, relay, outcome, stage, reply)
     select issue_id, subscriber_id, 1, 'relay:25', 'refused', 'rcpt', reply from deliveries where state = 'refused'`,
  );
  for (const issueId of issues) await finishIfDone({ db, log: quiet }, issueId);
  await db.change(`update issues set finished_at = now() - interval '800 days' where id = $1`, [old]);
  const before = await getIssue(db, old);
  expect(before?.counts).toMatchObject({ candidates: 4_100 });
  const forgetting = { db, retention: retention(), now: () => new Date() };

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
  await finishIfDone({ db, log: quiet }, old);
  expect((await getIssue(db, old))?.status).toBe('finished');
});

test('the audit log is shortened by upkeep alone, and never of its last 90 days', async () => {
  const { db } = database;
  for (const [action, days] of [
    ['old', -1_100],
    ['young', 0],
  ] as const)
    await recordAudit({ db, now: () => inDays(days) }, { actor: { kind: 'cli', role: 'owner' }, action });
  await expect(db.change('delete from audit')).rejects.toThrow('cannot be changed');
  await expect(
    db.transaction(async (tx) => {
      await tx.query(`select set_config('daily_digest.forgets', 'audit', true)`);
      await tx.change('delete from audit');
    }),
  ).rejects.toThrow('cannot be changed');
  expect(await forgetAudit({ db, retention: retention('audit=off'), now: () => new Date() })).toBe(0);
  expect(await forgetAudit({ db, retention: retention(), now: () => new Date() })).toBe(1);
  expect(await db.query('select action from audit')).toEqual([{ action: 'young' }]);
});
