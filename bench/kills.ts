// How many deliveries a killed worker leaves uncertain. The relay is fast and records each recipient, so that a
// second message to one reader is seen.
import { setTimeout as sleep } from 'node:timers/promises';
import { reportDeadWorker } from '../src/delivery/recover.js';
import { settleDeadWorkers } from '../src/delivery/settle-dead-workers.js';
import { minute } from '../src/durations.js';
import { noteRefusals } from '../src/feedback/note-refusals.js';
import { assembleNow } from '../src/issues/assemble-now.js';
import { openQueues } from '../src/queues.js';
import { assembleDeps, quiet } from '../test/support/newsroom.js';
import { waitForFinish } from '../test/support/proof.js';
import { waitUntil } from '../test/support/wait.js';
import { startWorker, testDataDir } from '../test/support/worker-process.js';
import { makeNewsletterWith } from './digest.js';
import type { Measurement } from './measurement.js';
import { startSink } from './sink.js';

const connections = 10;
/** More than one worker sends before it is killed. */
const readersPerKill = 1_500;

/** Kills 20 workers (100 with --full) in the middle of their lots. Throws if a reader got two messages. */
export const killed: Measurement = async ({ options, servers, say }) => {
  const kills = options.full ? 100 : 20;
  const readers = kills * readersPerKill;
  const sink = await startSink({ record: true });
  const { db, url, close } = await servers.freshDatabase();
  const queues = openQueues({ queueUrl: servers.queueUrl, databaseUrl: url, log: quiet });
  const smtpUrl = `smtp://${sink.host}:${sink.port}?connections=${connections}`;
  try {
    const newsletterId = await makeNewsletterWith(db, { readers, name: 'measured' });
    const made = await assembleNow(assembleDeps(db, queues.enqueue), { newsletterId });
    if (made.status !== 'created') throw new Error(made.status);
    const start = () => startWorker({ databaseUrl: url, queueUrl: servers.queueUrl, smtpUrl });
    for (let kill = 1; kill <= kills; kill += 1) {
      const worker = await start();
      const before = sink.taken();
      await waitUntil(() => sink.taken() > before, minute, 'a message');
      await sleep(Math.random() * 300);
      await worker.end('SIGKILL');
      await settleDeadWorkers({
        db,
        log: quiet,
        noteRefusals: noteRefusals(() => new Date()),
        dataDir: testDataDir(),
      });
      await reportDeadWorker(db, worker.identity);
      if (kill % 10 === 0) say(`${kill} workers killed`);
    }
    if (sink.taken() >= readers) throw new Error('the issue was over before the last kill');
    const last = await start();
    const { counts } = await waitForFinish(db, made.issueId, 10 * minute);
    await last.end('SIGTERM');
    const recipients = await sink.recipients();
    const twice = [...recipients].filter(([, count]) => count > 1);
    if (twice.length > 0) throw new Error(`${twice.length} readers got two messages`);
    if (counts.accepted + counts.uncertain !== readers) throw new Error(`counts: ${JSON.stringify(counts)}`);
    return [
      { what: 'workers killed while they sent, nobody mailed twice', value: kills, unit: '' },
      {
        what: `uncertain deliveries of a kill, ${connections} connections`,
        value: counts.uncertain / kills,
        unit: '',
        bar: { atMost: 2 * connections },
      },
      {
        what: 'of them had reached the relay',
        value: (recipients.size - counts.accepted) / kills,
        unit: '',
      },
    ];
  } finally {
    await queues.close();
    await close();
    await sink.close();
  }
};
