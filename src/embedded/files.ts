// Small files in DATA_DIR that several processes, and sometimes root and an ordinary user, share.
import {
  chownSync,
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { EmbeddedError } from './failure.js';

export const isRoot = process.getuid?.() === 0;

/** What root makes in an ordinary user's folder is that user's, or the user could not use it afterwards. */
function giveToOwnerOf(folder: string, file: string): void {
  if (!isRoot) return;
  const { uid, gid } = statSync(folder);
  if (uid !== 0) chownSync(file, uid, gid);
}

const words: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EROFS: 'the file system is read-only',
};

/** Errors that are the machine's, in words; others as they are. */
function explain(file: string, error: unknown): unknown {
  const reason = words[(error as NodeJS.ErrnoException).code ?? ''];
  return reason === undefined
    ? error
    : new EmbeddedError(`cannot write ${file}: ${reason}`, { cause: error });
}

export function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(path.dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw explain(folder, error);
  }
  giveToOwnerOf(path.dirname(folder), folder);
}

/** Replaces the file as a whole: a reader sees the old text or the new one. Only the owner can read it. */
export function writePrivateFile(file: string, text: string): void {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
    giveToOwnerOf(path.dirname(file), draft);
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw explain(file, error);
  }
}

/** Makes the file if there is none. False: there is one. */
export function createPrivateFile(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw explain(file, error);
  }
  giveToOwnerOf(path.dirname(file), file);
  return true;
}

/** Writes over what is there, in one go and without needing room on the disk: nobody finds the file missing or empty. */
export function overwriteFile(file: string, text: string): void {
  const descriptor = openSync(file, 'r+');
  try {
    writeSync(descriptor, text.padEnd(fstatSync(descriptor).size), 0);
  } finally {
    closeSync(descriptor);
  }
}

/** The file's JSON; undefined if there is no such file or it is not whole. */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
