// The cookies that a server sets while it redirects: some sites redirect in a circle until the cookie comes back.
// They live for one request only (RFC 6265).

interface Cookie {
  name: string;
  value: string;
  /** The host that gets it, and with `subdomains` those below it. */
  host: string;
  subdomains: boolean;
  secure: boolean;
  path: string;
}

const cookiesAtMost = 50;
const charactersAtMost = 4_096;

export class RedirectCookies {
  #cookies: Cookie[] = [];

  /** Takes the Set-Cookie headers of an answer from `url`. */
  take(url: URL, headers: string | string[] | undefined): void {
    for (const header of [headers ?? []].flat()) {
      const cookie = header.length > charactersAtMost ? undefined : readCookie(url, header);
      if (cookie === undefined) continue;
      const { name, host, path } = cookie;
      this.#cookies = this.#cookies.filter(
        (other) => other.name !== name || other.host !== host || other.path !== path,
      );
      if (!isExpired(header) && this.#cookies.length < cookiesAtMost) this.#cookies.push(cookie);
    }
  }

  /** The Cookie header for a request to `url`. `given` is the caller's own; undefined if there is neither. */
  headerFor(url: URL, given?: string): string | undefined {
    const own = this.#cookies
      .filter(
        ({ host, subdomains, secure, path }) =>
          (url.hostname === host || (subdomains && url.hostname.endsWith(`.${host}`))) &&
          (!secure || url.protocol === 'https:') &&
          isBelow(url.pathname, path),
      )
      .map(({ name, value }) => `${name}=${value}`);
    return [given, ...own].filter((part) => part !== undefined && part !== '').join('; ') || undefined;
  }
}

/** RFC 6265 section 5.1.4. */
const isBelow = (pathname: string, path: string): boolean =>
  pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);

const attribute = (header: string, name: string): string | undefined =>
  new RegExp(`;\\s*${name}\\s*=\\s*"?([^";]*)`, 'i').exec(header)?.[1]?.trim();

/** True if the server deletes the cookie. */
function isExpired(header: string): boolean {
  const age = attribute(header, 'max-age');
  if (age !== undefined) return Number(age) <= 0;
  return Date.parse(attribute(header, 'expires') ?? '') <= Date.now();
}

function readCookie(url: URL, header: string): Cookie | undefined {
  const [, name, value] =
    /^\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*([\x21-\x3a\x3c-\x7e]*)\s*(?:;|$)/.exec(header) ?? [];
  if (name === undefined || value === undefined) return undefined;
  const domain = attribute(header, 'domain')?.toLowerCase().replace(/^\./, '') || undefined;
  const subdomains = domain !== undefined && domain !== '';
  // A server may widen a cookie to its parent domain, not to a whole "com".
  const isOwn = domain === undefined || url.hostname === domain || url.hostname.endsWith(`.${domain}`);
  if (!isOwn || (subdomains && !domain.includes('.') && url.hostname !== domain)) return undefined;
  const path = attribute(header, 'path') ?? '';
  return {
    name,
    value,
    host: domain ?? url.hostname,
    subdomains,
    secure: /;\s*secure\s*(?:;|$)/i.test(header),
    path: path.startsWith('/') ? path : url.pathname.replace(/\/[^/]*$/, '') || '/',
  };
}
