// POST /hooks/feedback/:relay: who may call, what is stored, and what an event does.
import { day, minute } from '../../src/durations.js';
import { closeAfterTest, useDatabase, useWorkers } from '../support/fixture.js';
import { issueFor, sendAll } from '../support/newsroom.js';
import { answering, startScripted } from '../support/smtp-script.js';
import {
  complaint,
  hardBounce,
  messageIdOf,
  standardCall,
  untouched,
  useHooks,
  addressFor,
} from './hook-scene.js';

const secret = 'whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cywgbG9uZyBlbm91Z2g=';
const database = useDatabase();
const worker = useWorkers(database);
const { scene, server, call, acceptedIssue, outcome, inbox } = useHooks(
  database,
  [
    `smtp://relay.example.org?name=own&feedback=generic&feedbackSecret=${secret}`,
    'smtp://plain.example.org:2525?name=plain',
  ].join(),
);

const gone = { type: 'bounce', code: 550, status: '5.1.1', diagnostic: '550 5.1.1 User unknown' };

test('a bounce suppresses the reader and counts, by token, by Message-ID and by the id of the 250 reply', async () => {
  const [one, other, third] = [await acceptedIssue(), await acceptedIssue(), await acceptedIssue()];
  expect(await call('own', standardCall({ ...gone, token: one.verp }, secret))).toBe(200);
  expect(await outcome(one)).toEqual(hardBounce);
  const named = messageIdOf(other.issueId, other.subscriberId);
  expect(
    await call('relay.example.org', standardCall({ ...gone, messageId: named }, secret, { id: 'b' })),
  ).toBe(200);
  expect(await outcome(other)).toEqual(hardBounce);
  await database.db.query('update deliveries set relay_id = $2 where issue_id = $1', [
    third.issueId,
    '8a54-id',
  ]);
  const both = [
    { ...gone, messageId: '8a54-other' },
    { ...gone, messageId: '8a54-id' },
  ];
  expect(await call('relay.example.org:587', standardCall(both, secret, { id: 'c' }))).toBe(200);
  expect(await outcome(third)).toEqual(hardBounce);
  expect((await inbox()).map(({ result, reason }) => reason ?? result)).toEqual([
    'recorded',
    'recorded',
    'no-token',
    'recorded',
  ]);
});

test('the id of the 250 reply is kept for a relay with feedback, and for no other', async () => {
  const relay = closeAfterTest(await startScripted(answering({ dot: '250 2.0.0 OK ids=8a5475ccbbc611ed' })));
  for (const [query, relayId] of [
    [`?feedback=generic&feedbackSecret=${secret}`, '8a5475ccbbc611ed'],
    ['', null],
  ] as const) {
    const { issueId } = await issueFor(database.db, 1);
    await sendAll(await worker(`${relay.url}${query}`), issueId);
    const row = await database.db.one('select state, relay_id from deliveries where issue_id = $1', [
      issueId,
    ]);
    expect(row).toEqual({ state: 'accepted', relayId });
  }
  // The few rows of a test would be read one by one.
  const plan = await database.db.transaction(async (tx) => {
    await tx.query('set local enable_seqscan = off');
    return tx.query(
      `explain select issue_id from deliveries where relay_id = 'x' order by changed_at desc limit 1`,
    );
  });
  expect(JSON.stringify(plan)).toContain('deliveries_by_relay_id');
});

test('a complaint suppresses for good, an unsubscribe ends the subscription, a delivery is a note', async () => {
  const issue = await acceptedIssue();
  for (const type of ['delivered', 'deferred'])
    expect(await call('own', standardCall({ type, token: issue.verp }, secret, { id: type }))).toBe(200);
  expect(await outcome(issue)).toEqual({ ...untouched, kinds: ['note'] });
  await call('own', standardCall({ type: 'unsubscribe', token: issue.verp }, secret, { id: 'u' }));
  expect(await outcome(issue)).toEqual({ ...untouched, left: true, kinds: ['note'] });
  const other = await acceptedIssue();
  await call('own', standardCall({ type: 'complaint', token: other.verp }, secret, { id: 'x' }));
  expect(await outcome(other)).toEqual(complaint);
});

test('by the recipient alone, an event is counted and suppresses nobody; another recipient is a forward', async () => {
  const issue = await acceptedIssue();
  await call('own', standardCall({ ...gone, recipient: issue.address }, secret));
  expect(await outcome(issue)).toEqual(untouched);
  expect(await inbox()).toEqual([{ kind: 'hard', result: 'ignored', reason: 'no-token' }]);
  const forwarded = { ...gone, token: issue.verp, recipient: 'Elsewhere <gone@forwarded.example>' };
  await call('own', standardCall(forwarded, secret, { id: 'f' }));
  expect(await outcome(issue)).toEqual({ ...hardBounce, suppressed: null });
});

test('a confirmation that bounces expires the request', async () => {
  const { newsletterId } = await acceptedIssue();
  const { id } = await database.db.one<{ id: string }>(
    `with made as (
       insert into subscribers (address, address_key, address_hash, domain)
       values ('typo@example.net', 'typo@example.net', 'h', 'example.net') returning id)
     insert into subscriptions (newsletter_id, subscriber_id, confirmation_sent_at)
       select $1, id, now() from made returning id::text`,
    [newsletterId],
  );
  const token = addressFor({ kind: 'confirmation', subscriptionId: id });
  await call('own', standardCall({ ...gone, token }, secret));
  const row = await database.db.one(
    'select expired_at is not null as expired from subscriptions where id = $1',
    [id],
  );
  expect(row).toEqual({ expired: true });
});

test('what is forged, late, foreign, unreadable or too large is refused and counted, and changes nothing', async () => {
  const issue = await acceptedIssue();
  const bounce = { ...gone, token: issue.verp };
  const right = standardCall(bounce, secret);
  const { 'webhook-signature': _, ...unsigned } = right.headers ?? {};
  const at = (minutes: number) => ({ at: new Date(scene.now.getTime() + minutes * minute) });
  for (const [relay, sent, status, reason] of [
    ['nobody', right, 404, 'unknown-relay'],
    ['plain', right, 404, 'unknown-relay'],
    ['own', { ...right, headers: unsigned }, 401, 'bad-signature'],
    ['own', standardCall(bounce, 'another secret of sixteen'), 401, 'bad-signature'],
    ['own', { ...right, body: `${String(right.body)} ` }, 401, 'bad-signature'],
    ['own', { ...right, headers: { ...right.headers, 'webhook-id': 'msg_2' } }, 401, 'bad-signature'],
    ['own', standardCall(bounce, secret, at(-6)), 401, 'late'],
    ['own', standardCall(bounce, secret, at(6)), 401, 'late'],
    ['own', standardCall('no event', secret), 400, 'unreadable'],
    ['own', standardCall({ ...bounce, diagnostic: 'x'.repeat(1_100_000) }, secret), 413, 'too-large'],
  ] as const) {
    scene.rejected = [];
    expect([await call(relay, sent), scene.rejected]).toEqual([status, [reason]]);
  }
  expect(await outcome(issue)).toEqual(untouched);
  expect(await inbox()).toEqual([]);
});

test('a replay answers 200 and changes nothing; without the database, 503 makes the provider come again', async () => {
  const issue = await acceptedIssue();
  const sent = standardCall({ ...gone, token: issue.verp }, secret);
  scene.isDatabaseAway = true;
  expect([await call('own', sent), scene.rejected]).toEqual([503, ['not-stored']]);
  scene.isDatabaseAway = false;
  expect([await call('own', sent), await call('own', sent)]).toEqual([200, 200]);
  // The same event id, as a provider sends it again with another time and other words.
  const again = standardCall({ ...gone, token: issue.verp, diagnostic: '550 no' }, secret, {
    at: new Date(scene.now.getTime() + minute),
  });
  expect(await call('own', again)).toBe(200);
  expect(await inbox()).toHaveLength(1);
  scene.now = new Date(scene.now.getTime() + day);
  expect(await outcome(issue)).toEqual(hardBounce);
});

test('thirty calls at once are all taken', async () => {
  const { verp } = await acceptedIssue();
  const calls = Array.from({ length: 30 }, (_, at) =>
    standardCall({ type: 'delivered', token: verp }, secret, { id: `n${at}` }),
  );
  const answers = await Promise.all(
    calls.map(({ body, headers }) =>
      fetch(`${server.url}/hooks/feedback/own`, { method: 'POST', body, headers: headers ?? {} }),
    ),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(await inbox()).toHaveLength(30);
});
