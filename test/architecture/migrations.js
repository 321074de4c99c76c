// Migrations run in the order of their numbers, and a released one is frozen.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';

export const rules = [
  {
    sentence: 'Migrations are numbered without a gap, each number once.',
    *broken({ files }) {
      const migrations = files.filter((file) => /^src\/migrations\/.*\.sql$/.test(file));
      for (const [position, file] of migrations.entries())
        if (Number(/^(\d{3})-[a-z-]+\.sql$/.exec(path.basename(file))?.[1]) !== position + 1) yield file;
    },
  },
  {
    // A database that has applied a migration never applies it again: an edit would reach new databases only.
    sentence: 'The file of a released migration never changes.',
    *broken({ files }) {
      const released = JSON.parse(readFileSync('src/migrations/released.json', 'utf8'));
      for (const [name, sha256] of Object.entries(released)) {
        const file = `src/migrations/${name}`;
        if (!files.includes(file) || sha256Of(file) !== sha256) yield file;
      }
    },
  },
];

const sha256Of = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
