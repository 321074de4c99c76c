// What can go wrong with a fetch, in words that a publisher understands.
import { PrivateAddressError } from './guarded-agent.js';

export type FailureCode =
  | 'private'
  | 'address'
  | 'name'
  | 'connection'
  | 'certificate'
  | 'timeout'
  | 'size'
  | 'redirects'
  /** 410: for good. */
  | 'gone'
  /** Something before the site keeps robots out. */
  | 'refused'
  | 'status'
  | 'encoding'
  /** It came, but is not what was asked for. */
  | 'document';

export interface FetchFailure {
  status: 'failed';
  code: FailureCode;
  /** In words, for the publisher. */
  detail: string;
  /** What Retry-After asked for (429 and 503). */
  retryAfterSeconds?: number;
}

/** An expected failure on its way out of the depths of a stream; fetchFeed turns it into its value. */
export class Failure extends Error {
  readonly failure: FetchFailure;

  constructor(failure: FetchFailure) {
    super(failure.detail);
    this.failure = failure;
  }
}

export function fail(code: FailureCode, detail: string, retryAfterSeconds?: number): never {
  throw new Failure({
    status: 'failed',
    code,
    detail,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

const tooSlow = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);

function result(code: FailureCode, detail: string): FetchFailure {
  return { status: 'failed', code, detail };
}

/** What a failed connection means, in words. */
export function explain(
  error: unknown,
  host: string,
  isTimeout: boolean,
  milliseconds: number,
): FetchFailure {
  const causes = [
    error,
    (error as { cause?: unknown }).cause,
    ...((error as { errors?: unknown[] }).errors ?? []),
  ];
  const known = causes.find((cause) => cause instanceof PrivateAddressError);
  if (known !== undefined) return result('private', known.message);
  const codes = causes.map((cause) => (cause as { code?: string } | undefined)?.code ?? '');
  if (isTimeout || codes.some((code) => tooSlow.has(code)))
    return result('timeout', `${host} took longer than ${Math.round(milliseconds / 1000)} seconds`);
  const [code = ''] = codes.filter((candidate) => candidate !== '');
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'ENODATA')
    return result('name', `The name ${host} leads nowhere (DNS has no address for it)`);
  if (code === 'ECONNREFUSED') return result('connection', `${host} refuses connections`);
  if (/CERT|TLS|SSL|UNABLE_TO_|ERR_OSSL|EPROTO/.test(code))
    return result(
      'certificate',
      `No secure connection to ${host}: its certificate or its encryption is not right (${code})`,
    );
  if (/^Z_|^ERR__ERROR|BROTLI|ERR_PADDING|ERR_BROTLI/.test(code))
    return result('encoding', 'The answer is compressed, and damaged');
  return result('connection', `The connection to ${host} broke${code === '' ? '' : ` (${code})`}`);
}
