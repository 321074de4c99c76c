// One `npm start` to a DATA_DIR: two would each start a catcher, plan and sweep, and print addresses of different ports.
import path from 'node:path';
import { EmbeddedError } from './failure.js';
import { tryLock, type Lock } from './lock.js';

/** Holds DATA_DIR until released, or throws EmbeddedError with one line that says who holds it. */
export function holdDataDir(dataDir: string): Lock {
  const result = tryLock(path.join(dataDir, 'run'), 'start.lock');
  if ('lock' in result) return result.lock;
  const { pid, since, note } = result.holder;
  throw new EmbeddedError(
    `${dataDir} is in use by process ${pid} since ${since}${note === undefined ? '' : `, ${note}`}: ` +
      'stop it, or set another DATA_DIR (and PORT)',
  );
}
