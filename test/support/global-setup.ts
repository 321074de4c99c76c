// Runs before all tests: makes the embedded PostgreSQL's folder, and removes what killed runs left behind.
import { readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { minute } from '../../src/durations.js';
import { EmbeddedError } from '../../src/embedded/failure.js';
import { holdDataDir } from '../../src/embedded/hold.js';
import { destroyPostgres } from '../../src/embedded/postgres.js';
import { temporaryFolder, temporaryPrefix } from './database.js';

async function sweepLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(temporaryPrefix)) continue;
    const folder = path.join(tmpdir(), name);
    try {
      // Another run has just made this folder and will lock it soon.
      if (Date.now() - (await stat(folder)).mtimeMs < minute) continue;
      holdDataDir(folder);
      await destroyPostgres(folder);
      await rm(folder, { recursive: true, force: true });
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      const isTaken = error instanceof EmbeddedError;
      // The folder belongs to another user, or another run is removing it at this moment.
      if (!isTaken && !['EACCES', 'EPERM', 'ENOENT'].includes(code)) throw error;
    }
  }
}

export default async function setUp(): Promise<void> {
  await sweepLeftovers();
  const folder = await temporaryFolder();
  holdDataDir(folder).describe('by jest');
  process.env['TEST_DATA_DIR'] = folder;
}
