// What a person may set for a feed that no general rule fits: how it is requested, what its posts keep, and what
// identifies them. Checks what they typed. Pure.
import { parseUrl } from '../parse-url.js';
import type { IdentityRule } from '../posts/identity/rule.js';

/** Undefined: stays as it is. Null: is removed. */
export interface FeedSettings {
  /** What alone identifies the feed's posts. Null: the usual rules. */
  identity?: IdentityRule | null | undefined;
  /** Never send validators, so that the server must send the whole feed. */
  withoutCache?: boolean | undefined;
  /** Keep what software puts around posts: share bars, related posts, "The post X appeared first on Y". */
  keepFurniture?: boolean | undefined;
  /** Minutes between two polls. Null: the usual interval. */
  pollMinutes?: number | null | undefined;
  /** The value of the header Cookie. */
  cookie?: string | null | undefined;
  header?: { name: string; value: string } | null | undefined;
}

// These belong to the connection, or to how we read the answer.
const reserved =
  /^(?:host|connection|keep-alive|content-.*|transfer-encoding|te|trailer|upgrade|expect|range|if-.*|accept-encoding|proxy-.*|cookie2?|cache-control)$/i;
// RFC 9110 section 5.5: visible characters, and spaces between them.
const value = /^[\x21-\x7e](?:[\x20-\x7e\t]{0,3998}[\x21-\x7e])?$/;
const name = /^[\w!#$%&'*+.^`|~-]{1,100}$/;

/** Minutes between two polls, at least and at most. A digest a day needs a poll a day. */
export const pollLimits = [5, 1440] as const;

/** The first fault of the settings and the field that has it; undefined: they are right. */
export function faultOf({
  cookie,
  header,
  pollMinutes,
}: FeedSettings): { path: string; detail: string } | undefined {
  const isValue = (text: string): boolean => value.test(text);
  const [least, most] = pollLimits;
  const isInterval = (minutes: number): boolean =>
    Number.isInteger(minutes) && minutes >= least && minutes <= most;
  if (typeof pollMinutes === 'number' && !isInterval(pollMinutes))
    return { path: 'pollMinutes', detail: `A feed is polled every ${least} to ${most} minutes` };
  if (typeof cookie === 'string' && !isValue(cookie))
    return {
      path: 'cookie',
      detail: 'A cookie has 1 to 4,000 characters of ASCII in one line, such as: session=1a2b3c',
    };
  if (!header) return undefined;
  if (!name.test(header.name) || reserved.test(header.name))
    return {
      path: 'header.name',
      detail: `A feed cannot be requested with the header ${header.name.slice(0, 100)}`,
    };
  if (!isValue(header.value))
    return { path: 'header.value', detail: 'A header has 1 to 4,000 characters of ASCII in one line' };
  return undefined;
}

/** The server for which secrets are set. */
export const originOf = (url: string): string => parseUrl(url)?.origin ?? '';

/** True if the feed has moved away from the server for which its cookie and header were set. */
export const hasForeignSecrets = ({
  url,
  secretsOrigin,
}: {
  url: string;
  secretsOrigin: string | null;
}): boolean => secretsOrigin !== null && secretsOrigin !== originOf(url);
