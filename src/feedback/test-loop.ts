// Proves that bounces find their way back: mails an address that does not exist, with a token of its own, and waits.
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Db } from '../db.js';
import { second } from '../durations.js';
import type { Mailer } from '../mail/send.js';
import { hasUnread, selectReturnedTest } from './store.js';

export interface LoopDeps {
  db: Db;
  now: () => Date;
  mailer: Mailer;
  /** Hears of each step, in words. */
  step: (words: string) => void;
}

export interface LoopTest {
  from: { name: string; address: string };
  /** undefined: an address of the From domain that nobody has. */
  to: string | undefined;
  /** Milliseconds. */
  timeout: number;
}

export type LoopEnd =
  /** A worker has read the bounce, and found the token. */
  | 'came-back'
  /** The relay refused the address at once: no bounce follows. */
  | 'refused-at-once'
  /** The relay did not take the mail. */
  | 'not-sent'
  /** Mail came in, and no worker has read it. */
  | 'not-read'
  | 'nothing-came';

export interface LoopTestResult {
  to: string;
  result: LoopEnd;
  /** The relay's answer. */
  reply: string;
  /** The way in that took the bounce. */
  source: string | null;
  seconds: number;
}

const lookEvery = second / 2;

export async function testLoop(deps: LoopDeps, test: LoopTest): Promise<LoopTestResult> {
  const { db, now, mailer, step } = deps;
  const since = now();
  // No issue has such a number: it is the time in milliseconds, with three digits of chance.
  const testId = `${since.getTime()}${100 + (randomBytes(2).readUInt16BE() % 900)}`;
  const [, domain = ''] = test.from.address.split('@');
  const to = test.to ?? `no-such-reader-${randomBytes(4).toString('hex')}@${domain}`;
  const end = (result: LoopEnd, reply: string, source: string | null = null): LoopTestResult => {
    const seconds = Math.round((now().getTime() - since.getTime()) / second);
    return { to, result, reply, source, seconds };
  };

  step(`Sending a mail from ${test.from.address} to ${to}, an address that should not exist.`);
  const { outcome, handOver } = await mailer.send({
    origin: { kind: 'test', issueId: testId },
    from: test.from,
    to,
    subject: 'A test of returned mail',
    html: '<p>This mail should bounce. If you read it, the address of the test exists.</p>',
    text: 'This mail should bounce. If you read it, the address of the test exists.',
  });
  const reply = 'reply' in handOver ? handOver.reply : handOver.error;
  if (outcome.outcome === 'refused') return end('refused-at-once', reply);
  if (outcome.outcome !== 'accepted') return end('not-sent', reply);
  step(`The relay took it: ${reply}`);
  step(`Waiting for the bounce, up to ${Math.round(test.timeout / second)} s.`);
  // A mail is received in the inbox at the clock of another process.
  const from = new Date(since.getTime() - 5 * second);
  while (now().getTime() - since.getTime() < test.timeout) {
    const returned = await selectReturnedTest(db, testId, from);
    if (returned !== undefined) {
      step(`The bounce came in (${returned.source}), and a worker read it as “${returned.kind}”.`);
      return end('came-back', reply, returned.source);
    }
    await delay(lookEvery);
  }
  return end((await hasUnread(db, from)) ? 'not-read' : 'nothing-came', reply);
}
