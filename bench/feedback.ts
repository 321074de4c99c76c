// Measures mail that comes back: stored and applied while an issue is sent, and the reader alone.
import type { Database } from '../src/db.js';
import { condense } from '../src/feedback/condense.js';
import { putFeedback, type IncomingFeedback } from '../src/feedback/put.js';
import { readMail } from '../src/feedback/read-mail.js';
import { envelopeSender } from '../src/mail/verp.js';
import type { Enqueue } from '../src/queues.js';
import { openSecrets } from '../src/secrets.js';
import { acceptedIssue, bounce } from '../test/feedback/three-times.js';
import { secretKey } from '../test/support/newsroom.js';
import { deliver } from './deliver.js';
import type { Measurement } from './measurement.js';

/** Each mail is about another delivery, so that each has its whole effect. */
const returned = 20_000;
/** Mails that are stored at once, as by the connections of a listener. */
const atOnce = 4;
const readAlone = 2_000;

/** A full mailbox: hard bounces would make the guard pause the issue that is sent beside. */
const fullMailbox = (address: string): string => bounce(address, '5.2.2', '552 5.2.2 Mailbox full');

async function mailsThatComeBack(db: Database): Promise<IncomingFeedback[]> {
  const { issueId, readers } = await acceptedIssue(db, returned, new Date());
  const keys = openSecrets(secretKey).derive('verp');
  return readers.map(({ subscriberId, address }) => ({
    raw: Buffer.from(fullMailbox(address)),
    recipient: envelopeSender(keys, { kind: 'delivery', issueId, subscriberId }, 'bounces.example.org'),
    source: 'listener',
  }));
}

/** Stores mails until the issue is over. Returns how many the workers have applied by then, in a second. */
async function takenBeside(
  { db, enqueue }: { db: Database; enqueue: Enqueue },
  mails: IncomingFeedback[],
  isOver: () => boolean,
): Promise<number> {
  const started = performance.now();
  const putSome = async (): Promise<void> => {
    for (let mail = mails.pop(); mail !== undefined && !isOver(); mail = mails.pop())
      await putFeedback({ db, enqueue, now: () => new Date() }, mail);
  };
  await Promise.all(Array.from({ length: atOnce }, putSome));
  const { applied } = await db.one<{ applied: number }>(
    `select count(*)::int as applied from feedback_inbox where result = 'recorded'`,
  );
  return (applied * 1000) / (performance.now() - started);
}

async function readerAlone(): Promise<number> {
  const mail = Buffer.from(fullMailbox('ada@example.net'));
  for (let warm = 0; warm < 200; warm += 1) await readMail(condense(mail));
  const started = performance.now();
  for (let read = 0; read < readAlone; read += 1) await readMail(condense(mail));
  return (readAlone * 1000) / (performance.now() - started);
}

export const feedback: Measurement = async ({ options, servers, sink, say }) => {
  say('the reader of returned mail');
  const alone = await readerAlone();
  const { readers, workers, connections } = options;
  say(`an issue to ${readers.toLocaleString('en-US')} readers, while mail comes back`);
  let taken = 0;
  const ours = await deliver(servers, sink, {
    readers,
    workers,
    connections,
    async beside({ db, enqueue }) {
      const mails = await mailsThatComeBack(db);
      return async (isOver) => {
        taken = await takenBeside({ db, enqueue }, mails, isOver);
      };
    },
  });
  return [
    { what: 'reading a returned mail, one process', value: alone, unit: 'mails/s' },
    { what: 'returned mail taken in beside an issue', value: taken, unit: 'mails/s', bar: { atLeast: 100 } },
    { what: 'the issue beside it', value: ours.rate, unit: 'messages/s' },
  ];
};
