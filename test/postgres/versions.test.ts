// Each supported version of PostgreSQL carries an issue from the empty database to its finish, with the queue in the
// database. All other tests run on the embedded server, which is the newest.
import { closeAfterTest } from '../support/fixture.js';
import { openDatabase } from '../../src/db.js';
import { migrate } from '../../src/migrate.js';
import { openQueues } from '../../src/queues.js';
import { listSubscribers } from '../../src/subscribers/list-subscribers.js';
import { otherServers, startDebianPostgres } from '../support/debian-postgres.js';
import { issueFor, quiet } from '../support/newsroom.js';
import { proveNobodyMissedNobodyTwice, waitForFinish } from '../support/proof.js';
import { startSink } from '../support/smtp-sink.js';
import { startWorker } from '../support/worker-process.js';

const readers = 300;

for (const version of ['15', '16', '17']) {
  const server = otherServers.find((one) => one.version === version);
  const name = `PostgreSQL ${version}${server === undefined ? ' (not installed)' : ''}`;
  (server === undefined ? describe.skip : describe)(name, () => {
    test('sends an issue, and finds its readers', async () => {
      const { url, close } = await startDebianPostgres(server?.bin);
      closeAfterTest({ close });
      const db = openDatabase({ url, onError: () => undefined });
      closeAfterTest({ close: () => db.end() });
      const shown = await db.one<{ version: string }>(`select current_setting('server_version') as version`);
      expect(shown.version.split('.')[0]).toBe(version);
      await migrate(db);
      const queues = closeAfterTest(openQueues({ databaseUrl: url, log: quiet }));
      const sink = closeAfterTest(await startSink());
      const worker = await startWorker({ databaseUrl: url, queueUrl: undefined, smtpUrl: sink.url });
      closeAfterTest({ close: () => worker.end('SIGTERM') });

      const { issueId, newsletterId, address } = await issueFor(db, readers, { enqueue: queues.enqueue });
      await waitForFinish(db, issueId, 60_000);
      const counts = await proveNobodyMissedNobodyTwice(db, issueId, sink, { readers, uncertainAtMost: 0 });
      expect(counts.accepted).toBe(readers);
      const search = address(readers).slice(1);
      const { data } = await listSubscribers({ db }, { search, newsletter: newsletterId, limit: 5 });
      expect(data.map(({ email }) => email)).toEqual([address(readers)]);
      expect(worker.log()).toBe('');
    });
  });
}
