// Writes a backup while everything runs: all tables as they were at one moment, the images, and the keys if a passphrase
// seals them. The queue is left out, because the tables say what is to be done.
//
// 1. A draft beside the file takes the stream. It is renamed at the end, so that the file is whole or does not exist.
// 2. A read-only transaction sees one moment. Sending goes on meanwhile.
import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { ImageCache } from '../images/image-cache.js';
import { openCopyConnection, type CopyConnection } from '../postgres/copy.js';
import { dataFrame, noteFrame } from './frames.js';
import { manifestOf } from './notes.js';
import { sealKeys } from './seal-keys.js';
import * as store from './store.js';

export interface BackupDeps {
  databaseUrl: string;
  images: Pick<ImageCache, 'names' | 'read'>;
  now: () => Date;
  /** Optional hook: octets of tables that are written, of about how many. */
  onProgress?: (done: number, total: number) => void;
}

export interface Written {
  /** The number of rows of each table. */
  rows: Record<string, number>;
  images: number;
  /** Octets of the file. */
  size: number;
}

/**
 * Writes the backup to `file`, which only its owner can read. `keys`: SECRET_KEY and its predecessors, with the passphrase
 * that seals them; undefined: they are left out.
 */
export async function writeBackup(
  deps: BackupDeps,
  { file, keys }: { file: string; keys?: { secret: readonly string[]; passphrase: string } | undefined },
): Promise<Written> {
  const draft = `${file}.partial`;
  const connection = await openCopyConnection(deps.databaseUrl);
  const written: Written = { rows: {}, images: 0, size: 0 };
  try {
    const sealedKeys = keys === undefined ? null : sealKeys(keys.secret, keys.passphrase);
    // Speed matters more than the last tenth of the size.
    const gzip = createGzip({ level: 4 });
    const frames = framesOf(deps, connection, { sealedKeys, written });
    await pipeline(Readable.from(frames), gzip, createWriteStream(draft, { mode: 0o600 }));
    written.size = await syncedSize(draft);
    await rename(draft, file);
    return written;
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  } finally {
    await connection.end().catch(() => undefined);
  }
}

async function* framesOf(
  deps: BackupDeps,
  connection: CopyConnection,
  { sealedKeys, written }: { sealedKeys: string | null; written: Written },
): AsyncGenerator<Buffer> {
  await store.beginSnapshot(connection);
  yield noteFrame(
    manifestOf({
      createdAt: deps.now().toISOString(),
      migrations: await store.selectMigrations(connection),
      fingerprint: (await store.selectFingerprint(connection)) ?? null,
      sealedKeys,
      sequences: await store.selectSequences(connection),
    }),
  );
  const tables = await store.selectTables(connection);
  const total = tables.reduce((sum, { bytes }) => sum + bytes, 0);
  let before = 0;
  for (const { name, columns, bytes } of tables) {
    yield noteFrame({ table: name, columns });
    const rows = store.copyTableOut(connection, { name, columns });
    let done = 0;
    for await (const chunk of rows as AsyncIterable<Buffer>) {
      yield dataFrame(chunk);
      // The text is longer or shorter than the table.
      done = Math.min(bytes, done + chunk.length);
      deps.onProgress?.(before + done, total);
    }
    written.rows[name] = rows.rowCount;
    before += bytes;
  }
  deps.onProgress?.(total, total);
  await store.commit(connection);
  for (const image of await deps.images.names()) {
    const bytes = await deps.images.read(image);
    // Another process may have removed it.
    if (bytes === undefined) continue;
    yield noteFrame({ image });
    yield dataFrame(Buffer.from(bytes));
    written.images += 1;
  }
  yield noteFrame({ end: true, rows: written.rows });
}

/** Waits until the disk has the file: a backup that a power cut empties is none. */
async function syncedSize(file: string): Promise<number> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}
