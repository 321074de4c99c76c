// Reads the address of a page so that all its spellings become one: without what says where the reader came
// from, without sessions, and not as an AMP page. Pure.
import { parseUrl } from '../../parse-url.js';
import { isSession, isToken, isTracking } from './tracking-parameters.js';

// AMP is another form of the same post. Origin: amp.dev, and the spellings of WordPress, Google's cache and
// newspapers.
const ampCache = /^\/(?:amp|[civ])\/(?:s\/)?([a-z\d.-]+\.[a-z]{2,}\/.*)$/i;
const ampParameters = new Set(['amp', 'outputType']);

/** The regular address behind an AMP address. Other addresses stay unchanged. */
function withoutAmp(url: URL): URL {
  const isCache =
    /(?:^|\.)cdn\.ampproject\.org$/.test(url.hostname) || /^(?:www\.)?google\.[a-z.]+$/.test(url.hostname);
  const cached = isCache ? ampCache.exec(url.pathname)?.[1] : undefined;
  const own = (cached === undefined ? undefined : parseUrl(`https://${cached}${url.search}`)) ?? url;
  const plain = new URL(own);
  if (/^amp\.[^.]+\.[^.]+/.test(plain.hostname)) plain.hostname = plain.hostname.slice('amp.'.length);
  plain.pathname = plain.pathname
    .replace(/^\/amp(?=\/.)/, '')
    .replace(/(?<=\/[^/]+)\/amp\/?$/, '')
    .replace(/\.amp(?=(?:\.html?)?$)/, '');
  for (const name of ampParameters)
    if (/^(?:|1|true|amp)$/.test(plain.searchParams.get(name) ?? 'no')) plain.searchParams.delete(name);
  return plain;
}

// The file that a server shows for a directory. "index.php?p=5" and "?p=5" are also one page.
const directoryIndex = /\/(?:index\.(?:html?|php|aspx?|jsp)|default\.(?:html?|aspx?))$/i;

/**
 * One spelling for all that are equal by RFC 3986 section 6.2.2: characters that need no encoding stand for
 * themselves, codes are in upper case, and composed letters replace letters with accents beside them.
 */
function spell(text: string): string {
  return text
    .replaceAll(/(?:%[\da-f]{2})+/gi, decode)
    .normalize('NFC')
    .replaceAll(/\P{ASCII}+/gu, encodeURIComponent);
}

/** Characters that have another meaning, or none, unless they are encoded. */
const special = /[^\w.~!$&'()*+,;=:@\P{ASCII}-]/gu;

function decode(codes: string): string {
  try {
    return decodeURIComponent(codes).replaceAll(special, encodeURIComponent);
  } catch {
    // Not UTF-8: decodes ASCII alone.
    return codes
      .toUpperCase()
      .replaceAll(/%[2-7][\dA-F]/g, (code) =>
        String.fromCodePoint(Number.parseInt(code.slice(1), 16)).replace(special, code),
      );
  }
}

// Java, ColdFusion and PHP put a session behind a semicolon; ASP.NET in a segment of its own: /(S(1a2b))/
const sessionInPath =
  /;(?:jsessionid|phpsessid|cfid|cftoken|sessionid|sid)=[^/;]*|\/\((?:[A-Z]\([^()/]*\))+\)(?=\/)/gi;

interface Address {
  host: string;
  /** Path and query, without parts that do not identify the page. */
  path: string;
  fragment: string;
}

export function readAddress(text: string | null): Address | undefined {
  if (text === null || !/^https?:/i.test(text)) return undefined;
  const parsed = parseUrl(text);
  if (parsed === undefined) return undefined;
  const url = withoutAmp(parsed);
  const query = new URLSearchParams(
    parametersOf(url).toSorted(([a, b], [c, d]) => compare(a, c) || compare(b, d)),
  ).toString();
  const path = spell(url.pathname)
    .replaceAll(sessionInPath, '')
    .replaceAll(/\/{2,}/g, '/')
    .replace(directoryIndex, '/')
    .replace(/\/$/, '');
  return {
    host: url.host.replace(/^www\./, '').replace(/\.?(?::(?:80|443))?$/, ''),
    path: `${path === '' ? '/' : path}${query === '' ? '' : `?${query}`}`,
    // A tracking fragment, such as "#xtor=RSS-1", is dropped.
    fragment: isTracking(/^#([^=]*)=/.exec(url.hash)?.[1] ?? '') ? '' : spell(url.hash),
  };
}

/** The parameters that select a page. "&amp;" is a "&" that was escaped twice. */
function parametersOf(url: URL): [string, string][] {
  return [...url.searchParams]
    .map(([name, value]): [string, string] => [
      name.normalize('NFC').replace(/^(?:amp;)+/, ''),
      value.normalize('NFC'),
    ])
    .filter(([name, value]) => !isTracking(name) && !isSession(name, value));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** One form for all spellings of the address. Undefined if it is no http address. */
export function canonicalUrl(text: string | null): string | undefined {
  const address = readAddress(text);
  if (address === undefined) return undefined;
  // "#!/post/1" is an address within a single-page application. Any other fragment is a place within a post.
  const route = /^#!?\//.test(address.fragment) ? address.fragment : '';
  return `${address.host}${address.path === '/' ? '' : address.path}${route}`;
}

/**
 * The address without parameters that look like a session's: long, of letters and digits. Undefined if it has
 * none. Such a parameter may also select a page, so more than this address must agree.
 */
export function withoutTokens(text: string | null): string | undefined {
  const address = readAddress(text);
  if (address === undefined) return undefined;
  const [path = '', query = ''] = address.path.split('?');
  const parameters = [...new URLSearchParams(query)];
  const others = parameters.filter(([, value]) => !isToken(value));
  if (others.length === parameters.length) return undefined;
  return `${address.host}${path}?${new URLSearchParams(others).toString()}`;
}
