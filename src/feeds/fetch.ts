// Fetches a feed's document: politely (conditional, with a name), within limits (5 MB decompressed, 15 s in all, 5
// redirects), and to no private address. What can be expected to go wrong comes back as a value with words for the publisher.
import { type Agent, type Dispatcher, request } from 'undici';
import { explain, fail, Failure, type FetchFailure, meaning } from './fetch-failure.js';
import { createGuardedAgent } from './guarded-agent.js';
import { readBody } from './read-body.js';
import { type PrivateAllowance, literalAddress, mayConnect, privateAddress } from './private-addresses.js';
import { parseUrl } from '../parse-url.js';

export interface FetchInput {
  url: string;
  etag?: string | null;
  lastModified?: string | null;
  /** Our own address, for the User-Agent. */
  baseUrl: string;
  allowance: PrivateAllowance;
  limits?: Partial<FetchLimits>;
}

export interface FetchLimits {
  /** Of the document, decompressed. */
  bytes: number;
  /** For everything together: names, connections, redirects, body. */
  milliseconds: number;
  redirects: number;
}

export type FetchResult =
  | {
      status: 'fetched';
      body: Uint8Array;
      contentType?: string;
      /** Where the redirects led: relative addresses are relative to it. */
      url: string;
      etag?: string;
      lastModified?: string;
    }
  | { status: 'not-modified' }
  | FetchFailure;

const defaultLimits: FetchLimits = { bytes: 5 * 1024 * 1024, milliseconds: 15_000, redirects: 5 };

const accepted =
  'application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml, application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5';

/** Fetches the document at `url`. Throws only for bugs. */
export async function fetchFeed(input: FetchInput): Promise<FetchResult> {
  const limits = { ...defaultLimits, ...input.limits };
  const agent = createGuardedAgent(input.allowance, limits.milliseconds);
  const signal = AbortSignal.timeout(limits.milliseconds);
  try {
    return await followRedirects(input, limits, agent, signal);
  } catch (error) {
    if (error instanceof Failure) return error.failure;
    const host = parseUrl(input.url)?.hostname ?? input.url;
    return explain(error, host, signal.aborted, limits.milliseconds);
  } finally {
    // Not close(), which would wait for a body that nobody reads any more.
    await agent.destroy();
  }
}

async function followRedirects(
  input: FetchInput,
  limits: FetchLimits,
  agent: Agent,
  signal: AbortSignal,
): Promise<FetchResult> {
  let url = new URL(input.url);
  for (let redirects = 0; redirects <= limits.redirects; redirects += 1) {
    checkAddress(url, input.allowance);
    const response = await request(url, {
      dispatcher: agent,
      signal,
      headersTimeout: limits.milliseconds,
      bodyTimeout: limits.milliseconds,
      headers: {
        'user-agent': `DailyDigest/1.0 (+${input.baseUrl})`,
        accept: accepted,
        'accept-encoding': 'gzip, br, deflate',
        ...(input.etag ? { 'if-none-match': input.etag } : {}),
        ...(input.lastModified ? { 'if-modified-since': input.lastModified } : {}),
      },
    });
    const location = header(response, 'location');
    if ([301, 302, 303, 307, 308].includes(response.statusCode) && location !== undefined) {
      response.body.on('error', () => undefined).destroy();
      url =
        parseUrl(location, url) ??
        fail(
          'address',
          `${url.hostname} redirects to ${JSON.stringify(location.slice(0, 100))}, which is no address`,
        );
      continue;
    }
    return readResponse(response, url, limits, signal);
  }
  return fail('redirects', `The server redirected more than ${limits.redirects} times`);
}

function checkAddress(url: URL, allowance: PrivateAllowance): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    fail('address', `The server redirects to ${url.protocol}//, which is not the web`);
  const literal = literalAddress(url.hostname);
  if (literal !== undefined && !mayConnect(url.hostname, literal, allowance))
    fail('private', privateAddress(url.hostname));
}

function header(response: Dispatcher.ResponseData, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

async function readResponse(
  response: Dispatcher.ResponseData,
  url: URL,
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<FetchResult> {
  const { statusCode } = response;
  if (statusCode !== 200) {
    response.body.on('error', () => undefined).destroy();
    if (statusCode === 304) return { status: 'not-modified' };
    const wait =
      statusCode === 429 || statusCode === 503 ? readRetryAfter(header(response, 'retry-after')) : undefined;
    return fail('status', `The server answered ${statusCode}${meaning(statusCode)}`, wait);
  }
  const body = await readBody(response.body, header(response, 'content-encoding'), limits.bytes, signal);
  const contentType = header(response, 'content-type');
  const etag = header(response, 'etag');
  const lastModified = header(response, 'last-modified');
  return {
    status: 'fetched',
    body,
    url: url.href,
    ...(contentType === undefined ? {} : { contentType }),
    ...(etag === undefined || etag.length > 1000 ? {} : { etag }),
    ...(lastModified === undefined || lastModified.length > 100 ? {} : { lastModified }),
  };
}

/** Seconds or an HTTP date (RFC 9110 section 10.2.3). */
function readRetryAfter(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text.trim())) return Number(text);
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : Math.max(0, Math.ceil((time - Date.now()) / 1000));
}
