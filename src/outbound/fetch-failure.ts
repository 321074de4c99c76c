// The ways in which a fetch can fail, in messages that a publisher understands.
import type { Message } from '../languages/messages.js';
import { inEnglish } from '../languages/translate.js';
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
  /** For the publisher. */
  reason: Message;
  /** The reason in English. */
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

export const failureOf = (code: FailureCode, reason: Message): FetchFailure => ({
  status: 'failed',
  code,
  reason,
  detail: inEnglish(reason),
});

export function fail(code: FailureCode, reason: Message, retryAfterSeconds?: number): never {
  throw new Failure({
    ...failureOf(code, reason),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

/** What is wrong with a certificate, by the codes of Node and OpenSSL. Other codes are shown as they are. */
const certificateFaults: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'selfSigned',
  CERT_HAS_EXPIRED: 'expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'name',
  SELF_SIGNED_CERT_IN_CHAIN: 'issuer',
  UNABLE_TO_GET_ISSUER_CERT: 'issuer',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'issuer',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'issuer',
};

const tooSlow = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);

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
  if (known !== undefined) return failureOf('private', known.reason);
  const codes = causes.map((cause) => (cause as { code?: string } | undefined)?.code ?? '');
  if (isTimeout || codes.some((code) => tooSlow.has(code)))
    return failureOf('timeout', {
      key: 'fetch.slow',
      args: { host, seconds: Math.round(milliseconds / 1000) },
    });
  const [code = ''] = codes.filter((candidate) => candidate !== '');
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'ENODATA')
    return failureOf('name', { key: 'fetch.notFound', args: { host } });
  if (code === 'ECONNREFUSED')
    return failureOf('connection', { key: 'fetch.refusesConnections', args: { host } });
  if (/CERT|TLS|SSL|UNABLE_TO_|ERR_OSSL|EPROTO/.test(code))
    return failureOf('certificate', {
      key: 'fetch.certificate',
      args: { host, why: certificateFaults[code] ?? 'other', code },
    });
  if (/^Z_|^ERR__ERROR|BROTLI|ERR_PADDING|ERR_BROTLI/.test(code))
    return failureOf('encoding', { key: 'fetch.damaged' });
  return failureOf(
    'connection',
    code === '' ? { key: 'fetch.lost', args: { host } } : { key: 'fetch.lostWith', args: { host, code } },
  );
}
