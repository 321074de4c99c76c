// Reads a backup from its beginning to its end: the manifest first, then table by table. Nothing of it is kept in memory.
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { errorCode } from '../error-code.js';
import { BackupError, readFrames, type Frame } from './frames.js';
import { readManifest, readSection, type Manifest, type Section } from './notes.js';

/** What becomes of each part. A part that has no function is read and dropped. */
export interface BackupReader {
  /** `rows`: its rows, in PostgreSQL's text format. Must read them all. */
  table?: (table: { name: string; columns: string[] }, rows: AsyncIterable<Buffer>) => Promise<void>;
  image?: (name: string, bytes: Buffer) => Promise<void>;
}

export interface OpenBackup {
  manifest: Manifest;
  /** Reads the rest. Returns the number of rows of each table that the backup has. Throws BackupError. */
  read(reader: BackupReader): Promise<{ rows: Record<string, number>; images: number }>;
  close(): void;
}

/** Opens the backup, and reads its manifest. Throws BackupError, whose message continues the file's name. */
export async function openBackup(
  file: string,
  onBytes: (count: number) => void = () => undefined,
): Promise<OpenBackup> {
  const source = createReadStream(file);
  source.on('data', (chunk) => onBytes(chunk.length));
  const gunzip = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  const frames = readFrames(source.pipe(gunzip));
  const close = (): void => {
    source.destroy();
    gunzip.destroy();
  };
  try {
    const first = await next(frames);
    if (first?.kind !== 'note') throw new BackupError('is no backup of Daily Digest');
    return { manifest: readManifest(first.note), read: (reader) => readSections(frames, reader), close };
  } catch (error) {
    close();
    throw error;
  }
}

async function readSections(
  frames: AsyncGenerator<Frame>,
  reader: BackupReader,
): Promise<{ rows: Record<string, number>; images: number }> {
  let images = 0;
  let note = await nextNote(frames);
  for (;;) {
    const section: Section = readSection(note);
    if ('end' in section) {
      if ((await next(frames)) !== undefined) throw new BackupError('goes on after its end');
      return { rows: section.rows, images };
    }
    const data = new SectionData(frames);
    if ('table' in section) await reader.table?.({ name: section.table, columns: section.columns }, data);
    else {
      const pieces: Buffer[] = [];
      for await (const piece of data) pieces.push(piece);
      await reader.image?.(section.image, Buffer.concat(pieces));
      images += 1;
    }
    note = await data.noteBehind();
  }
}

/** The data of one section. Ends at the note behind it, which it keeps. */
class SectionData implements AsyncIterable<Buffer> {
  readonly #frames: AsyncGenerator<Frame>;
  #behind: unknown;

  constructor(frames: AsyncGenerator<Frame>) {
    this.#frames = frames;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    while (this.#behind === undefined) {
      const frame = await next(this.#frames);
      if (frame === undefined) throw new BackupError('ends in the middle');
      if (frame.kind === 'note') this.#behind = frame.note;
      else yield frame.bytes;
    }
  }

  /** Reads the data that nobody has read, and returns the note behind it. */
  async noteBehind(): Promise<unknown> {
    const rest = this[Symbol.asyncIterator]();
    while (!(await rest.next()).done);
    return this.#behind;
  }
}

async function nextNote(frames: AsyncGenerator<Frame>): Promise<unknown> {
  const frame = await next(frames);
  if (frame?.kind !== 'note') throw new BackupError('ends in the middle');
  return frame.note;
}

/** The next frame; undefined at the end. Turns the errors of a damaged file into BackupError. */
async function next(frames: AsyncGenerator<Frame>): Promise<Frame | undefined> {
  try {
    const { done, value } = await frames.next();
    return done ? undefined : value;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'Z_BUF_ERROR') throw new BackupError('ends in the middle', { cause: error });
    if (code.startsWith('Z_') || error instanceof SyntaxError)
      throw new BackupError('is no backup of Daily Digest, or is damaged', { cause: error });
    throw error;
  }
}
