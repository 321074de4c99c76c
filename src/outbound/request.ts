// One request to an address that a stranger named: to no private address, with a name of ours, in limited time, and through
// redirects that are each checked anew. What can be expected to go wrong comes back as a value with words for the publisher.
import { type Agent, type Dispatcher, request } from 'undici';
import { explain, fail, Failure, type FetchFailure } from './fetch-failure.js';
import { createGuardedAgent } from './guarded-agent.js';
import { type PrivateAllowance, literalAddress, mayConnect, privateAddress } from './private-addresses.js';
import { parseUrl } from '../parse-url.js';

export interface GuardedRequest {
  url: string;
  /** Our own address, for the User-Agent. */
  baseUrl: string;
  allowance: PrivateAllowance;
  headers?: Record<string, string>;
  /** A form, sent by POST. It follows only redirects that keep the method (307, 308). */
  form?: URLSearchParams;
  /** For everything together: names, connections, redirects, body. */
  milliseconds: number;
  redirects: number;
}

export interface Answer {
  response: Dispatcher.ResponseData;
  /** Where the redirects led. */
  url: URL;
  /** Where those redirects led that are for good (301, 308), from the first on. */
  movedTo?: string;
  signal: AbortSignal;
  header(name: string): string | undefined;
}

/** Asks, and gives `read` the answer; it must read or destroy the body. Throws only for bugs. */
export async function guardedRequest<Result>(
  input: GuardedRequest,
  read: (answer: Answer) => Promise<Result>,
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
    // Not close(), which would wait for a body that nobody reads any more.
    await agent.destroy();
  }
}

async function followRedirects(input: GuardedRequest, agent: Agent, signal: AbortSignal): Promise<Answer> {
  let url = new URL(input.url);
  let isForGood = true;
  let movedTo: string | undefined;
  const following = input.form === undefined ? [301, 302, 303, 307, 308] : [307, 308];
  for (let redirects = 0; redirects <= input.redirects; redirects += 1) {
    checkAddress(url, input.allowance);
    const response = await request(url, {
      dispatcher: agent,
      signal,
      method: input.form === undefined ? 'GET' : 'POST',
      headersTimeout: input.milliseconds,
      bodyTimeout: input.milliseconds,
      headers: {
        'user-agent': `DailyDigest/1.0 (+${input.baseUrl})`,
        'accept-encoding': 'gzip, br, deflate',
        ...(input.form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        ...input.headers,
      },
      ...(input.form === undefined ? {} : { body: input.form.toString() }),
    });
    const header = (name: string): string | undefined => {
      const value = response.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    };
    const location = header('location');
    if (!following.includes(response.statusCode) || location === undefined)
      return { response, url, signal, header, ...(movedTo === undefined ? {} : { movedTo }) };
    response.body.on('error', () => undefined).destroy();
    url =
      parseUrl(location, url) ??
      fail(
        'address',
        `${url.hostname} redirects to ${JSON.stringify(location.slice(0, 100))}, which is no address`,
      );
    isForGood &&= [301, 308].includes(response.statusCode);
    if (isForGood) movedTo = url.href;
  }
  return fail('redirects', `The server redirected more than ${input.redirects} times`);
}

function checkAddress(url: URL, allowance: PrivateAllowance): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    fail('address', `The server redirects to ${url.protocol}//, which is not the web`);
  const literal = literalAddress(url.hostname);
  if (literal !== undefined && !mayConnect(url.hostname, literal, allowance))
    fail('private', privateAddress(url.hostname));
}
