// The embedded PostgreSQL.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '../../src/db.js';
import { destroyPostgres, startPostgres } from '../../src/embedded/postgres.js';
import { isAlive, nameProcess } from '../../src/embedded/processes.js';
import { createLog } from '../../src/log.js';
import { temporaryFolder } from '../support/database.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

const program = fileURLToPath(new URL('../support/postgres-process.js', import.meta.url));
const log = createLog('silent', 'test');

let dataDir: string;
beforeEach(async () => {
  dataDir = await temporaryFolder();
});
afterEach(async () => {
  await destroyPostgres(dataDir);
  await rm(dataDir, { recursive: true, force: true });
});

const keepAWord = `create table kept (word text); insert into kept values ('Grüße')`;

const start = () => startPostgres({ dataDir, log, durable: false });

async function asAnotherProcess(): Promise<{ child: ChildProcess; pid: number }> {
  const child = fork(program, [dataDir], { execArgv: [] });
  const [{ pid }] = (await once(child, 'message')) as [{ pid: number }];
  return { child, pid };
}

async function ask(url: string, text: string): Promise<unknown> {
  const db = openDatabase({ url, max: 1 });
  try {
    return await db.query(text);
  } finally {
    await db.end();
  }
}

describe('the PostgreSQL of a DATA_DIR', () => {
  test('keeps its data, its password and its port, and refuses a wrong password', async () => {
    const first = await start();
    await ask(first.url, keepAWord);
    await expect(ask(first.url.replace(/:[^:@]+@/, ':wrong@'), 'select 1')).rejects.toMatchObject({
      code: '28P01',
    });
    await first.stop();
    expect(isAlive(nameProcess(first.pid))).toBe(false);
    const second = await start();
    expect(second.url).toBe(first.url);
    expect(await ask(second.url, 'select word from kept')).toEqual([{ word: 'Grüße' }]);
    await second.stop();
    expect(statSync(path.join(dataDir, 'postgres.json')).mode & 0o077).toBe(0);
    expect(statSync(path.join(dataDir, 'postgres')).mode & 0o077).toBe(0);
  });

  test('is UTF-8, sorts the same on every machine, and waits for the disk', async () => {
    const server = await startPostgres({ dataDir, log });
    const settings = await ask(
      server.url,
      `select current_setting('server_encoding') as encoding, current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
         datlocprovider as provider, upper('ß é') as upper from pg_database where datname = current_database()`,
    );
    expect(settings).toEqual([{ encoding: 'UTF8', fsync: 'on', commit: 'on', provider: 'b', upper: 'ß É' }]);
    await server.stop();
  });

  test('is shared by all processes: the second one finds it, the last one stops it', async () => {
    const [mine, { child, pid }] = await Promise.all([start(), asAnotherProcess()]);
    expect(pid).toBe(mine.pid);
    await mine.stop();
    expect(isAlive(nameProcess(pid))).toBe(true);
    child.send('stop');
    await once(child, 'exit');
    expect(isAlive(nameProcess(pid))).toBe(false);
  });

  test('keeps running when a process is killed; the next process finds it, and the dead one no longer counts', async () => {
    const { child, pid } = await asAnotherProcess();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const mine = await start();
    expect(mine.pid).toBe(pid);
    await mine.stop();
    expect(isAlive(nameProcess(pid))).toBe(false);
  });

  test('is stopped by a command that a signal ends', async () => {
    const { child, pid } = await asAnotherProcess();
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([null, 'SIGINT']);
    expect(isAlive(nameProcess(pid))).toBe(false);
  });

  test('comes back after a power cut with all committed data', async () => {
    const first = await start();
    await ask(first.url, keepAWord);
    process.kill(first.pid, 'SIGKILL');
    await first.stop();
    const second = await start();
    expect(await ask(second.url, 'select word from kept')).toEqual([{ word: 'Grüße' }]);
    await second.stop();
  });

  test('takes another port if its own is in use', async () => {
    const first = await start();
    await first.stop();
    const { createServer } = await import('node:net');
    const taken = createServer().listen(Number(new URL(first.url).port), '127.0.0.1');
    await once(taken, 'listening');
    const second = await start();
    expect(second.url).not.toBe(first.url);
    await second.stop();
    taken.close();
  });

  test('that cannot start says why, with the end of its log', async () => {
    const first = await start();
    await first.stop();
    const file = path.join(dataDir, 'postgres/cluster/postgresql.conf');
    writeFileSync(file, `${readFileSync(file, 'utf8')}\nshared_buffers = 'a lot'\n`);
    await expect(start()).rejects.toThrow(
      /did not start in .*postgres\/cluster.*postgres\.log:\n.*shared_buffers/s,
    );
  });

  test('that leads nowhere is not replaced by an empty one', async () => {
    const { symlinkSync } = await import('node:fs');
    mkdirSync(dataDir, { recursive: true });
    symlinkSync('/var/lib/daily-digest/clusters/not-mounted', path.join(dataDir, 'postgres'));
    await expect(start()).rejects.toThrow(/leads to a folder that is not there/);
  });
});
