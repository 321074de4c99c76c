// Fetches a feed's document: politely (conditional requests, a User-Agent), within limits (5 MB decompressed,
// 15 s in all, 5 redirects), and from no private address (request.ts).
import { fail, type FetchFailure } from '../outbound/fetch-failure.js';
import { type Link, readFreshness, readLinks, readRetryAfter } from '../outbound/http-headers.js';
import { readBody, readStart } from '../outbound/read-body.js';
import { explainRefusal, explainStatus } from '../outbound/refusal.js';
import { type HttpAnswer, guardedRequest, type GuardedRequest } from '../outbound/request.js';

export interface FetchInput extends Pick<GuardedRequest, 'url' | 'baseUrl' | 'allowance' | 'confidential'> {
  /** The validators of the last document. Without them the server must send the whole document. */
  etag?: string | null;
  lastModified?: string | null;
  /** Asks caches on the way to ask the server too. */
  isFresh?: boolean;
  /** The Accept header, if we want something other than a feed. */
  accept?: string;
  limits?: Partial<FetchLimits>;
}

export interface FetchLimits {
  /** The largest decompressed document. */
  bytes: number;
  /** For name lookups, connections, redirects and body together. */
  milliseconds: number;
  redirects: number;
}

/** Facts that the answer's headers give. */
export interface AnswerNotes {
  /** The new address after a permanent move (301, 308 all the way from the feed's address). */
  movedTo?: string;
  /** The time for which the server promises no change. */
  freshSeconds?: number;
}

export interface Fetched extends AnswerNotes {
  status: 'fetched';
  body: Uint8Array;
  contentType?: string;
  /** The address after redirects: the base of relative addresses. */
  url: string;
  etag?: string;
  lastModified?: string;
  /** The links of the Link header. */
  links?: Link[];
  /** The number of pages in the list (X-WP-TotalPages). */
  pages?: number;
}

export type FetchResult = Fetched | ({ status: 'not-modified' } & AnswerNotes) | FetchFailure;

const defaultLimits: FetchLimits = { bytes: 5 * 1024 * 1024, milliseconds: 15_000, redirects: 5 };

const accepted =
  'application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml, application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5';

/** Fetches the document at `url`. Throws only for bugs. */
export async function fetchFeed(input: FetchInput): Promise<FetchResult> {
  const { bytes, ...limits } = { ...defaultLimits, ...input.limits };
  const headers = {
    accept: input.accept ?? accepted,
    ...(input.etag ? { 'if-none-match': input.etag } : {}),
    ...(input.lastModified ? { 'if-modified-since': input.lastModified } : {}),
  };
  const isConditional = Boolean(input.etag) || Boolean(input.lastModified);
  // RFC 9111 section 5.2.1.4
  const fresh = input.isFresh === true ? { 'cache-control': 'no-cache' } : {};
  return guardedRequest({ ...input, ...limits, headers: { ...headers, ...fresh } }, (answer) =>
    readAnswer(answer, bytes, isConditional),
  );
}

function notesOf({ movedTo, header }: HttpAnswer): AnswerNotes {
  const freshSeconds = readFreshness(header('cache-control'), header('age'));
  return {
    ...(movedTo === undefined ? {} : { movedTo }),
    ...(freshSeconds === undefined ? {} : { freshSeconds }),
  };
}

// Enough to recognise the page of a captcha or a firewall.
const startBytes = 64_000;

async function readAnswer(answer: HttpAnswer, bytes: number, isConditional: boolean): Promise<FetchResult> {
  const { response, url, signal, header } = answer;
  const { statusCode, body } = response;
  if (statusCode === 304) {
    body.on('error', () => undefined).destroy();
    if (!isConditional) fail('status', { key: 'fetch.wrong304' });
    return { status: 'not-modified', ...notesOf(answer) };
  }
  const encoding = header('content-encoding');
  if (statusCode !== 200)
    return refuse(statusCode, answer, await readStart(body, encoding, startBytes, signal));
  const document = await readBody(body, encoding, bytes, signal);
  const contentType = header('content-type');
  if (/html/i.test(contentType ?? '')) {
    const page = Buffer.from(document.subarray(0, startBytes)).toString('latin1');
    const refusal = explainRefusal({ statusCode, host: url.hostname, header, page });
    // A page may show a captcha beside its comment form and still name its feed.
    if (refusal !== undefined && !/<link\s[^>]{0,500}application\/(?:rss|atom)/i.test(page))
      fail('refused', refusal);
  }
  const etag = header('etag');
  const lastModified = header('last-modified');
  const links = readLinks(header('link'), url.href);
  const pages = Number(/^\d{1,6}$/.exec(header('x-wp-totalpages') ?? '')?.[0] ?? 0);
  return {
    status: 'fetched',
    body: document,
    url: url.href,
    ...(contentType === undefined ? {} : { contentType }),
    ...(etag === undefined || etag.length > 1000 ? {} : { etag }),
    ...(lastModified === undefined || lastModified.length > 100 ? {} : { lastModified }),
    ...(links.length === 0 ? {} : { links }),
    ...(pages === 0 ? {} : { pages }),
    ...notesOf(answer),
  };
}

function refuse(statusCode: number, { url, header }: HttpAnswer, page: string): never {
  const wait =
    statusCode === 429 || statusCode === 503 ? readRetryAfter(header('retry-after'), Date.now()) : undefined;
  const refusal = explainRefusal({ statusCode, host: url.hostname, header, page });
  if (refusal !== undefined) fail('refused', refusal, wait);
  fail(statusCode === 410 ? 'gone' : 'status', explainStatus(statusCode), wait);
}
