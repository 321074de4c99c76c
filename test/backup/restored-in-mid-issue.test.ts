// `backup` while an issue goes out, and `restore` on another machine: a new database, a new DATA_DIR, no witness.
// Nobody is mailed twice, and nobody is forgotten without a name for it.
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openQueues } from '../../src/queues.js';
import { getHold } from '../../src/lifeline/lifeline.js';
import { run } from '../cli/run.js';
import { temporaryFolder, testDatabase, type TestDatabase } from '../support/database.js';
import { issueFor, ledger, quiet, secretKey } from '../support/newsroom.js';
import { startSink, type Sink } from '../support/smtp-sink.js';
import { waitUntil } from '../support/wait.js';
import { startWorker, type WorkerProcess } from '../support/worker-process.js';

const readers = 300;
const patience = 60_000;

let machines: { database: TestDatabase; dataDir: string }[];
let sink: Sink;
let worker: WorkerProcess | undefined;
beforeEach(async () => {
  machines = [];
  for (let machine = 0; machine < 2; machine += 1)
    machines.push({ database: await testDatabase(), dataDir: await temporaryFolder() });
  // Slow enough for a backup in the middle.
  sink = await startSink({ reply: async (stage) => void (stage === 'dot' && (await delay(150))) });
});
afterEach(async () => {
  await worker?.end('SIGKILL');
  await sink.close();
  for (const { database, dataDir } of machines) {
    await database.close();
    await rm(dataDir, { recursive: true, force: true });
  }
});

test(
  'a backup in mid-issue is restored elsewhere: sending is held, and goes on without a second mail to anybody',
  async () => {
    const [here, there] = machines;
    if (here === undefined || there === undefined) throw new Error('two machines');
    const environment = ({ database, dataDir }: (typeof machines)[number]) => ({
      DATABASE_URL: database.url,
      DATA_DIR: dataDir,
      SECRET_KEY: secretKey,
      SMTP_URL: sink.url,
    });
    const start = async ({ database, dataDir }: (typeof machines)[number]): Promise<void> => {
      worker = await startWorker({
        databaseUrl: database.url,
        queueUrl: undefined,
        smtpUrl: sink.url,
        dataDir,
      });
    };
    const wake = async ({ database }: (typeof machines)[number]): Promise<void> => {
      const queues = openQueues({ queueUrl: undefined, databaseUrl: database.url, log: quiet });
      await queues.enqueue('upkeep', { kind: 'sweep' });
      await queues.close();
    };
    const { issueId } = await issueFor(here.database.db, readers);
    await start(here);
    await wake(here);
    await sink.waitFor(20, patience);
    const file = path.join(here.dataDir, 'middle.backup');
    const written = await run(['backup', file, '--json'], environment(here));
    expect(written).toMatchObject({ status: 0, json: { keys: false, rows: { deliveries: readers } } });
    // Sending was not disturbed, and goes on to its end.
    expect(sink.messages.length).toBeLessThan(readers);
    await sink.waitFor(readers, patience);
    await worker?.end('SIGTERM');

    const restored = await run(['restore', file, '--json'], environment(there));
    expect(restored).toMatchObject({ status: 0, json: { rows: { deliveries: readers } } });
    const { db } = there.database;
    const openAtBackup = readers - ((await ledger(db, issueId))['accepted'] ?? 0);
    expect(openAtBackup).toBeGreaterThan(0);
    await start(there);
    await wake(there);
    await waitUntil(async () => (await getHold(db)) !== undefined, patience, 'the hold');
    await wake(there);
    await delay(2_000);
    expect(sink.messages.length).toBe(readers);

    const released = await run(['sending', 'release', '--as', 'sent', '--json'], environment(there));
    expect(released.status).toBe(0);
    await wake(there);
    await waitUntil(
      async () => (await db.query('select 1 from issues where finished_at is not null')).length === 1,
      patience,
      'the end of the issue',
    );
    expect(await ledger(db, issueId)).toEqual({ accepted: readers - openAtBackup, uncertain: openAtBackup });
    expect(new Set(sink.messages.map(({ to }) => to[0])).size).toBe(readers);
    expect(sink.messages.length).toBe(readers);
  },
  4 * patience,
);
