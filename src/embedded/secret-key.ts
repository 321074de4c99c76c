// The SECRET_KEY of a machine where none is set: made once, kept in DATA_DIR/secret-key. Further lines are former
// keys, as in SECRET_KEY_PREVIOUS.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedError } from './failure.js';
import { createPrivateFile, makeFolder, writePrivateFile } from './files.js';

const fileOf = (dataDir: string): string => path.join(dataDir, 'secret-key');

/** The current key first. It signs every link in every mail, so the file must be in the backup. */
export async function secretKeysOf(dataDir: string): Promise<string[]> {
  makeFolder(dataDir);
  const file = fileOf(dataDir);
  createPrivateFile(file, `${randomBytes(32).toString('base64url')}\n`);
  // Another process may have created the file and not written it yet.
  for (let waited = 0; waited < 2000; waited += 50) {
    const keys = readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean);
    if (keys.length > 0 && keys.every((key) => key.length >= 32)) return keys;
    await sleep(50);
  }
  throw new EmbeddedError(
    `${file} contains no key of 32 characters or more: restore it, or delete it, which breaks all links in sent mail`,
  );
}

/**
 * Restores the keys of a backup, the current one first. A file with other keys is kept beside it, as
 * `secret-key.before-restore`.
 */
export function restoreSecretKeys(dataDir: string, keys: readonly string[]): void {
  makeFolder(dataDir);
  const file = fileOf(dataDir);
  const text = `${keys.join('\n')}\n`;
  const former = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  if (former === text) return;
  if (former !== undefined) writePrivateFile(`${file}.before-restore`, former);
  writePrivateFile(file, text);
}

/** Whether DATA_DIR has keys already. */
export const hasSecretKeys = (dataDir: string): boolean => existsSync(fileOf(dataDir));
