// An import's body comes in, and is kept in pieces in the database: whatever dies, the worker that does the import finds
// it, on any machine. Until it is all there it is no import, and nobody can see it.
import type { Db } from '../db.js';
import { createIntake, type ImportEncoding } from './encoding.js';
import * as store from './store.js';

/** Bytes, of the body as it is kept. */
export const maxImportBytes = 1024 ** 3;
/** Bytes that are in memory, for each body that comes in. */
const chunkBytes = 512 * 1024;

export interface ReceivedImport {
  id: string;
  newsletterId: string;
  encoding: ImportEncoding;
  bytes: number;
  lines: number;
}

export type ReceiveImportResult =
  | { status: 'received'; received: ReceivedImport }
  | { status: 'unknown-newsletter' }
  | { status: 'too-large'; detail: string };

interface Deps {
  db: Db;
  now: () => Date;
  maxBytes?: number;
}

/** Keeps a body. Throws what `body` throws, and leaves nothing behind then. */
export async function receiveImport(
  deps: Deps,
  { newsletterId, body }: { newsletterId: string; body: AsyncIterable<Uint8Array> },
): Promise<ReceiveImportResult> {
  const { db, now, maxBytes = maxImportBytes } = deps;
  const id = await store.insertReceiving(db, { newsletterId, now: now() });
  if (id === undefined) return { status: 'unknown-newsletter' };
  try {
    const received = await keep(deps, id, body);
    if (received) return { status: 'received', received: { ...received, newsletterId } };
  } catch (error) {
    await store.deleteImport(db, id).catch(() => undefined); // or upkeep does, an hour later
    throw error;
  }
  await store.deleteImport(db, id);
  const detail = `An import has ${Math.floor(maxBytes / 1024 ** 2).toLocaleString('en-US')} MB at most: split the file.`;
  return { status: 'too-large', detail };
}

/** Undefined: it is too large. */
async function keep(
  { db, now, maxBytes = maxImportBytes }: Deps,
  id: string,
  body: AsyncIterable<Uint8Array>,
): Promise<Omit<ReceivedImport, 'newsletterId'> | undefined> {
  const intake = createIntake();
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let number = 0;
  let bytes = 0;
  const add = (kept: Buffer): void => {
    waiting.push(kept);
    waitingBytes += kept.length;
  };
  const write = async (): Promise<void> => {
    const chunk = { importId: id, number, beginsAt: bytes, bytes: Buffer.concat(waiting), now: now() };
    if (!(await store.insertChunk(db, chunk))) throw new Error('an import was deleted while it came in');
    number += 1;
    bytes += waitingBytes;
    waiting = [];
    waitingBytes = 0;
  };
  for await (const piece of body) {
    add(intake.push(piece));
    if (bytes + waitingBytes > maxBytes) return undefined;
    if (waitingBytes >= chunkBytes) await write();
  }
  add(intake.end());
  if (bytes + waitingBytes > maxBytes) return undefined;
  if (waitingBytes > 0) await write();
  return { id, encoding: intake.encoding, bytes, lines: intake.lines };
}

/** Forgets a body that is not to become an import after all. */
export async function discardReceived({ db }: { db: Db }, id: string): Promise<void> {
  await store.deleteImport(db, id);
}
