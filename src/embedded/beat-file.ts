// The last beat of each database that this DATA_DIR has worked with: a witness against a database that is put back.
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { minute } from '../durations.js';
import { makeFolder, writePrivateFile } from './files.js';

const contents = z.object({
  /** When this file was written: one that was made later is a copy. */
  writtenAt: z.coerce.date(),
  databases: z.record(z.string(), z.object({ beat: z.number(), at: z.coerce.date() })),
});

/** Databases that are remembered: those of test runs and trials go. */
const kept = 20;
/** Clocks of file systems may be a little off. */
const tolerance = minute;

type Contents = z.infer<typeof contents>;

function read(file: string): Contents | undefined {
  try {
    return contents.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // Not there yet, or not ours to read: no witness.
    return undefined;
  }
}

/** A file system that does not know when a file was made (0) cannot tell. */
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
