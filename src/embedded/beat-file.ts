// Remembers the last beat of each database that this DATA_DIR has used. It shows that a database was
// restored.
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { minute } from '../durations.js';
import { makeFolder, writePrivateFile } from './files.js';

const contents = z.object({
  /** The time of writing. A file that was created later is a copy. */
  writtenAt: z.coerce.date(),
  databases: z.record(z.string(), z.object({ beat: z.number(), at: z.coerce.date() })),
});

/** The number of databases to remember. Those of old test runs are dropped. */
const kept = 20;
/** Milliseconds by which a file system's clock may be wrong. */
const tolerance = minute;

type Contents = z.infer<typeof contents>;

function read(file: string): Contents | undefined {
  try {
    return contents.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // The file does not exist yet, or we may not read it.
    return undefined;
  }
}

/** False also on a file system that does not record creation times (0). */
function isCopy(file: string, { writtenAt }: Contents): boolean {
  return statSync(file).birthtimeMs > writtenAt.getTime() + tolerance;
}

export function beatFile(dataDir: string) {
  const file = path.join(dataDir, 'last-beat.json');
  return {
    read(databaseId: string) {
      const found = read(file);
      const mark = found?.databases[databaseId];
      return Promise.resolve(found && mark && { beat: mark.beat, at: mark.at, copied: isCopy(file, found) });
    },
    async write(databaseId: string, mark: { beat: number; at: Date }) {
      makeFolder(dataDir);
      const others = Object.entries(read(file)?.databases ?? {}).filter(([id]) => id !== databaseId);
      const newest = others.toSorted(([, a], [, b]) => b.at.getTime() - a.at.getTime()).slice(0, kept - 1);
      const text: Contents = {
        writtenAt: new Date(),
        databases: Object.fromEntries([[databaseId, mark], ...newest]),
      };
      writePrivateFile(file, `${JSON.stringify(text)}\n`);
      return Promise.resolve();
    },
  };
}
