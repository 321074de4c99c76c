// Stores a request's body while it arrives, because it may be larger than the memory. Only a complete body
// counts.
import type { Hash } from 'node:crypto';
import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Request } from 'express';
import { errorCode } from '../error-code.js';
import { problem, type Problem } from '../problem.js';
import { allowSlowBody } from '../body-deadline.js';
import type { ReceivedImport } from '../imports/receive-import.js';
import type { ApiDeps } from './deps.js';
import type { JsonEndpoint } from './endpoint.js';

export interface Received {
  mediaType: string;
  import: ReceivedImport;
}

const decoders = new Map([
  ['gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

/** The body without its content coding (RFC 9110 section 8.4). Undefined if the coding is unknown. */
function decoded(req: Request): Readable | undefined {
  const coding = (req.get('content-encoding') ?? 'identity').toLowerCase();
  if (coding === 'identity') return req;
  const decoder = decoders.get(coding)?.();
  if (!decoder) return undefined;
  // The callback ignores the error: a failure destroys the decoder, and its reader gets the error.
  pipeline(req, decoder, () => undefined);
  return decoder;
}

async function* hashing(body: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const piece of body) {
    hash.update(piece);
    yield piece;
  }
}

const zlibError = (error: unknown): boolean => /^Z_|^ERR__ERROR_FORMAT_PADDING_1$/.test(errorCode(error));

/** Passes the body of `req` to the endpoint's `keep`, and adds every piece to `hash`. */
export async function receiveBody(
  deps: ApiDeps,
  { streamedBody }: JsonEndpoint<unknown, unknown>,
  req: Request,
  hash: Hash,
): Promise<Received | Problem> {
  if (!streamedBody) throw new Error('the endpoint reads no streamed body');
  const mediaType = req.is(streamedBody.mediaTypes);
  if (mediaType === false || mediaType === null) {
    const wanted = streamedBody.mediaTypes.join(' or ');
    return problem(415, 'unsupported-media-type', `Content-Type must be ${wanted}.`);
  }
  if (Number(req.get('content-length') ?? 0) > streamedBody.limit)
    return problem(413, 'too-large', 'The body is larger than this path allows.');
  allowSlowBody(req);
  const body = decoded(req);
  if (!body)
    return problem(415, 'unsupported-encoding', 'The Content-Encoding of the body is not supported.');
  try {
    const kept = await streamedBody.keep({ deps, id: String(req.params['id'] ?? '') }, hashing(body, hash));
    return 'code' in kept ? kept : { mediaType, import: kept };
  } catch (error) {
    if (req.destroyed && !req.complete) return problem(400, 'incomplete-body', 'The body ended early.');
    if (zlibError(error))
      return problem(400, 'malformed-body', 'The body does not match its Content-Encoding.');
    throw error;
  }
}
