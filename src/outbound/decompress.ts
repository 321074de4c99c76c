// Undoes the codings of a body (RFC 9110 section 8.4). Servers name codings that they do not apply, name them twice,
// and put a charset there: the body's first bytes decide.
import { pipeline, Readable, type Transform } from 'node:stream';
import zlib from 'node:zlib';
import { isGzip } from '../gunzip.js';
import { fail } from './fetch-failure.js';

// Names that servers put into Content-Encoding, but that change no byte.
const noCoding =
  /^(?:identity|none|null|undefined|binary|[78]-?bit|text(?:\/.*)?|utf.*|us-ascii|ascii|iso-.*|windows-.*|latin.*|(?:aws-)?chunked)$/;

const codingsAtMost = 4;

/** The codings to undo, the last applied first. */
export function codingsOf(contentEncoding: string | undefined): string[] {
  const codings = (contentEncoding ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && !noCoding.test(coding));
  if (codings.length > codingsAtMost) refuse(contentEncoding);
  return codings.toReversed();
}

function refuse(contentEncoding: string | undefined): never {
  fail('encoding', { key: 'fetch.coding', args: { coding: (contentEncoding ?? '').slice(0, 20) } });
}

/** The body without its codings. Errors of the body and of each decompressor reach the returned stream. */
export async function decompressed(body: Readable, codings: readonly string[]): Promise<Readable> {
  let stream = body;
  for (const coding of codings) {
    const { head, whole } = await peek(stream);
    const decompressor = decompressorOf(coding, head);
    // The callback gets the error that the decompressor also raises.
    stream = decompressor === undefined ? whole : pipeline(whole, decompressor, () => undefined);
  }
  return stream;
}

// XML, HTML or JSON. No compressed body begins like this.
const isText = (head: Buffer): boolean =>
  /^(?:\xef\xbb\xbf)?[\s\0]*(?:<[?!a-z][\w\s:.=-]|[{[][\s"{}[\]])/i.test(head.toString('latin1'));

/** Undefined if the body is not compressed, although the header says so. */
function decompressorOf(coding: string, head: Buffer): Transform | undefined {
  if (head.length === 0 || isText(head)) return undefined;
  if (isGzip(head) || coding === 'gzip' || coding === 'x-gzip') return zlib.createGunzip();
  if (coding === 'br') return zlib.createBrotliDecompress();
  // RFC 9110 section 8.4.1.2: some servers send deflate without the zlib wrapper, whose first byte ends in 8.
  if (coding === 'deflate')
    return ((head[0] ?? 0) & 0x0f) === 8 ? zlib.createInflate() : zlib.createInflateRaw();
  return refuse(coding);
}

const headBytes = 16;

/** The stream's first bytes, and a stream of all of them. */
function peek(stream: Readable): Promise<{ head: Buffer; whole: Readable }> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const settle = (hasEnded: boolean): void => {
      stream.off('readable', look).off('end', end).off('error', reject);
      const head = Buffer.concat(pieces);
      if (!hasEnded) stream.unshift(head);
      resolve({ head, whole: hasEnded ? Readable.from([head], { objectMode: false }) : stream });
    };
    const look = (): void => {
      for (
        let piece = stream.read() as Buffer | null;
        piece !== null;
        piece = stream.read() as Buffer | null
      ) {
        pieces.push(piece);
        if (pieces.reduce((sum, { length }) => sum + length, 0) >= headBytes) return settle(false);
      }
    };
    const end = (): void => settle(true);
    stream.on('readable', look).once('end', end).once('error', reject);
  });
}
