// Receives the body of an import and stores it in pieces in the database. So a worker on any machine can run
// it, whatever dies. Until the body is complete, it is no import and no account can see it.
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import type { Message } from '../languages/messages.js';
import { inEnglish } from '../languages/translate.js';
import { createIntake, type ImportEncoding } from './encoding.js';
import * as store from './store.js';

/** Bytes of the stored body. */
export const maxImportBytes = 1024 ** 3;
/** Bytes in memory for each body that arrives. */
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
  /** `detail`: in English. */
  | { status: 'too-large'; detail: string; reason: Message };

interface Deps {
  db: Db;
  now: () => Date;
  maxBytes?: number;
}

/** Stores a body. If `body` throws, it stores nothing and throws the same. */
export async function receiveImport(
  deps: Deps,
  { newsletterId, body }: { newsletterId: string; body: AsyncIterable<Uint8Array> },
): Promise<ReceiveImportResult> {
  const { db, now, maxBytes = maxImportBytes } = deps;
  const id = isId(newsletterId) ? await store.insertReceiving(db, { newsletterId, now: now() }) : undefined;
  if (id === undefined) return { status: 'unknown-newsletter' };
  try {
    const received = await keep(deps, id, body);
    if (received) return { status: 'received', received: { ...received, newsletterId } };
  } catch (error) {
    await store.deleteImport(db, id).catch(() => undefined); // upkeep does it an hour later
    throw error;
  }
  await store.deleteImport(db, id);
  const megabytes = Math.floor(maxBytes / 1024 ** 2);
  const reason: Message = { key: 'imports.tooLarge', args: { megabytes } };
  return { status: 'too-large', detail: inEnglish(reason), reason };
}

/** Undefined if it is too large. */
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

/** Deletes a body that does not become an import. */
export async function discardReceived({ db }: { db: Db }, id: string): Promise<void> {
  await store.deleteImport(db, id);
}
