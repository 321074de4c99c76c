// Real workers deliver an issue of the filled database for a minute.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '../../src/db.js';
import { waitUntil } from '../../test/support/wait.js';
import { startWorkers } from '../deliver.js';
import type { Figure } from '../figure.js';
import { cpuSeconds, residentMegabytes } from '../machine.js';
import type { Setting } from '../measurement.js';
import { walWritten } from './cost.js';

const warmUpMessages = 2_000;
const minute = 60_000;

interface Counted {
  accepted: number;
  sending: number;
  mails: number;
}

/** What the sink must have taken: acceptances, and mails to accounts. */
const count = (db: Db, issueId: string): Promise<Counted> =>
  db.one(
    `select count(*) filter (where state = 'accepted')::int as accepted, count(*) filter (where state = 'sending')::int as sending,
       (select count(*)::int from account_mails where sent_at is not null) as mails
     from deliveries where issue_id = $1`,
    [issueId],
  );

/** `issueId`: an issue that is being sent. The workers find its batches by their sweep. */
export async function deliverForAMinute(
  { servers, sink, options }: Setting,
  { db, url, issueId }: { db: Db; url: string; issueId: string },
): Promise<Figure[]> {
  const before = await count(db, issueId);
  const takenBefore = sink.taken();
  const workers = await startWorkers(options.workers, {
    DATABASE_URL: url,
    QUEUE_URL: servers.queueUrl,
    SMTP_URL: `smtp://${sink.host}:${sink.port}?connections=${options.connections}`,
  });
  const pids = workers.map(({ pid }) => pid ?? 0);
  const look = async () => ({
    written: await walWritten(db),
    taken: sink.taken(),
    workers: pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0),
    database: cpuSeconds(servers.postgresPid),
  });
  let started: Awaited<ReturnType<typeof look>>;
  let ended: Awaited<ReturnType<typeof look>>;
  let megabytes: number;
  try {
    await waitUntil(() => sink.taken() - takenBefore >= warmUpMessages, 3 * minute, 'the first messages');
    started = await look();
    await sleep(minute);
    ended = await look();
    megabytes = Math.max(...pids.map(residentMegabytes));
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
  const after = await count(db, issueId);
  const expected = after.accepted - before.accepted + after.mails - before.mails;
  if (after.sending > 0 || sink.taken() - takenBefore !== expected)
    throw new Error(
      `the sink took ${sink.taken() - takenBefore} messages, the ledger has ${JSON.stringify({ before, after })}`,
    );
  const messages = ended.taken - started.taken;
  const perMessage = (spent: number): number => (spent * 1000) / messages;
  return [
    { what: 'delivery, messages of a minute', value: messages, unit: '' },
    { what: 'delivery', value: (messages * 1000) / minute, unit: 'messages/s' },
    {
      what: 'CPU of a message in the workers',
      value: perMessage(ended.workers - started.workers),
      unit: 'ms',
    },
    {
      what: 'CPU of a message in PostgreSQL',
      value: perMessage(ended.database - started.database),
      unit: 'ms',
    },
    { what: 'WAL of a message', value: (ended.written - started.written) / messages, unit: 'octets' },
    { what: 'memory of a worker, at the end', value: megabytes, unit: 'MB' },
  ];
}
