// Sends one request to an address that a stranger named. It reaches no private address, names us in the
// User-Agent, has a time limit, and checks each redirect again. Expected failures are values with words for
// the publisher.
import { type Agent, type Dispatcher, request } from 'undici';
import { explain, fail, Failure, type FetchFailure } from './fetch-failure.js';
import { createGuardedAgent } from './guarded-agent.js';
import { type PrivateAllowance, literalAddress, mayConnect, privateAddress } from './allowed-addresses.js';
import { RedirectCookies } from './redirect-cookies.js';
import { parseUrl } from '../parse-url.js';

/** Headers with secrets, for one origin. A redirect must not carry them to another. */
export interface Confidential {
  origin: string;
  headers: Record<string, string>;
}

export interface GuardedRequest {
  url: string;
  /** Our own address, for the User-Agent. */
  baseUrl: string;
  allowance: PrivateAllowance;
  headers?: Record<string, string>;
  confidential?: Confidential | undefined;
  /** A form, sent by POST. Only redirects that keep the method (307, 308) are followed. */
  form?: URLSearchParams;
  /** A JSON text, sent by POST. */
  json?: string;
  /** For name lookups, connections, redirects and body together. */
  milliseconds: number;
  /** 0: a redirect is the answer. */
  redirects: number;
}

export interface HttpAnswer {
  response: Dispatcher.ResponseData;
  /** The address after all redirects. */
  url: URL;
  /** The address after the leading redirects that are permanent (301, 308). */
  movedTo?: string;
  signal: AbortSignal;
  header(name: string): string | undefined;
}

/**
 * Sends the request and passes the answer to `read`, which must read or destroy the body. Throws only for
 * bugs.
 */
export async function guardedRequest<Result>(
  input: GuardedRequest,
  read: (answer: HttpAnswer) => Promise<Result>,
): Promise<Result | FetchFailure> {
  const agent = createGuardedAgent(input.allowance, input.milliseconds);
  const signal = AbortSignal.timeout(input.milliseconds);
  try {
    return await read(await followRedirects(input, agent, signal));
  } catch (error) {
    if (error instanceof Failure) return error.failure;
    const host = parseUrl(input.url)?.hostname ?? input.url;
    return explain(error, host, signal.aborted, input.milliseconds);
  } finally {
    // close() would wait for a body that is no longer read.
    await agent.destroy();
  }
}

function bodyOf({ form, json }: GuardedRequest): { type: string; text: string } | undefined {
  if (json !== undefined) return { type: 'application/json', text: json };
  return form && { type: 'application/x-www-form-urlencoded', text: form.toString() };
}

function followedStatuses(input: GuardedRequest): readonly number[] {
  if (input.redirects === 0) return [];
  return bodyOf(input) === undefined ? [301, 302, 303, 307, 308] : [307, 308];
}

async function followRedirects(
  input: GuardedRequest,
  agent: Agent,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  let url = new URL(input.url);
  let isForGood = true;
  let movedTo: string | undefined;
  const cookies = new RedirectCookies();
  const body = bodyOf(input);
  const following = followedStatuses(input);
  for (let redirects = 0; redirects <= input.redirects; redirects += 1) {
    checkAddress(url, input.allowance);
    const own = input.confidential?.origin === url.origin ? input.confidential.headers : {};
    const given: Record<string, string> = { ...input.headers, ...own };
    const cookie = cookies.headerFor(url, given['cookie']);
    const response = await request(url, {
      dispatcher: agent,
      signal,
      method: body === undefined ? 'GET' : 'POST',
      headersTimeout: input.milliseconds,
      bodyTimeout: input.milliseconds,
      headers: {
        'user-agent': `DailyDigest/1.0 (+${input.baseUrl})`,
        'accept-encoding': 'gzip, br, deflate',
        ...(body === undefined ? {} : { 'content-type': body.type }),
        ...given,
        ...(cookie === undefined ? {} : { cookie }),
      },
      ...(body === undefined ? {} : { body: body.text }),
    });
    const header = (name: string): string | undefined => {
      const value = response.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    };
    const location = header('location');
    if (!following.includes(response.statusCode) || location === undefined)
      return { response, url, signal, header, ...(movedTo === undefined ? {} : { movedTo }) };
    response.body.on('error', () => undefined).destroy();
    cookies.take(url, response.headers['set-cookie']);
    url =
      parseUrl(location, url) ??
      fail('address', {
        key: 'fetch.redirectNowhere',
        args: { host: url.hostname, to: JSON.stringify(location.slice(0, 100)) },
      });
    isForGood &&= [301, 308].includes(response.statusCode);
    if (isForGood) movedTo = url.href;
  }
  return fail('redirects', { key: 'fetch.redirects', args: { most: input.redirects } });
}

function checkAddress(url: URL, allowance: PrivateAllowance): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    fail('address', { key: 'fetch.redirectScheme', args: { scheme: `${url.protocol}//` } });
  const literal = literalAddress(url.hostname);
  if (literal !== undefined && !mayConnect(url.hostname, literal, allowance))
    fail('private', privateAddress(url.hostname));
}
