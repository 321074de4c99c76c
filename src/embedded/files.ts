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

/** Gives a file that root made to the owner of its folder, who could not use it otherwise. */
function giveToOwnerOf(folder: string, file: string): void {
  if (!isRoot) return;
  const { uid, gid } = statSync(folder);
  if (uid !== 0) chownSync(file, uid, gid);
}

const words: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'this user has no permission',
  EPERM: 'this user has no permission',
  EROFS: 'the file system is read-only',
};

/** Turns an error of the machine into an EmbeddedError. Returns other errors unchanged. */
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

/** Replaces the file atomically: a reader sees the old text or the new one. Only the owner can read it. */
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

/** Creates the file. False: it already exists. */
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

/** Overwrites the file with one write, which works on a full disk too. The file is never missing or empty. */
export function overwriteFile(file: string, text: string): void {
  const descriptor = openSync(file, 'r+');
  try {
    writeSync(descriptor, text.padEnd(fstatSync(descriptor).size), 0);
  } finally {
    closeSync(descriptor);
  }
}

/** The file's JSON; undefined: the file does not exist or is incomplete. */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
