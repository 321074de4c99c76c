// The status of a subscription, as computed by the database and by the pure function.
import { listSubscribers } from '../../src/subscribers/list-subscribers.js';
import { subscriptionStatus, subscriptionStatuses } from '../../src/subscribers/status.js';
import { useDatabase } from '../support/fixture.js';
import { makeNewsletter } from '../support/newsroom.js';

const database = useDatabase();

const early = new Date('2026-01-01T00:00:00Z');
const late = new Date('2026-02-01T00:00:00Z');
const times = {
  requestedAt: early,
  confirmedAt: null,
  unsubscribedAt: null,
  expiredAt: null,
  suppressed: false,
};

describe('a subscription is', () => {
  test.each([
    ['pending', {}],
    ['active', { confirmedAt: late }],
    ['unsubscribed', { confirmedAt: early, unsubscribedAt: late }],
    ['unsubscribed', { unsubscribedAt: late }],
    ['unsubscribed', { requestedAt: early, unsubscribedAt: early }],
    ['pending', { requestedAt: late, confirmedAt: early, unsubscribedAt: early }],
    ['unsubscribed', { requestedAt: late, confirmedAt: early, unsubscribedAt: early, expiredAt: late }],
    ['expired', { expiredAt: late }],
    ['suppressed', { confirmedAt: late, suppressed: true }],
    ['suppressed', { suppressed: true }],
  ])('%s with %j', (status, row) => expect(subscriptionStatus({ ...times, ...row })).toBe(status));
});

test('the database’s filter and the pure function agree on every combination of times', async () => {
  const { db } = database;
  const newsletter = await makeNewsletter(db);
  const dates = [null, early, late];
  const expected = new Map<string, string>();
  for (const requestedAt of [early, late])
    for (const confirmedAt of dates)
      for (const unsubscribedAt of dates)
        for (const expiredAt of dates)
          for (const suppressed of [false, true]) {
            const email = `reader${expected.size}@example.org`;
            const row = { requestedAt, confirmedAt, unsubscribedAt, expiredAt, suppressed };
            expected.set(email, subscriptionStatus(row));
            await db.change(
              `with r as (insert into subscribers (address, address_key, address_hash, domain)
                 values ($1::text, $1::text, sha256(convert_to($1::text, 'UTF8')), 'example.org') returning id, address_hash),
               u as (insert into suppressions (address_hash, reason) select address_hash, 'manual' from r where $7::boolean)
               insert into subscriptions (newsletter_id, subscriber_id, requested_at, confirmed_at, unsubscribed_at, expired_at)
               select $2::bigint, id, $3::timestamptz, $4::timestamptz, $5::timestamptz, $6::timestamptz from r`,
              [email, newsletter.id, requestedAt, confirmedAt, unsubscribedAt, expiredAt, suppressed],
            );
          }
  const found = new Map<string, string>();
  for (const status of subscriptionStatuses) {
    const { data } = await listSubscribers({ db }, { newsletter: newsletter.slug, status, limit: 200 });
    for (const subscriber of data) {
      expect(found.has(subscriber.email)).toBe(false);
      found.set(subscriber.email, status);
      expect(subscriber.subscriptions[0]?.status).toBe(status);
    }
  }
  expect(found).toEqual(expected);
});
