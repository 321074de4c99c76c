// Where a process keeps its journal, and whether that process is dead.
//
// A killed process closes its listening socket, and a stopped one does not. So a refused connection proves the
// death, also for a process in another container that shares DATA_DIR. Process ids prove less: containers
// number theirs alike, and a number is used again.
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createConnection } from 'node:net';
import path from 'node:path';

const root = (dataDir: string): string => path.join(dataDir, 'journals');

/** Short, because a socket's path has at most about 100 bytes. */
export const folderOf = (dataDir: string, instance: string): string =>
  path.join(root(dataDir), instance.slice(0, 13));
export const socketOf = (folder: string): string => path.join(folder, 'alive');
export const lotFileOf = (folder: string, number: number): string => path.join(folder, `${number}.lot`);
export const markOf = (folder: string): string => path.join(folder, 'mark.json');

/** Identifies the time since the machine was started; undefined where the system does not tell (not Linux). */
export function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** The folders of all journals in DATA_DIR, of living and dead processes. */
export function journalFolders(dataDir: string): string[] {
  try {
    return readdirSync(root(dataDir)).map((name) => path.join(root(dataDir), name));
  } catch {
    return []; // No process has written a journal here yet.
  }
}

/** True only if the process that wrote this journal certainly runs no more. */
export function isDead(folder: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(socketOf(folder));
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}

/** Milliseconds since a file was last added to the journal or removed from it. */
export const ageOf = (folder: string): number => Date.now() - statSync(folder).mtimeMs;

/** A journal that cannot be removed does no harm: to settle it again changes nothing. */
export function removeJournal(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // Another user's folder, or a file in the place of the folder.
  }
}
