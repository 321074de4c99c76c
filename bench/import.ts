// Measures the import of a whole list, as the worker does it: it receives the body in pieces and writes lots.
// A separate process runs the import, and this one watches its memory.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../src/config/environment.js';
import { openSecrets } from '../src/secrets.js';
import { receiveImport } from '../src/imports/receive-import.js';
import { runImport } from '../src/imports/run-import.js';
import { startImport } from '../src/imports/start-import.js';
import { thrift } from '../src/supervise.js';
import { makeNewsletter, rememberingQueue, secretKey } from '../test/support/newsroom.js';
import type { Figure } from './figure.js';
import { cpuSeconds, residentMegabytes } from './machine.js';
import type { Servers } from './servers.js';

/** The messages between the two processes. */
export interface ImportTask {
  url: string;
  importId: string;
}

const linesOfPiece = 2_000;

/** Some 70 bytes a row: the address and the columns of Mailchimp's export that the product imports. */
async function* csv(readers: number, name = 'reader'): AsyncGenerator<Buffer> {
  yield Buffer.from(
    'Email Address,First Name,Last Name,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,MEMBER_RATING,LEID,EUID,TAGS\n',
  );
  for (let from = 0; from < readers; from += linesOfPiece) {
    let text = '';
    for (let n = from; n < Math.min(readers, from + linesOfPiece); n += 1)
      text += `${name}-${n}@${n % 1000}.example.org,Ada,Lovelace ${n},2021-03-01 09:30:00,192.0.2.1,2021-03-01 09:31:00,192.0.2.2,2,${n},e${n},\n`;
    yield Buffer.from(text);
  }
}

export async function measureImport(servers: Servers, readers: number): Promise<Figure[]> {
  const { db, url, close } = await servers.freshDatabase();
  try {
    const { id: newsletterId } = await makeNewsletter(db);
    const now = () => new Date();
    const databaseBefore = cpuSeconds(servers.postgresPid);
    const began = performance.now();
    const kept = await receiveImport({ db, now }, { newsletterId, body: csv(readers) });
    if (kept.status !== 'received') throw new Error(kept.status);
    const input = { received: kept.received, contentType: 'text/csv', basis: 'a benchmark' };
    const started = await startImport({ db, now, enqueue: rememberingQueue().enqueue }, input);
    if (started.status !== 'accepted') throw new Error(started.status);
    const received = performance.now();
    const memory: number[] = [];
    let cpu = 0;
    const child = fork(fileURLToPath(new URL('import-process.js', import.meta.url)), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // As under npm start.
      execArgv: thrift.execArgv,
      env: childEnvironment(thrift.env),
    });
    const watch = setInterval(() => {
      memory.push(residentMegabytes(child.pid ?? 0));
      cpu = Math.max(cpu, cpuSeconds(child.pid ?? 0));
    }, 200);
    child.send({ url, importId: started.id } satisfies ImportTask);
    const [code] = (await once(child, 'exit')) as [number];
    clearInterval(watch);
    const ended = performance.now();
    if (code !== 0) throw new Error(`the import's process ended with ${code}`);
    const { active } = await db.one<{ active: number }>(
      'select count(*)::int as active from subscriptions where confirmed_at is not null and unsubscribed_at is null',
    );
    if (active !== readers) throw new Error(`of ${readers} readers ${active} are there`);
    const databaseCpu = cpuSeconds(servers.postgresPid) - databaseBefore;
    const early = Math.max(...memory.slice(0, Math.ceil(memory.length / 4)));
    const of = readers.toLocaleString('en-US');
    return [
      {
        what: `import of ${of} readers, body received to last row`,
        value: (ended - began) / 1000,
        unit: 's',
        ...(readers >= 1_000_000 ? { bar: { atMost: 60, aim: 25 } } : {}),
      },
      { what: 'of it, receiving the body', value: (received - began) / 1000, unit: 's' },
      { what: 'CPU of the process that imports', value: cpu, unit: 's' },
      { what: 'CPU in PostgreSQL', value: databaseCpu, unit: 's' },
      { what: 'size of the body', value: kept.received.bytes / 1e6, unit: 'MB' },
      {
        what: 'memory of the process that imports, at most',
        value: Math.max(...memory),
        unit: 'MB',
        bar: { atMost: 200 },
      },
      { what: 'in its first quarter', value: early, unit: 'MB' },
    ];
  } finally {
    await close();
  }
}

const laterReaders = 20_000;

/** Imports in a row: the statistics of the tables are those of the first, or none. */
export async function measureLaterImports(servers: Servers): Promise<Figure[]> {
  const { db, close } = await servers.freshDatabase();
  const now = () => new Date();
  const run = async (name: string): Promise<number> => {
    const { id: newsletterId } = await makeNewsletter(db);
    const kept = await receiveImport({ db, now }, { newsletterId, body: csv(laterReaders, name) });
    if (kept.status !== 'received') throw new Error(kept.status);
    const input = { received: kept.received, contentType: 'text/csv', basis: 'a benchmark' };
    const started = await startImport({ db, now, enqueue: rememberingQueue().enqueue }, input);
    if (started.status !== 'accepted') throw new Error(started.status);
    const began = performance.now();
    await runImport({ db, secrets: secrets(), now }, { importId: started.id });
    return (performance.now() - began) / 1000;
  };
  try {
    const first = await run('first');
    await db.query('analyze');
    const took = [first, await run('second'), await run('third')];
    return [
      { what: 'three imports of 20,000 readers in a row, the slowest', value: Math.max(...took), unit: 's' },
      {
        what: 'the slowest of them ÷ the fastest',
        value: Math.max(...took) / Math.min(...took),
        unit: '',
        bar: { atMost: 2 },
      },
    ];
  } finally {
    await close();
  }
}

/** The secrets that the import process uses too. */
export const secrets = () => openSecrets(secretKey);
