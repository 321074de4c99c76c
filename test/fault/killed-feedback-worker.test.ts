// SIGKILL hits workers while they take mail that came back. Each mail has its effect once. FAULT_MAILS sets the number
// of mails (npm run fault: 2000), FAULT_KILLS the number of kills.
import { putFeedback } from '../../src/feedback/put.js';
import { openQueues } from '../../src/queues.js';
import { openSecrets } from '../../src/secrets.js';
import { acceptedIssue, expectEffectsOnce, threeTimes } from '../feedback/three-times.js';
import { closeAfterTest, useDatabase } from '../support/fixture.js';
import { quiet, secretKey } from '../support/newsroom.js';
import { waitUntil } from '../support/wait.js';
import { startWorker, type WorkerProcess } from '../support/worker-process.js';

const mails = Number(process.env['FAULT_MAILS'] ?? 100);
const kills = process.env['FAULT_MAILS'] === undefined ? 1 : Number(process.env['FAULT_KILLS'] ?? 10) / 5;
const database = useDatabase();
/** No server listens here: the test sends no mail. */
const smtpUrl = 'smtp://127.0.0.1:9';

test(
  `${mails} mails, each three times in random order, two workers, ${kills} kills`,
  async () => {
    const { db, url: databaseUrl } = database;
    // Of ten readers, one has two mails.
    const issue = await acceptedIssue(db, Math.floor((mails * 10) / 11), new Date());
    const queues = closeAfterTest(openQueues({ queueUrl: undefined, databaseUrl, log: quiet }));
    for (const mail of threeTimes(openSecrets(secretKey), issue))
      await putFeedback({ db, enqueue: queues.enqueue, now: () => new Date() }, mail);

    const workers: WorkerProcess[] = [];
    const start = async (): Promise<void> => {
      const worker = await startWorker({ databaseUrl, queueUrl: undefined, smtpUrl });
      closeAfterTest({ close: () => worker.end('SIGKILL') });
      workers.push(worker);
    };
    const waiting = async (): Promise<number> => {
      const { count } = await db.one<{ count: number }>(
        'select count(*)::int as count from feedback_inbox where due_at is not null',
      );
      return count;
    };
    let before = await waiting();
    await Promise.all([start(), start()]);
    for (let kill = 0; kill < kills && before > 0; kill += 1) {
      // A mail is done: the workers are in the middle of the others.
      await waitUntil(async () => (await waiting()) < before, 60_000, 'progress');
      await workers.shift()?.end('SIGKILL');
      before = await waiting();
      await start();
    }
    await waitUntil(async () => (await waiting()) === 0, 240_000, 'the end of the mails');
    await expectEffectsOnce(db, issue);
  },
  300_000 + kills * 15_000,
);
