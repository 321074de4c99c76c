// What a reader who leaves is offered, and how their reason is recorded.
import { exportSubscriber } from '../../src/people/export-subscriber.js';
import { eraseSubscriber } from '../../src/people/erase-subscriber.js';
import { listLeavings } from '../../src/preferences/list-leavings.js';
import { signToken, type LinkPurpose } from '../../src/subscribers/tokens.js';
import { useDatabase, useSite } from '../support/fixture.js';
import { makeNewsletter, makeReaders } from '../support/newsroom.js';
import { secrets } from '../support/site.js';

const days = 24 * 3_600_000;

const database = useDatabase();
const site = useSite(database);
let newsletterId: string;
let ids: { id: string; subscriberId: string }[];
beforeAll(async () => {
  ({ id: newsletterId } = await makeNewsletter(database.db, {
    schedule: { frequencies: ['daily', 'weekly'], sendTime: '07:00', weeklyDay: 5 },
  }));
  await makeReaders(database.db, newsletterId, 6);
  ids = await database.db.query('select id, subscriber_id from subscriptions order by id');
});

const linkOf = (purpose: LinkPurpose, subscriptionId: string) =>
  `${site.url}/${purpose}/${signToken(secrets.derive('links'), purpose, subscriptionId)}`;

async function press(subscriptionId: string, fields: Record<string, string>) {
  const body = new URLSearchParams(fields);
  const answer = await fetch(linkOf('preferences', subscriptionId), { method: 'POST', body });
  return { status: answer.status, text: await answer.text() };
}
const leave = async (subscriptionId: string) => {
  const answer = await fetch(`${linkOf('unsubscribe', subscriptionId)}?via=page`, { method: 'POST' });
  return { status: answer.status, text: await answer.text() };
};

const leavings = async () =>
  (await listLeavings({ db: database.db }, { newsletterId, cursor: undefined, limit: 50 })).data;

const stored = (id: string) =>
  database.db.one<{ unsubscribedAt: Date | null; pausedUntil: Date | null; frequency: string | null }>(
    `select s.unsubscribed_at, s.paused_until, t.frequency from subscriptions s
     left join reading_times t on t.id = s.reading_time_id where s.id = $1`,
    [id],
  );

test('before leaving, the page offers weekly mail or a pause; a button does it', async () => {
  const { id } = ids[0]!;
  const page = await (await fetch(linkOf('unsubscribe', id))).text();
  const until = /name="until" value="([\d-]+)"/.exec(page)?.[1] ?? '';
  expect(page).toContain('name="frequency" value="weekly"');
  expect((await press(id, { action: 'save', frequency: 'weekly' })).text).toContain('Friday');
  expect(await stored(id)).toMatchObject({ frequency: 'weekly', unsubscribedAt: null });
  expect((await press(id, { action: 'pause', until })).status).toBe(200);
  const { pausedUntil } = await stored(id);
  expect(pausedUntil!.getTime() - site.clock.now().getTime()).toBeGreaterThan(28 * days);
  const answer = await fetch(linkOf('unsubscribe', id));
  expect(answer.status).toBe(200);
  const again = await answer.text();
  expect(again).not.toContain('name="frequency"');
  expect(again).not.toContain('name="until"');
});

test('leaving asks nothing; afterwards a reader can give a reason and correct it', async () => {
  const { id, subscriberId } = ids[1]!;
  const left = await leave(id);
  expect(left.text).toContain('You are unsubscribed');
  expect(left.text).toContain('name="reason"');
  const { unsubscribedAt } = await stored(id);
  expect(unsubscribedAt).not.toBeNull();
  expect((await press(id, { action: 'reason', comment: 'no reason' })).status).toBe(400);
  expect((await press(id, { action: 'reason', reason: 'nonsense' })).status).toBe(400);
  expect(await leavings()).toEqual([]);
  await press(id, { action: 'reason', reason: 'too-often' });
  const thanked = await press(id, {
    action: 'reason',
    reason: 'something-else',
    comment: `  <b>Too</b>\r\nmuch\u202e of it ${'x'.repeat(3000)}`,
  });
  expect(thanked.text).toContain('Thank you');
  expect(thanked.text).not.toContain('name="reason"');
  const [told, ...more] = await leavings();
  expect(more).toEqual([]);
  expect(told).toMatchObject({
    subscriberId,
    email: 'reader2@readers.example.org',
    unsubscribedAt,
    reason: 'something-else',
  });
  expect(told?.comment).toMatch(/^<b>Too<\/b> much of it x/);
  expect(told?.comment?.length).toBeLessThanOrEqual(500);
});

test('a reader who has not left, or left long ago, cannot give a reason', async () => {
  const { id } = ids[2]!;
  await press(id, { action: 'reason', reason: 'too-often' });
  await leave(id);
  site.clock.forward(8 * days);
  await press(id, { action: 'reason', reason: 'too-often' });
  expect((await leavings()).filter(({ email }) => email.startsWith('reader3'))).toEqual([]);
  const repeated = await leave(id);
  expect(repeated.text).not.toContain('name="reason"');
});

test('a second leaving has its own reason; the first was undone with less mail', async () => {
  const { id } = ids[3]!;
  await leave(id);
  await press(id, { action: 'reason', reason: 'too-often' });
  expect((await press(id, { action: 'rejoin-weekly' })).text).toContain('Friday');
  expect(await stored(id)).toMatchObject({ unsubscribedAt: null, frequency: 'weekly' });
  site.clock.forward(days);
  const left = await leave(id);
  expect(left.text).not.toContain('rejoin-weekly');
  await press(id, { action: 'reason', reason: 'not-interested' });
  const own = (await leavings()).filter(({ email }) => email.startsWith('reader4'));
  expect(own.map(({ reason }) => reason)).toEqual(['not-interested', 'too-often']);
});

test('is in the person’s export, and gone with them', async () => {
  const { id, subscriberId } = ids[4]!;
  await leave(id);
  await press(id, { action: 'reason', reason: 'never-asked', comment: 'who are you?' });
  expect(await exportSubscriber({ db: database.db }, { id: subscriberId })).toMatchObject({
    leavings: [{ reason: 'never-asked', comment: 'who are you?' }],
    addressChanges: [],
    clicks: [],
  });
  await eraseSubscriber({ db: database.db, now: site.clock.now }, { id: subscriberId });
  expect(await database.db.query('select 1 from leavings where comment = $1', ['who are you?'])).toEqual([]);
});
