// The outcome of a mail to an account, by the relay's reply and the number of attempts.
import { accountMailEnd } from '../../src/account-mails/due.js';
import { decideOutcome, type HandOver } from '../../src/mail/outcome.js';

const said = (code: number, reply: string): HandOver => ({
  ended: 'reply',
  relay: 'r',
  stage: 'message',
  code,
  reply,
});
const lost = (stage: 'connect' | 'message'): HandOver => ({
  ended: 'lost',
  relay: 'r',
  stage,
  error: 'ECONNRESET',
});
const end = (handOver: HandOver, attempts: number) =>
  accountMailEnd({ outcome: decideOutcome(handOver), handOver }, attempts);

test.each([
  [{ ended: 'accepted', relay: 'r', code: 250, reply: '250 2.0.0 Ok' }, 1, 'sent'],
  [said(451, '451 4.7.1 Greylisted'), 1, 'later'],
  [said(451, '451 4.7.1 Greylisted'), 11, 'later'],
  // The relay never accepted the mail. The account did not get it, and the record says so.
  [said(451, '451 4.7.1 Greylisted'), 12, 'refused'],
  [said(550, '550 5.1.1 No such user'), 1, 'refused'],
  [lost('connect'), 1, 'later'],
  [lost('connect'), 12, 'refused'],
  // The connection broke after the final dot: the relay may have the message.
  [lost('message'), 1, 'sent'],
] as const)('%o at attempt %i: %s', (handOver, attempts, ended) => {
  expect(end(handOver, attempts)).toEqual({
    ended,
    reply: 'reply' in handOver ? handOver.reply : 'ECONNRESET',
  });
});
