// PostgreSQL's programs restore last night's backup while everything else stays: real workers, a real dump.
// Today's digest is not sent again, and a notice tells the accounts why sending has stopped.
import { rm } from 'node:fs/promises';
import { openDatabase, type Database } from '../../src/db.js';
import { minute } from '../../src/durations.js';
import { getHold } from '../../src/lifeline/lifeline.js';
import { migrate } from '../../src/migrate.js';
import { openQueues } from '../../src/queues.js';
import { run } from '../cli/run.js';
import { makeAccount } from '../console/browser-session.js';
import { temporaryFolder } from '../support/database.js';
import { hasDebianPostgres, startDebianPostgres } from '../support/debian-postgres.js';
import { makeNewsletter, makePosts, makeReaders, quiet, secretKey } from '../support/newsroom.js';
import { startSink } from '../support/smtp-sink.js';
import { waitUntil } from '../support/wait.js';
import { startWorker, type WorkerProcess } from '../support/worker-process.js';

const patience = 60_000;

const why = hasDebianPostgres ? '' : ' (postgresql is not installed)';
(hasDebianPostgres ? describe : describe.skip)(`a backup restored by pg_restore${why}`, () => {
  test(
    'is noticed: nothing is sent again, and the accounts get a mail',
    async () => {
      const postgres = await startDebianPostgres();
      const sink = await startSink();
      const dataDir = await temporaryFolder();
      const environment = { databaseUrl: postgres.url, queueUrl: undefined, smtpUrl: sink.url, dataDir };
      let worker: WorkerProcess | undefined;
      let db: Database = openDatabase({ url: postgres.url, max: 2 });
      const wake = async (): Promise<void> => {
        const queues = openQueues({ queueUrl: undefined, databaseUrl: postgres.url, log: quiet });
        await queues.enqueue('issues', { kind: 'plan' });
        await queues.enqueue('upkeep', { kind: 'sweep' });
        await queues.close();
      };
      const mails = (to: RegExp): number =>
        sink.messages.filter((mail) => to.test(String(mail.to[0]))).length;
      const status = async () =>
        (
          await run(['sending', 'status', '--json'], {
            DATABASE_URL: postgres.url,
            DATA_DIR: dataDir,
            SECRET_KEY: secretKey,
            SMTP_URL: sink.url,
          })
        ).json;
      try {
        await migrate(db);
        // The state at night: a worker has run, and the slot is still ahead.
        await makeAccount(db, 'owner');
        worker = await startWorker(environment);
        await worker.end('SIGTERM');
        const slot = new Date(Date.now() - 2 * minute);
        const now = () => new Date(slot.getTime() - 5 * minute);
        const { id } = await makeNewsletter(db, {
          timezone: 'UTC',
          schedule: { sendTime: slot.toISOString().slice(11, 16), lateAfterMinutes: 600 },
          now,
        });
        await makeReaders(db, id, 3, { now });
        await makePosts(db, id, 2, now);
        postgres.dump('night.dump');

        worker = await startWorker(environment);
        await wake();
        await waitUntil(() => mails(/^reader/) === 3, patience, 'the digest of the day');
        await worker.end('SIGTERM');
        expect(await status()).toMatchObject({ held: false });

        await db.end();
        await postgres.restore('night.dump');
        db = openDatabase({ url: postgres.url, max: 2 });
        expect(await db.query('select id from issues')).toEqual([]);
        worker = await startWorker(environment);
        await wake();
        await waitUntil(() => mails(/^owner@/) === 1, patience, 'the mail to the account');
        expect((await getHold(db))?.reason).toMatch(
          /^the database was restored to its state at .* would send the digests of that time again$/,
        );
        expect(await status()).toMatchObject({ held: true });
        const mail = await sink.messages.find(({ to }) => to[0] === 'owner@example.org')?.parsed();
        expect(mail?.subject).toBe('Sending is on hold: was the database of The Daily Test restored?');
        expect(mail?.text).toContain('/console/sending');
        await wake();
        await waitUntil(
          async () =>
            (await db.query(`select 1 from account_mails where kind = 'hold' and sent_at is not null`))
              .length === 1,
          patience,
          'the record of that mail',
        );
        expect(await db.query('select id from issues')).toEqual([]);

        const released = await run(['sending', 'release', '--as', 'sent', '--json'], {
          DATABASE_URL: postgres.url,
          DATA_DIR: dataDir,
          SECRET_KEY: secretKey,
          SMTP_URL: sink.url,
        });
        expect(released.status).toBe(0);
        // Sending works again: new posts go out, and posts sent earlier do not.
        await makePosts(db, id, [{ title: 'After the restore' }]);
        await wake();
        await waitUntil(
          async () =>
            (await db.query(`select 1 from newsletters where planned_through > now() - interval '1 minute'`))
              .length === 1,
          patience,
          'the planner',
        );
        await worker.end('SIGTERM');
        expect([mails(/^reader/), mails(/^owner@/)]).toEqual([3, 1]);
      } finally {
        await worker?.end('SIGKILL');
        await db.end();
        await sink.close();
        await postgres.close();
        await rm(dataDir, { recursive: true, force: true });
      }
    },
    5 * minute,
  );
});
