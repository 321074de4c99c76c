// Reads the headers that matter to a poller. Pure.
import { parseUrl } from '../parse-url.js';

/** Seconds to wait, from a number of seconds or an HTTP date (RFC 9110 section 10.2.3). */
export function readRetryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(text)) return Number(text);
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : Math.max(0, Math.ceil((time - now) / 1000));
}

/**
 * True if the HTTP date is later than `now`. RFC 9110 section 8.8.2.1 forbids such a Last-Modified; sent back,
 * it makes servers answer 304 until that day.
 */
export function isFuture(date: string, now: Date): boolean {
  return Date.parse(date) > now.getTime();
}

/**
 * Seconds for which the answer stays fresh by its Cache-Control (RFC 9111 section 5.2.2.1): max-age minus
 * Age. Undefined if the header does not say, or forbids keeping the answer.
 */
export function readFreshness(
  cacheControl: string | undefined,
  age: string | undefined = '0',
): number | undefined {
  if (cacheControl === undefined || /\bno-(?:cache|store)\b/i.test(cacheControl)) return undefined;
  const seconds = /(?:^|[,\s])max-age\s*=\s*"?(\d{1,9})/i.exec(cacheControl)?.[1];
  if (seconds === undefined) return undefined;
  return Math.max(0, Number(seconds) - (/^\d{1,9}$/.test(age.trim()) ? Number(age) : 0));
}

export interface Link {
  /** Absolute. */
  url: string;
  /** In lower case. */
  rels: string[];
  type?: string;
  title?: string;
}

const linksAtMost = 50;

/** The links of a Link header (RFC 8288) that are http or https addresses. */
export function readLinks(header: string | undefined, base: string): Link[] {
  const links: Link[] = [];
  for (const [, target = '', parameters = ''] of (header ?? '')
    .slice(0, 20_000)
    .matchAll(/<([^<>]{0,2000})>((?:\s*;\s*[\w*-]+\s*(?:=\s*(?:"[^"]{0,500}"|[^\s",;]{0,500}))?)*)/g)) {
    if (links.length === linksAtMost) break;
    const url = parseUrl(target, base);
    if (url === undefined || !/^https?:$/.test(url.protocol)) continue;
    const parameter = (name: string): string | undefined =>
      new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]*)"|([^\\s",;]*))`, 'i')
        .exec(parameters)
        ?.slice(1)
        .find((value) => value !== undefined);
    const [type, title] = [parameter('type'), parameter('title')];
    links.push({
      url: url.href,
      rels: (parameter('rel') ?? '').toLowerCase().split(/\s+/).filter(Boolean),
      ...(type === undefined ? {} : { type: type.toLowerCase() }),
      ...(title === undefined ? {} : { title }),
    });
  }
  return links;
}
