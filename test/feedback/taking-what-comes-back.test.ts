// What came back changes deliveries and readers: once, by a token of ours, and however often and in whatever order
// it comes in.
import { day } from '../../src/durations.js';
import { getIssue, getIssueProgress } from '../../src/reports/progress.js';
import { eventsOf } from '../../src/feedback/events.js';
import { forgetFeedbackAbout } from '../../src/feedback/forget-feedback.js';
import { putFeedback } from '../../src/feedback/put.js';
import { takeMails, type TakeMailsDeps } from '../../src/feedback/take-mails.js';
import { guardIssue } from '../../src/delivery/guard-issue.js';
import { sumsAgree } from '../../src/delivery/counts.js';
import { envelopeSender, type MailOrigin } from '../../src/mail/verp.js';
import { openSecrets } from '../../src/secrets.js';
import { useDatabase } from '../support/fixture.js';
import { quiet, rememberingQueue, secretKey } from '../support/newsroom.js';
import { allowSlowTests } from '../support/time-limit.js';
import { complaint } from './sample-mail.js';
import { acceptedIssue as accepted, bounce, expectEffectsOnce, threeTimes } from './three-times.js';

allowSlowTests();

const database = useDatabase();
const secrets = openSecrets(secretKey);
const { enqueue } = rememberingQueue();

let clock: Date;
const now = () => clock;
beforeEach(() => {
  clock = new Date();
});

const takeDeps = (over: Partial<TakeMailsDeps> = {}): TakeMailsDeps => ({
  db: database.db,
  log: quiet,
  now,
  secrets,
  stopping: () => false,
  ...over,
});

const addressOf = (origin: MailOrigin, keys = secrets) =>
  envelopeSender(keys.derive('verp'), origin, 'bounces.example.org');

const acceptedIssue = (readers: number) => accepted(database.db, readers, clock);

const unknownUser = (address: string) => bounce(address, '5.1.1', '550 5.1.1 User unknown');

async function comesBack(raw: string, origin: MailOrigin | string): Promise<void> {
  const recipient = typeof origin === 'string' ? origin : addressOf(origin);
  await putFeedback(
    { db: database.db, enqueue, now },
    { raw: Buffer.from(raw), source: 'command', recipient },
  );
  await takeMails(takeDeps());
}

async function stateOf(issueId: string, subscriberId: string) {
  return database.db.one(
    `select d.state, d.reason, u.reason as suppressed from deliveries d
     left join subscribers r on r.id = d.subscriber_id left join suppressions u on u.address_hash = r.address_hash
     where d.issue_id = $1 and d.subscriber_id = $2`,
    [issueId, subscriberId],
  );
}

async function countsOf(issueId: string) {
  const progress = await getIssueProgress(database.db, issueId);
  if (progress === undefined) throw new Error('no issue');
  return progress.counts;
}

const lastMail = () =>
  database.db.one<{ result: string | null; reason: string | null }>(
    'select result, reason from feedback_inbox order by id desc limit 1',
  );

test.each([
  ['5.1.1', '550 5.1.1 User unknown', { state: 'bounced', reason: 'hard', suppressed: 'bounce' }],
  ['5.2.2', '552 5.2.2 Mailbox full', { state: 'bounced', reason: 'full', suppressed: null }],
  ['5.7.1', '550 5.7.1 Message rejected as spam', { state: 'bounced', reason: 'content', suppressed: null }],
  ['5.7.1', '550 5.7.1 refused by our policy', { state: 'bounced', reason: 'policy', suppressed: null }],
  ['5.0.0', '550 5.0.0 no', { state: 'bounced', reason: 'unknown', suppressed: null }],
])('a bounce with %s, %s', async (status, words, state) => {
  const { issueId, readers } = await acceptedIssue(2);
  const [{ subscriberId, address } = { subscriberId: '', address: '' }] = readers;
  await comesBack(bounce(address, status, words), { kind: 'delivery', issueId, subscriberId });
  expect(await stateOf(issueId, subscriberId)).toEqual(state);
  const counts = await countsOf(issueId);
  expect([counts.bounced, counts.accepted, sumsAgree(counts)]).toEqual([1, 1, true]);
  expect(await eventsOf(database.db, subscriberId)).toMatchObject([{ kind: state.reason, status, words }]);
  expect((await getIssue(database.db, issueId))?.returned).toEqual([
    { kind: state.reason, provider: 'others', count: 1 },
  ]);
});

test('a complaint suppresses for good, also after a bounce, and is a record of consent', async () => {
  const { issueId, readers } = await acceptedIssue(1);
  const [{ subscriberId, subscriptionId, address } = { subscriberId: '', subscriptionId: '', address: '' }] =
    readers;
  const origin: MailOrigin = { kind: 'delivery', issueId, subscriberId };
  await comesBack(complaint('not-spam'), origin);
  expect(await stateOf(issueId, subscriberId)).toMatchObject({ state: 'accepted', suppressed: null });
  await comesBack(unknownUser(address), origin);
  await comesBack(complaint(), origin);
  expect(await stateOf(issueId, subscriberId)).toMatchObject({
    state: 'complained',
    suppressed: 'complaint',
  });
  // A later bounce changes neither.
  clock = new Date(clock.getTime() + day);
  await comesBack(`${unknownUser(address)}\n`, origin);
  expect(await stateOf(issueId, subscriberId)).toMatchObject({
    state: 'complained',
    suppressed: 'complaint',
  });
  const consents = await database.db.query<{ event: string }>(
    `select event from consents where subscription_id = $1 and event = 'complained'`,
    [subscriptionId],
  );
  expect(consents).toHaveLength(1);
});

test('forged, foreign, old and silent mails change nothing', async () => {
  const { issueId, readers } = await acceptedIssue(1);
  const [{ subscriberId, address } = { subscriberId: '', address: '' }] = readers;
  const origin: MailOrigin = { kind: 'delivery', issueId, subscriberId };
  const forged = addressOf(origin).replace(/.(?=@)/, (last) => (last === '0' ? '1' : '0'));
  await comesBack(unknownUser(address), forged);
  expect(await lastMail()).toEqual({ result: 'ignored', reason: 'no-token' });
  await comesBack(
    unknownUser(address),
    addressOf(origin, openSecrets('a key of another installation, long enough')),
  );
  expect(await lastMail()).toEqual({ result: 'ignored', reason: 'no-token' });
  await comesBack(`From: ${address}\nSubject: thanks\n\nI like it.\n`, origin);
  expect(await lastMail()).toEqual({ result: 'ignored', reason: 'nothing-said' });
  await comesBack(unknownUser(address), { ...origin, subscriberId: '999999' });
  expect(await lastMail()).toEqual({ result: 'ignored', reason: 'forgotten' });
  const automatic = `From: ${address}\nSubject: Automatic reply: away\n\nAway.\n`;
  await comesBack(automatic, origin);
  expect(await lastMail()).toEqual({ result: 'recorded', reason: null });
  clock = new Date(clock.getTime() + 31 * day);
  await comesBack(unknownUser(address), origin);
  expect(await lastMail()).toEqual({ result: 'ignored', reason: 'too-old' });
  expect(await stateOf(issueId, subscriberId)).toEqual({ state: 'accepted', reason: null, suppressed: null });
});

test('five days with a full mailbox suppress, unless a message arrived between', async () => {
  const first = new Date();
  const { issueId, readers } = await acceptedIssue(2);
  const later = await acceptedIssue(1);
  const [one, other] = readers;
  if (one === undefined || other === undefined) throw new Error('no readers');
  for (let days = 0; days < 5; days += 1) {
    clock = new Date(first.getTime() + days * day);
    for (const { subscriberId, address } of [one, other]) {
      const raw = `X-Day: ${days}\n${bounce(address, '5.2.2', '552 5.2.2 full')}`;
      const origin: MailOrigin = { kind: 'delivery', issueId, subscriberId };
      await comesBack(raw, origin);
      await comesBack(`X-Again: yes\n${raw}`, origin);
    }
    expect(await stateOf(issueId, one.subscriberId)).toMatchObject({
      suppressed: days < 4 ? null : 'bounce',
    });
    // On the third day the other reader gets a message.
    if (days === 2)
      await database.db.query(
        `update deliveries set subscriber_id = $2, changed_at = $3 where issue_id = $1`,
        [later.issueId, other.subscriberId, clock],
      );
  }
  expect(await stateOf(issueId, other.subscriberId)).toMatchObject({ suppressed: null });
});

test("Microsoft's denial is hard only on a second day; a forwarded bounce is one point", async () => {
  const first = new Date();
  const { issueId, readers } = await acceptedIssue(2);
  const [one, other] = readers;
  if (one === undefined || other === undefined) throw new Error('no readers');
  const denial = bounce(one.address, '5.4.1', '550 5.4.1 Recipient address rejected: Access denied. AS(1)');
  const origin: MailOrigin = { kind: 'delivery', issueId, subscriberId: one.subscriberId };
  await comesBack(denial, origin);
  expect(await stateOf(issueId, one.subscriberId)).toMatchObject({ reason: 'unavailable', suppressed: null });
  clock = new Date(first.getTime() + day);
  await comesBack(`X-Second: day\n${denial}`, origin);
  expect(await stateOf(issueId, one.subscriberId)).toMatchObject({ suppressed: 'bounce' });
  await comesBack(unknownUser('elsewhere@forwarded.example'), {
    kind: 'delivery',
    issueId,
    subscriberId: other.subscriberId,
  });
  expect(await stateOf(issueId, other.subscriberId)).toMatchObject({ state: 'bounced', suppressed: null });
  expect(await eventsOf(database.db, other.subscriberId)).toMatchObject([{ kind: 'hard', forwarded: true }]);
});

test('a mail to the unsubscribe address unsubscribes, without subject and text', async () => {
  const { issueId, readers } = await acceptedIssue(1);
  const [{ subscriptionId, address } = { subscriptionId: '', address: '' }] = readers;
  const origin: MailOrigin = { kind: 'unsubscribe', subscriptionId, issueId };
  await comesBack(`From: ${address}\nSubject: Automatic reply\n\nAway.\n`, origin);
  const left = () =>
    database.db.one('select unsubscribed_at is not null as left from subscriptions where id = $1', [
      subscriptionId,
    ]);
  expect(await left()).toEqual({ left: false });
  await comesBack(`From: ${address}\nTo: ${addressOf(origin)}\n\n`, origin);
  expect(await left()).toEqual({ left: true });
  await comesBack(`From: ${address}\nTo: ${addressOf(origin)}\nX-Again: yes\n\n`, origin);
  expect(await lastMail()).toEqual({ result: 'repeated', reason: null });
});

test('a hand-over that is not recorded yet is waited for', async () => {
  const { issueId, readers } = await acceptedIssue(1);
  const [{ subscriberId, address } = { subscriberId: '', address: '' }] = readers;
  const set = (state: string) =>
    database.db.query('update deliveries set state = $2 where issue_id = $1', [issueId, state]);
  await set('sending');
  await comesBack(unknownUser(address), { kind: 'delivery', issueId, subscriberId });
  expect(await lastMail()).toEqual({ result: null, reason: 'not-recorded-yet' });
  await set('accepted');
  clock = new Date(clock.getTime() + 60_000);
  await takeMails(takeDeps());
  expect(await stateOf(issueId, subscriberId)).toMatchObject({ state: 'bounced', suppressed: 'bounce' });
});

test('a confirmation that bounces expires the request', async () => {
  const { newsletterId } = await acceptedIssue(1);
  await database.db.query(
    `with made as (
       insert into subscribers (address, address_key, address_hash, domain) values ('typo@example.net', 'typo@example.net', 'h', 'example.net')
       returning id)
     insert into subscriptions (newsletter_id, subscriber_id, confirmation_sent_at) select $1, id, now() from made`,
    [newsletterId],
  );
  const { id } = await database.db.one<{ id: string }>('select max(id)::text as id from subscriptions');
  await comesBack(unknownUser('typo@example.net'), { kind: 'confirmation', subscriptionId: id });
  expect(
    await database.db.one(
      `select expired_at is not null as expired, confirmation_reply as words,
         (select count(*)::int from suppressions u join subscribers r using (address_hash) where r.address = 'typo@example.net') as suppressed
       from subscriptions where id = $1`,
      [id],
    ),
  ).toEqual({ expired: true, words: '550 5.1.1 User unknown', suppressed: 0 });
});

test('only hard bounces count for the guard', async () => {
  const { issueId, readers } = await acceptedIssue(110);
  await database.db.query(
    `update deliveries set state = 'queued' where issue_id = $1 and subscriber_id = $2`,
    [issueId, readers.at(-1)?.subscriberId],
  );
  for (const [kind, words, paused] of [
    ['5.2.2', '552 5.2.2 full', false],
    ['5.1.1', '550 5.1.1 User unknown', true],
  ] as const) {
    for (const { subscriberId, address } of readers.splice(0, 7))
      await putFeedback(
        { db: database.db, enqueue, now },
        {
          raw: Buffer.from(bounce(address, kind, words)),
          source: 'command',
          recipient: addressOf({ kind: 'delivery', issueId, subscriberId }),
        },
      );
    await takeMails(takeDeps());
    expect(await guardIssue({ db: database.db, log: quiet }, issueId)).toBe(paused);
  }
});

test('each mail three times, in random order, with two workers that die now and then: the effects are the same', async () => {
  const issue = await acceptedIssue(30);
  for (const mail of threeTimes(secrets, issue)) await putFeedback({ db: database.db, enqueue, now }, mail);

  const { db } = database;
  let deaths = 0;
  const dying: TakeMailsDeps['db'] = {
    ...db,
    query: db.query.bind(db),
    one: db.one.bind(db),
    maybeOne: db.maybeOne.bind(db),
    change: db.change.bind(db),
    transaction: (work) =>
      db.transaction(async (tx) => {
        const answer = await work(tx);
        if (answer === true && (deaths === 0 || Math.random() < 0.2)) {
          deaths += 1;
          throw new Error('the worker dies before the commit');
        }
        return answer;
      }),
  };
  for (let round = 0; round < 12; round += 1) {
    await Promise.all([takeMails(takeDeps({ db: dying })), takeMails(takeDeps())]);
    clock = new Date(clock.getTime() + 20 * 60_000);
  }
  expect(deaths).toBeGreaterThan(0);
  await expectEffectsOnce(db, issue);
});

test('a mail that cannot be processed delays no other, and is tried again', async () => {
  const { issueId, readers } = await acceptedIssue(3);
  const { db } = database;
  const ids = readers.map(({ subscriberId }) => subscriberId);
  await db.query(
    `create function refuse_event() returns trigger language plpgsql as
     $$ begin raise exception 'no room'; end $$`,
  );
  await db.query(
    `create trigger refuse_event before insert on feedback_events for each row
     when (new.subscriber_id = ${ids[1]}) execute function refuse_event()`,
  );
  for (const { subscriberId, address } of readers)
    await putFeedback(
      { db, enqueue, now },
      {
        raw: Buffer.from(unknownUser(address)),
        source: 'command',
        recipient: addressOf({ kind: 'delivery', issueId, subscriberId }),
      },
    );
  const bounced = () =>
    db.query<{ subscriberId: string }>(
      `select subscriber_id from deliveries where issue_id = $1 and state = 'bounced' order by subscriber_id`,
      [issueId],
    );
  await takeMails(takeDeps());
  expect((await bounced()).map((row) => row.subscriberId)).toEqual([ids[0], ids[2]]);
  await db.query('drop function refuse_event cascade');
  clock = new Date(clock.getTime() + 20 * 60_000);
  await takeMails(takeDeps());
  expect((await bounced()).map((row) => row.subscriberId)).toEqual(ids);
});

test('an erasure removes the mails and words about the person, and keeps the sums', async () => {
  const { issueId, readers } = await acceptedIssue(1);
  const [{ subscriberId, address } = { subscriberId: '', address: '' }] = readers;
  await comesBack(unknownUser(address), { kind: 'delivery', issueId, subscriberId });
  await forgetFeedbackAbout(database.db, subscriberId);
  expect(await eventsOf(database.db, subscriberId)).toMatchObject([{ kind: 'hard', words: null }]);
  expect(
    await database.db.query('select 1 from feedback_inbox where subscriber_id = $1', [subscriberId]),
  ).toEqual([]);
});
