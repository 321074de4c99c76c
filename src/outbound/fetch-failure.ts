// The ways in which a fetch can fail, in words that a publisher understands.
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
  /** 410: the server says that it is gone for good. */
  | 'gone'
  /** A service in front of the site rejects robots. */
  | 'refused'
  | 'status'
  | 'encoding'
  /** The answer arrived, but is not of the kind that we asked for. */
  | 'document';

export interface FetchFailure {
  status: 'failed';
  code: FailureCode;
  /** In words, for the publisher. */
  detail: string;
  /** The wait that Retry-After asked for (429 and 503). */
  retryAfterSeconds?: number;
}

/** An expected failure inside a stream, thrown; fetchFeed catches it and returns it as a value. */
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

/** Explains a failed connection. */
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
    return result('name', `Cannot find ${host}. Check the spelling`);
  if (code === 'ECONNREFUSED') return result('connection', `${host} refuses connections`);
  if (/CERT|TLS|SSL|UNABLE_TO_|ERR_OSSL|EPROTO/.test(code))
    return result(
      'certificate',
      `Cannot connect securely to ${host}: its certificate or encryption is not valid (${code})`,
    );
  if (/^Z_|^ERR__ERROR|BROTLI|ERR_PADDING|ERR_BROTLI/.test(code))
    return result('encoding', 'The compressed answer is damaged');
  return result('connection', `The connection to ${host} was lost${code === '' ? '' : ` (${code})`}`);
}
