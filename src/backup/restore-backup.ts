// Fills a database that nobody has used with a backup.
//
// One transaction: every table, or nothing. Triggers and foreign keys return behind the rows, so the order of the tables
// does not matter and nothing is counted twice. The next beat of the lifeline then holds all sending until a person says
// what was sent since the backup (src/lifeline/lifeline.ts).
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errorCode } from '../error-code.js';
import type { ImageCache } from '../images/image-cache.js';
import { markMoved } from '../lifeline/lifeline.js';
import { openCopyConnection, type CopyConnection } from '../postgres/copy.js';
import { BackupError } from './frames.js';
import type { OpenBackup } from './read-backup.js';
import * as store from './store.js';

export type NotRestored =
  /** Somebody has used the database. */
  { ok: false; code: 'database-in-use' } | { ok: false; code: 'workers-run'; workers: number };

export type Restored = { ok: true; rows: Record<string, number>; images: number } | NotRestored;

/** Why the migrated database cannot take a backup; undefined: it can. `databaseUrl`: of the owner of the tables. */
export async function mayRestore(databaseUrl: string): Promise<NotRestored | undefined> {
  return withConnection(databaseUrl, refusal);
}

/**
 * Restores tables and images. The database must have the schema of the backup. Throws BackupError if the file is damaged
 * or fits no table; the database is then as before.
 */
export async function restoreBackup(
  backup: Pick<OpenBackup, 'manifest' | 'read'>,
  { databaseUrl, images }: { databaseUrl: string; images: Pick<ImageCache, 'write'> },
): Promise<Restored> {
  return withConnection(databaseUrl, async (connection) => {
    const refused = await refusal(connection);
    if (refused) return refused;
    await store.begin(connection);
    try {
      const tables = await store.selectTables(connection);
      const foreignKeys = await store.openForRows(connection, tables);
      const restored: Record<string, number> = {};
      const { rows, images: imagesRead } = await backup.read({
        async table(table, data) {
          fit(table, tables);
          const target = store.copyTableIn(connection, table);
          await pipeline(Readable.from(data), target);
          restored[table.name] = target.rowCount;
        },
        async image(name, bytes) {
          await images.write(name, bytes);
        },
      });
      for (const [name, count] of Object.entries(rows))
        if (restored[name] !== count)
          throw new BackupError(`has ${restored[name] ?? 0} rows of ${name}, and says that it has ${count}`);
      await store.closeForRows(connection, tables, foreignKeys);
      for (const sequence of backup.manifest.sequences) await store.setSequence(connection, sequence);
      await markMoved(connection);
      await store.commit(connection);
      await store.analyze(connection);
      return { ok: true, rows, images: imagesRead };
    } catch (error) {
      await store.rollBack(connection).catch(() => undefined);
      throw isAboutData(error)
        ? new BackupError(`does not fit into the database: ${(error as Error).message}`, { cause: error })
        : error;
    }
  });
}

/** PostgreSQL refuses a value or a key: SQLSTATE classes 22 and 23. */
const isAboutData = (error: unknown): boolean => /^2[23]\w{3}$/.test(errorCode(error));

async function refusal(connection: CopyConnection): Promise<NotRestored | undefined> {
  if (await store.isUsed(connection)) return { ok: false, code: 'database-in-use' };
  const workers = await store.countBeatingWorkers(connection);
  return workers > 0 ? { ok: false, code: 'workers-run', workers } : undefined;
}

function fit(table: Pick<store.TableToCopy, 'name' | 'columns'>, tables: readonly store.TableToCopy[]): void {
  const columns = tables.find(({ name }) => name === table.name)?.columns;
  const foreign = columns === undefined ? table.name : table.columns.find((name) => !columns.includes(name));
  if (foreign !== undefined)
    throw new BackupError(
      `does not fit: this version of Daily Digest has no ${columns ? `column ${foreign} in ` : 'table '}${table.name}`,
    );
}

async function withConnection<T>(url: string, work: (connection: CopyConnection) => Promise<T>): Promise<T> {
  const connection = await openCopyConnection(url);
  try {
    return await work(connection);
  } finally {
    await connection.end().catch(() => undefined);
  }
}
