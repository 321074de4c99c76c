// `npm start` as an operator uses it: the real command, its processes and its signals.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectionsNeeded } from '../../src/connection-budget.js';
import { connectionsAllowed, openDatabase } from '../../src/db.js';
import { freePort } from '../../src/embedded/ports.js';
import { destroyPostgres } from '../../src/embedded/postgres.js';
import { pidExists, isAlive, nameProcess } from '../../src/embedded/processes.js';
import { temporaryFolder, testDatabase, type TestDatabase } from '../support/database.js';
import { waitUntil } from '../support/wait.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

// In milliseconds. Each test starts several processes and a PostgreSQL that waits for the disk.
const patience = 180_000;

const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

interface Started {
  parent: ChildProcess;
  /** The output so far. */
  printed: () => string;
  ended: Promise<number | null>;
}

const running: Started[] = [];
let dataDir: string;
let port: number;

// All tests share one folder, so that each start finds the remains of a killed one.
beforeAll(async () => {
  dataDir = await temporaryFolder();
});
beforeEach(async () => {
  port = await freePort();
});
afterEach(async () => {
  for (const { parent, ended } of running.splice(0)) {
    parent.kill('SIGKILL');
    await ended;
  }
});
afterAll(async () => {
  await destroyPostgres(dataDir);
  await rm(dataDir, { recursive: true, force: true, maxRetries: 10 });
});

function run(args: string[], env: Record<string, string> = {}): Started {
  const parent = spawn(process.execPath, [cli, ...args], {
    env: {
      PATH: process.env['PATH'],
      DATA_DIR: dataDir,
      PORT: String(port),
      WORKERS: '1',
      HOST: '127.0.0.1',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [parent.stdout, parent.stderr])
    stream.on('data', (text: Buffer) => (printed += text.toString()));
  const started = {
    parent,
    printed: () => printed,
    ended: once(parent, 'close').then(([code]) => code as number | null),
  };
  running.push(started);
  return started;
}

async function start(env: Record<string, string> = {}, args = ['start']): Promise<Started> {
  const started = run(args, env);
  await waitUntil(
    () => started.printed().includes('is running') || started.parent.exitCode !== null,
    patience,
  );
  if (started.parent.exitCode !== null) throw new Error(started.printed());
  return started;
}

/** The processes below `pid`. Only Linux reports them. */
function childrenOf(pid: number | undefined): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => {
      try {
        const stat = readFileSync(`/proc/${child}/stat`, 'latin1');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid;
      } catch {
        return false;
      }
    });
}

const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
};

const readyz = async (): Promise<number> => {
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`, { headers: { connection: 'close' } })).status;
  } catch {
    return 0;
  }
};

const postmasterPid = (): number =>
  Number(readFileSync(path.join(dataDir, 'postgres/cluster/postmaster.pid'), 'utf8').split('\n')[0]);

describe('npm start with nothing configured', () => {
  test(
    'serves, makes the first account, refuses a second start, and leaves nothing running at SIGTERM',
    async () => {
      const account = { ADMIN_EMAIL: 'owner@example.org', ADMIN_PASSWORD: 'correct horse' };
      const { parent, printed, ended } = await start(account);
      expect(await readyz()).toBe(200);
      expect(printed()).toMatch(
        /Console +http:\/\/localhost:\d+\/console\n +Listens .*\n +Metrics .*\n +Mail +http:\/\/127\.0\.0\.1:\d+/,
      );

      const second = run(['start'], { PORT: String(await freePort()) });
      expect(await second.ended).toBe(1);
      expect(second.printed()).toMatch(
        new RegExp(
          `^daily-digest: .* is in use by process ${parent.pid} since .*, listening on port ${port}: .*\\n$`,
        ),
      );
      const otherDir = await temporaryFolder();
      const sameport = run(['start'], { DATA_DIR: otherDir });
      expect(await sameport.ended).toBe(1);
      expect(sameport.printed()).toMatch(
        /^daily-digest: PORT is \d+, but another program listens there on .*\n$/,
      );
      await rm(otherDir, { recursive: true });

      // Another command runs beside it, on the same embedded database.
      const beside = run(['migrate', '--json']);
      expect([await beside.ended, beside.printed()]).toEqual([0, expect.stringContaining('"migrations"')]);
      expect(await readyz()).toBe(200);

      const processes = [...childrenOf(parent.pid), postmasterPid()].map(nameProcess);
      expect(processes).toHaveLength(4);
      parent.kill('SIGTERM');
      expect(await ended).toBe(0);
      expect(processes.filter(isAlive)).toEqual([]);

      const key = readFileSync(path.join(dataDir, 'secret-key'), 'utf8');
      const again = await start(account);
      expect(readFileSync(path.join(dataDir, 'secret-key'), 'utf8')).toBe(key);
      again.parent.kill('SIGINT');
      expect(await again.ended).toBe(0);
    },
    patience,
  );

  test(
    'starts a killed worker and a killed web process again',
    async () => {
      const { parent } = await start();
      for (const program of ['workers/run.js', 'src/web.js']) {
        const find = () => childrenOf(parent.pid).find((pid) => commandOf(pid).includes(program));
        const killed = find();
        process.kill(killed ?? 0, 'SIGKILL');
        await waitUntil(() => find() !== undefined && find() !== killed, 20_000);
      }
      expect(await waitUntil(async () => (await readyz()) === 200, 20_000)).toBe(true);
    },
    patience,
  );

  test(
    'its children and PostgreSQL end when it is killed, and the next start takes over',
    async () => {
      const { parent, ended } = await start();
      const children = childrenOf(parent.pid);
      const postgres = nameProcess(postmasterPid());
      parent.kill('SIGKILL');
      await ended;
      await waitUntil(() => children.every((pid) => !isAlive(nameProcess(pid)) || !pidExists(pid)), 15_000);
      await waitUntil(() => !isAlive(postgres), 60_000, 'PostgreSQL to end');
      const next = await start();
      expect(await readyz()).toBe(200);
      next.parent.kill('SIGTERM');
      expect(await next.ended).toBe(0);
    },
    patience,
  );

  test(
    'when the children are killed too, the next start uses the same PostgreSQL and says so',
    async () => {
      const { parent, ended } = await start();
      const postgres = nameProcess(postmasterPid());
      // A parent that is stopped replaces no child.
      parent.kill('SIGSTOP');
      for (const child of childrenOf(parent.pid)) process.kill(child, 'SIGKILL');
      parent.kill('SIGKILL');
      await ended;
      expect(isAlive(postgres)).toBe(true);
      const next = await start();
      expect(next.printed()).toContain(
        'an earlier process left the embedded PostgreSQL running; it is used again',
      );
      expect(postmasterPid()).toBe(postgres.pid);
      next.parent.kill('SIGTERM');
      expect(await next.ended).toBe(0);
      expect(isAlive(postgres)).toBe(false);
    },
    patience,
  );

  test(
    'a signal during the start ends it in order',
    async () => {
      const { parent, printed, ended } = run(['start']);
      await waitUntil(
        () => existsSync(path.join(dataDir, 'postgres/cluster/postmaster.pid')) || parent.exitCode !== null,
        60_000,
      );
      expect(printed()).not.toContain('daily-digest:');
      parent.kill('SIGINT');
      expect(await ended).toBe(0);
      expect(() => postmasterPid()).toThrow('ENOENT');
    },
    patience,
  );
});

test(
  'eight workers get ready on the embedded database, which allows all their connections',
  async () => {
    const { parent, printed, ended } = await start({ WORKERS: '8' });
    expect(await waitUntil(async () => (await readyz()) === 200, 60_000)).toBe(true);
    const { port: databasePort, password } = JSON.parse(
      readFileSync(path.join(dataDir, 'postgres.json'), 'utf8'),
    ) as { port: number; password: string };
    const url = `postgres://daily_digest:${password}@127.0.0.1:${databasePort}/daily_digest`;
    const db = openDatabase({ url, max: 1 });
    const living = 'select count(*)::int as count from delivery_workers where ended_at is null';
    await waitUntil(async () => (await db.one<{ count: number }>(living)).count === 8, 60_000, '8 workers');
    const { used } = await db.one<{ used: number }>(
      `select count(*)::int as used from pg_stat_activity where backend_type = 'client backend'`,
    );
    expect(used).toBeLessThan(await connectionsAllowed(db));
    expect(await connectionsAllowed(db)).toBeGreaterThanOrEqual(
      connectionsNeeded({ web: true, workers: 8, queueInDatabase: true }),
    );
    await db.end();
    expect(printed()).not.toMatch(/too many clients|remaining connection slots|allows \d+ connections/);
    parent.kill('SIGTERM');
    expect(await ended).toBe(0);
  },
  patience,
);

describe('npm start with DATABASE_URL', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await testDatabase();
  });
  afterEach(() => database.close());

  test(
    'starts no database of its own, and web alone and workers alone work together',
    async () => {
      const env = { DATABASE_URL: database.url, SECRET_KEY: 'k'.repeat(32), SMTP_URL: 'smtp://127.0.0.1:1' };
      const web = await start(env, ['start', '--web']);
      const workers = await start(env, ['start', '--workers']);
      expect(await readyz()).toBe(200);
      expect(() => postmasterPid()).toThrow('ENOENT');
      expect(web.printed() + workers.printed()).not.toContain('Mail');
      await waitUntil(async () => {
        const { count } = await database.db.one<{ count: number }>(
          'select count(*)::int as count from delivery_workers where ended_at is null',
        );
        return count === 1;
      }, 10_000);
      for (const { parent, ended } of [web, workers]) {
        parent.kill('SIGTERM');
        expect(await ended).toBe(0);
      }
      const left = await database.db.one(
        'select count(*)::int as count from delivery_workers where ended_at is null',
      );
      expect(left).toEqual({ count: 0 });
    },
    patience,
  );

  test(
    'that allows too few connections says so in one line, and starts',
    async () => {
      await database.db.query(
        `do $$ begin execute format('alter database %I connection limit 30', current_database()); end $$`,
      );
      const env = { DATABASE_URL: database.url, SECRET_KEY: 'k'.repeat(32), SMTP_URL: 'smtp://127.0.0.1:1' };
      const { parent, printed, ended } = await start(env);
      expect(
        printed().match(/the database allows 30 connections, but web and 1 worker may open \d+: /g),
      ).toHaveLength(1);
      parent.kill('SIGTERM');
      expect(await ended).toBe(0);
    },
    patience,
  );

  test(
    'that refuses us says so in one line, without the password',
    async () => {
      const wrong = new URL(database.url);
      wrong.password = 'guess';
      const { ended, printed } = run(['start'], { DATABASE_URL: wrong.href });
      expect(await ended).toBe(1);
      expect(printed().trim().split('\n').at(-1)).toMatch(
        /^daily-digest: the database postgres:\/\/\S+:\*\*\*@\S+ does not answer: /,
      );
      expect(printed()).not.toContain('guess');
      const db = openDatabase({ url: database.url, max: 1 });
      await db.end();
    },
    patience,
  );
});
