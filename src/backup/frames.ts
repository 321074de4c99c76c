// The stream of a backup: notes (JSON) and data, each behind its kind (1 octet) and its length (4 octets).
// gzip around it has a checksum, and finds a file that was cut.

export type Frame = { kind: 'note'; note: unknown } | { kind: 'data'; bytes: Buffer };

const noteKind = 0x4e;
const dataKind = 0x44;
const headLength = 5;
/** Octets. A row with the text of a long post is far smaller: more is damage. */
const longest = 1_000_000_000;

/** The file is no backup, or it is damaged. The message is one line. */
export class BackupError extends Error {
  override name = 'BackupError';
}

function frame(kind: number, bytes: Buffer): Buffer {
  const head = Buffer.alloc(headLength);
  head.writeUInt8(kind);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

export const noteFrame = (note: object): Buffer => frame(noteKind, Buffer.from(JSON.stringify(note)));
export const dataFrame = (bytes: Buffer): Buffer => frame(dataKind, bytes);

/** Throws BackupError at the first octet that is no frame. */
export async function* readFrames(source: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let chunks: Buffer[] = [];
  let held = 0;
  // Joins the chunks only when a frame is complete: else a long frame would be copied with each chunk.
  let wanted = headLength;
  for await (const chunk of source) {
    chunks.push(chunk);
    held += chunk.length;
    if (held < wanted) continue;
    let buffer = Buffer.concat(chunks);
    for (;;) {
      wanted = headLength;
      if (buffer.length < headLength) break;
      const [kind, length] = [buffer.readUInt8(), buffer.readUInt32BE(1)];
      if ((kind !== noteKind && kind !== dataKind) || length > longest)
        throw new BackupError('is no backup of Daily Digest, or is damaged');
      wanted = headLength + length;
      if (buffer.length < wanted) break;
      const bytes = buffer.subarray(headLength, wanted);
      yield kind === noteKind
        ? { kind: 'note', note: JSON.parse(bytes.toString()) as unknown }
        : { kind: 'data', bytes };
      buffer = buffer.subarray(wanted);
    }
    chunks = [buffer];
    held = buffer.length;
  }
  if (held > 0) throw new BackupError('ends in the middle');
}
