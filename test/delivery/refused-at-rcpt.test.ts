// What a relay says at once about readers and about us: who is suppressed, and who keeps their mail.
import { sendBatch } from '../../src/delivery/send-batch.js';
import { eventsOf } from '../../src/feedback/events.js';
import { getIssue } from '../../src/reports/progress.js';
import { listSuppressions } from '../../src/subscribers/suppressions.js';
import { openSecrets } from '../../src/secrets.js';
import { useDatabase } from '../support/fixture.js';
import {
  assembleDeps,
  deliveryDeps,
  fanOutNext,
  issueFor,
  ledger,
  makePosts,
  secretKey,
  sendAll,
  type Bench,
} from '../support/newsroom.js';
import { startSink, type Sink, type Stage } from '../support/smtp-sink.js';

const database = useDatabase();
const secrets = openSecrets(secretKey);
let sink: Sink;
let deps: Bench;
beforeEach(async () => {
  sink = await startSink();
  deps = await deliveryDeps(database.db, sink.url);
});
afterEach(async () => {
  await deps.close();
  await sink.close();
});

/** Answers these words for this reader, or for every reader. Returns the readers that the relay heard of. */
function refuse(at: Stage, words: string, only?: string): string[] {
  const named: string[] = [];
  sink.onStage((stage, { rcpt }) => {
    if (rcpt !== undefined) named.push(rcpt);
    return stage === at && (only === undefined || rcpt === only)
      ? { code: Number(words.slice(0, 3)), text: words.slice(4) }
      : undefined;
  });
  return named;
}

test.each([
  '550 5.1.1 <ada@example.org>: Recipient address rejected: User unknown',
  '553 5.1.2 Domain not found',
  '550 5.1.3 Bad destination mailbox address syntax',
  '550 5.1.6 Mailbox has moved',
  '550 5.1.10 RESOLVER.ADR.RecipientNotFound',
  '550 No such user here',
])('a reader refused with "%s" is suppressed, and the next issue does not name them', async (words) => {
  const { issueId, newsletterId, address } = await issueFor(database.db, 3);
  refuse('rcpt', words, address(2));
  await sendAll(deps, issueId);
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 2, refused: 1 });
  const { data } = await listSuppressions({ db: database.db, secrets }, {});
  const suppression = data.find(({ email }) => email === address(2));
  expect(suppression).toMatchObject({ reason: 'bounce' });
  // The evidence outlives the person, so it quotes no address.
  expect(suppression?.detail).toMatch(/^Issue No\. 1, at 127\.0\.0\.1:\d+: The address does not exist: 55/);
  expect(suppression?.detail).not.toContain('@example.org');
  const named = refuse('data', '451 never', 'nobody');
  await makePosts(database.db, newsletterId, 1);
  const next = await fanOutNext(assembleDeps(database.db), newsletterId);
  await sendAll(deps, next);
  expect(named.toSorted()).toEqual([address(1), address(3)]);
  expect((await getIssue(database.db, next))?.status).toBe('finished');
});

test.each([
  '550 5.2.0 Mail rejected. ofr_506 [506]',
  '552 5.2.2 The email account that you tried to reach is over quota',
  '550 5.2.1 The email account that you tried to reach is disabled',
  '550 5.4.1 Recipient address rejected: Access denied',
  '550 5.7.1 No such user, says our policy',
  '554 5.7.1 Blocked by the list of a third party',
  '550 Something went wrong',
])('a reader refused with "%s" is not suppressed', async (words) => {
  const { issueId, address } = await issueFor(database.db, 3);
  refuse('rcpt', words, address(2));
  await sendAll(deps, issueId);
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 2, refused: 1 });
  const { data } = await listSuppressions({ db: database.db, secrets }, {});
  expect(data.map(({ email }) => email)).not.toContain(address(2));
});

test.each([
  ['552 5.2.2 The mailbox is over quota', 'full', 5],
  ['550 5.2.1 The mailbox is disabled', 'unavailable', 5],
  ['550 5.4.1 Recipient address rejected: Access denied', 'unavailable', 2],
])('a reader refused with "%s" (%s) is suppressed after %i days', async (words, kind, days) => {
  let clock = new Date();
  const now = () => clock;
  const { issueId, newsletterId, address } = await issueFor(database.db, 2, { now });
  const patient = await deliveryDeps(database.db, sink.url, { now });
  const named = refuse('rcpt', words, address(2));
  for (let day = 1; day <= days; day += 1) {
    if (day > 1) {
      clock = new Date(clock.getTime() + 86_400_000);
      await makePosts(database.db, newsletterId, 1, now);
    }
    const next =
      day === 1 ? issueId : await fanOutNext(assembleDeps(database.db, undefined, now), newsletterId);
    await sendAll(patient, next);
    expect(await ledger(database.db, next)).toEqual({ accepted: 1, refused: 1 });
    const { data } = await listSuppressions({ db: database.db, secrets }, {});
    const suppression = data.find(({ email }) => email === address(2));
    expect(suppression?.reason).toBe(day < days ? undefined : 'bounce');
  }
  expect(named.filter((one) => one === address(2))).toHaveLength(days);
  const { id } = await database.db.one<{ id: string }>('select id from subscribers where address = $1', [
    address(2),
  ]);
  const events = await eventsOf(database.db, id);
  expect(events).toHaveLength(days);
  expect(events[0]).toMatchObject({ kind, source: 'smtp', words });
  await patient.close();
});

test.each<[Stage, string]>([
  ['mail', '550 5.7.1 Sender address rejected: not owned by user digest'],
  ['mail', '553 5.1.8 Sender address rejected: Domain not found'],
  ['mail', '552 5.2.0 no'],
  ['mail', '452 4.3.1 Insufficient system storage'],
  ['rcpt', '553 5.7.1 <digest@news.example.org>: Sender address rejected: not owned by user digest'],
  ['rcpt', '554 5.7.1 <x@example.org>: Relay access denied'],
  ['dot', '550-5.4.5 Daily user sending limit exceeded'],
  ['dot', '554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException'],
  ['dot', "550-5.7.26 Unauthenticated email is not accepted due to domain's DMARC policy"],
])('at %s, "%s" refuses nobody: the relay pauses, and goes on later', async (at, words) => {
  const { issueId } = await issueFor(database.db, 30);
  const patient = await deliveryDeps(database.db, sink.url, {
    pauses: { first: 3_600_000, longest: 3_600_000 },
  });
  refuse(at, words);
  await sendBatch(patient, { issueId, batch: 1 });
  expect(await ledger(database.db, issueId)).toEqual({ queued: 30 });
  expect(Object.values(patient.relays.circuits())).toEqual(['open']);
  expect(patient.relays.lastTrouble()).toMatchObject({ reply: expect.stringContaining(words.slice(4, 20)) });
  expect((await getIssue(database.db, issueId))?.status).toBe('sending');
  await patient.close();
  sink.onStage(undefined);
  await sendAll(deps, issueId);
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 30 });
});

test('a quota that is used up in the middle of an issue costs no reader their mail', async () => {
  const { issueId } = await issueFor(database.db, 40);
  let taken = 0;
  let quota = 20;
  sink.onStage((stage) => {
    if (stage !== 'dot') return undefined;
    taken += 1;
    return taken > quota ? { code: 550, text: '5.4.5 Daily user sending quota exceeded' } : undefined;
  });
  for (let time = 0; time < 5; time += 1) await sendAll(deps, issueId);
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 20, queued: 20 });
  quota = Infinity;
  await sendAll(deps, issueId);
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 40 });
});

// The last two are words that no list has.
test.each<[stage: 'rcpt' | 'dot', code: number, text: string]>([
  ['rcpt', 451, '4.3.5 Server configuration problem'],
  ['rcpt', 450, '4.7.1 Rate limit reached'],
  ['rcpt', 550, '5.7.1 The allotment of this customer is used up'],
  ['dot', 554, 'Come back when the invoice is paid'],
])('the same reply for readers at many domains is the relay’s: %s %i %s', async (stage, code, text) => {
  const domains = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`domain${n}.example`, 4]));
  const { issueId } = await issueFor(database.db, domains);
  const patient = await deliveryDeps(database.db, sink.url, {
    connections: 10,
    pauses: { first: 3_600_000, longest: 3_600_000 },
  });
  refuse(stage, `${code} ${text}`);
  await sendBatch(patient, { issueId, batch: 1 });
  const states = await ledger(database.db, issueId);
  expect(states['queued']).toBeGreaterThanOrEqual(24);
  expect(Object.values(patient.relays.circuits())).toEqual(['open']);
  await patient.close();
});
