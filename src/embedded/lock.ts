// A lock between processes. If its holder dies, another process can take it.
//
// The lock's files are numbered: folder/name.1, name.2, … Only the highest number counts. If its holder has
// released it or is dead, the process that creates the next number gets the lock. The highest file is never
// deleted: a process that slept between looking and creating finds a higher number than its own, and has
// lost. With a single file, two processes that both saw a dead holder could delete each other's lock.
import { readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { minute } from '../durations.js';
import { createPrivateFile, makeFolder, overwriteFile, readJson } from './files.js';
import { isAlive, thisProcess, type ProcessName } from './processes.js';

export interface Holder extends ProcessName {
  /** The time at which it took the lock. */
  since: string;
  /** A remark of the holder. */
  note?: string;
}

export interface Lock {
  describe(note: string): void;
  release(): void;
}

type Content = Holder | { released: true };

function numbersOf(folder: string, name: string): number[] {
  return readdirSync(folder)
    .filter((file) => file.startsWith(`${name}.`))
    .map((file) => file.slice(name.length + 1))
    .filter((rest) => /^\d+$/.test(rest))
    .map(Number);
}

function holderOf(file: string): Holder | undefined {
  try {
    const content = readJson(file) as Content | undefined;
    if (content !== undefined) return 'released' in content || !isAlive(content) ? undefined : content;
    // The file is empty: its creator is about to write it, unless it died at that moment.
    const { mtimeMs, mtime } = statSync(file);
    return Date.now() - mtimeMs < 5000 ? { pid: 0, since: mtime.toISOString() } : undefined;
  } catch (error) {
    // Deleted since the listing: another process holds the next number. Creating it will fail.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Takes the lock unless a living process holds it. Otherwise returns the holder. */
export function tryLock(folder: string, name: string): { lock: Lock } | { holder: Holder } {
  makeFolder(folder);
  const fileOf = (number: number): string => path.join(folder, `${name}.${number}`);
  const highest = Math.max(0, ...numbersOf(folder, name));
  const holder = highest === 0 ? undefined : holderOf(fileOf(highest));
  if (holder) return { holder };
  const mine: Holder = { ...thisProcess, since: new Date().toISOString() };
  const file = fileOf(highest + 1);
  if (!createPrivateFile(file, JSON.stringify(mine))) return tryLock(folder, name);
  if (numbersOf(folder, name).some((number) => number > highest + 1)) {
    rmSync(file, { force: true });
    return tryLock(folder, name);
  }
  for (const number of numbersOf(folder, name))
    if (number <= highest) rmSync(fileOf(number), { force: true });
  return {
    lock: {
      describe: (note) => overwriteFile(file, JSON.stringify({ ...mine, note })),
      release: () => overwriteFile(file, JSON.stringify({ released: true })),
    },
  };
}

/** Runs `work` while holding the lock. Throws if another process keeps the lock for two minutes. */
export async function withLock<T>(folder: string, name: string, work: () => Promise<T>): Promise<T> {
  for (let waited = 0; ; waited += 50) {
    const result = tryLock(folder, name);
    if ('lock' in result) {
      try {
        return await work();
      } finally {
        result.lock.release();
      }
    }
    if (waited >= 2 * minute)
      throw new Error(
        `process ${result.holder.pid} has held ${path.join(folder, name)} since ${result.holder.since}`,
      );
    await sleep(50);
  }
}
