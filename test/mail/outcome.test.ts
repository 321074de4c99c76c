// The outcome of a delivery, by SMTP stage and reply code, and the retry schedule.
import { decideOutcome, type Stage } from '../../src/mail/outcome.js';
import { nextTry } from '../../src/retry.js';

const relay = 'relay.example.org:25';
const reply = (stage: Stage, code: number) =>
  decideOutcome({ ended: 'reply', relay, stage, code, reply: `${code} words` }).outcome;

test.each<[Stage, number, string]>([
  ['rcpt', 450, 'deferred'],
  ['rcpt', 451, 'deferred'],
  ['message', 452, 'deferred'],
  ['rcpt', 550, 'refused'],
  ['mail', 552, 'relay-trouble'],
  ['data', 554, 'refused'],
  ['message', 554, 'refused'],
  // RFC 5321 section 3.8: 421 means that the relay closes the connection, not that it refuses the reader.
  ['connect', 421, 'relay-trouble'],
  ['rcpt', 421, 'relay-trouble'],
  ['message', 421, 'relay-trouble'],
  ['connect', 554, 'relay-trouble'],
  ['auth', 535, 'relay-trouble'],
  ['mail', 530, 'relay-trouble'],
  ['message', 199, 'uncertain'],
])('a reply at %s of %i is %s', (stage, code, outcome) => {
  expect(reply(stage, code)).toBe(outcome);
});

test('a connection that is lost is uncertain only after the relay asked for the message', () => {
  const lost = (stage: Stage) => decideOutcome({ ended: 'lost', relay, stage, error: 'gone' }).outcome;
  expect(['connect', 'auth', 'mail', 'rcpt', 'data'].map((stage) => lost(stage as Stage))).toEqual(
    Array.from({ length: 5 }, () => 'relay-trouble'),
  );
  expect(lost('message')).toBe('uncertain');
});

test('a message that cannot be handed over at all is refused', () => {
  expect(decideOutcome({ ended: 'unfit', relay, error: 'larger than allowed' })).toEqual({
    outcome: 'refused',
    reason: 'unfit',
  });
});

test('tries come after 5, 15, 30 minutes, 1, 2, 4 hours and then every 4, spread by a fifth', () => {
  const now = new Date('2026-06-01T07:00:00Z');
  const never = new Date('2027-01-01T00:00:00Z');
  const minutes = (attempts: number, random: number) =>
    ((nextTry(attempts, now, never, random)?.getTime() ?? NaN) - now.getTime()) / 60_000;
  expect([1, 2, 3, 4, 5, 6, 7, 20].map((attempts) => minutes(attempts, 0.5))).toEqual([
    5, 15, 30, 60, 120, 240, 240, 240,
  ]);
  expect(minutes(4, 0)).toBe(48);
  expect(minutes(4, 1)).toBe(72);
});

test('no attempt is scheduled too late', () => {
  const now = new Date('2026-06-01T07:00:00Z');
  expect(nextTry(1, now, new Date('2026-06-01T07:04:00Z'), 0.5)).toBeUndefined();
  expect(nextTry(1, now, new Date('2026-06-01T07:06:00Z'), 0.5)).toEqual(new Date('2026-06-01T07:05:00Z'));
});
