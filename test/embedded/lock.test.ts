// Locks between processes, and the lock of a DATA_DIR.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { holdDataDir } from '../../src/embedded/hold.js';
import { tryLock, withLock } from '../../src/embedded/lock.js';
import { isAlive, nameProcess, thisProcess } from '../../src/embedded/processes.js';
import { temporaryFolder } from '../support/database.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

const contender = fileURLToPath(new URL('../support/lock-process.js', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function contend(log: string, times: number): ChildProcess {
  return fork(contender, [folder, log, String(times)], { execArgv: [] });
}

describe('a lock between processes', () => {
  test('is not given twice, and is free again after release', () => {
    const first = tryLock(folder, 'a');
    expect(tryLock(folder, 'a')).toMatchObject({ holder: { pid: process.pid } });
    expect(tryLock(folder, 'another')).toHaveProperty('lock');
    if ('lock' in first) first.lock.release();
    expect(tryLock(folder, 'a')).toHaveProperty('lock');
  });

  test('of a dead process is taken over', async () => {
    const child = contend(path.join(folder, 'log'), 0);
    await once(child, 'message');
    expect(tryLock(folder, 'a')).toMatchObject({ holder: { pid: child.pid } });
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(tryLock(folder, 'a')).toHaveProperty('lock');
  });

  test('is taken over if its process id now belongs to another process', () => {
    writeFileSync(path.join(folder, 'a.7'), JSON.stringify({ ...thisProcess, started: '1', since: 'x' }));
    // The two processes differ only on systems that report when a process started.
    expect('lock' in tryLock(folder, 'a')).toBe(thisProcess.started !== undefined);
  });

  test('is held by one of many at a time, though some are killed while they hold it', async () => {
    const log = path.join(folder, 'log');
    writeFileSync(log, '');
    const exits = Array.from({ length: 4 }, () => once(contend(log, 40), 'exit'));
    const killed = contend(log, 0);
    await once(killed, 'message');
    killed.kill('SIGKILL');
    const codes = await Promise.all(exits);
    // A contender exits with 1 if it finds another process inside.
    expect(codes.map(([code]) => code as number)).toEqual([0, 0, 0, 0]);
    expect(readdirSync(folder).filter((name) => name.startsWith('a.'))).toHaveLength(1);
  });

  test('is released when the work throws', async () => {
    await expect(withLock(folder, 'a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withLock(folder, 'a', () => Promise.resolve('yes'))).toBe('yes');
  });
});

describe('a held DATA_DIR', () => {
  test('says in one line which process holds it, since when and where it listens', () => {
    const hold = holdDataDir(folder);
    hold.describe('listening on port 3000');
    expect(() => holdDataDir(folder)).toThrow(
      new RegExp(
        `^${folder} is in use by process ${process.pid} since 20..-.*Z, listening on port 3000: [^\\n]+$`,
      ),
    );
    hold.release();
    holdDataDir(folder).release();
  });
});

test('a process that ended is not alive, also while it is a zombie', async () => {
  const child = contend(path.join(folder, 'log'), 0);
  const name = nameProcess(child.pid ?? 0);
  await once(child, 'message');
  expect(isAlive(name)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isAlive(name)).toBe(false);
});
