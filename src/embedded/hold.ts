// Allows one `npm start` for each DATA_DIR. Two would each start a catcher and print addresses with different
// ports.
import path from 'node:path';
import { EmbeddedError } from './failure.js';
import { tryLock, type Lock } from './lock.js';

/** Locks DATA_DIR until released. Throws EmbeddedError with one line that names the holder. */
export function holdDataDir(dataDir: string): Lock {
  const result = tryLock(path.join(dataDir, 'run'), 'start.lock');
  if ('lock' in result) return result.lock;
  const { pid, since, note } = result.holder;
  throw new EmbeddedError(
    `${dataDir} is in use by process ${pid} since ${since}${note === undefined ? '' : `, ${note}`}: ` +
      'stop it, or set another DATA_DIR (and PORT)',
  );
}
