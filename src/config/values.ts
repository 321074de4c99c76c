// Parts that all readers of the environment share. Pure.
import { isIP } from 'node:net';
import { parseUrl } from '../parse-url.js';

/** A wrong value in the environment. The message is one line, with secrets masked. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

export function wrong(variable: string, held: string, wanted: string): never {
  throw new ConfigError(`${variable} is ${JSON.stringify(held)}, but must be ${wanted}`);
}

/**
 * The URL with its secrets masked: everything between the first colon of the credentials and the last @, and
 * options such as password=. A text that is no URL may hold a password too.
 */
export function maskUrl(text: string): string {
  return text
    .replace(/^([a-z+]*:?\/\/)?([^:]*)(?::.*)?@/is, (_, scheme = '', user = '') => `${scheme}${user}:***@`)
    .replaceAll(/([?&][^=&#]*(?:pass|secret|token)[^=&#]*=)[^&#]*/gi, '$1***');
}

const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;

/** A name of DNS or of a hosts file, in A-labels (xn--…), or an address. RFC 1123 section 2.1; with "_", as containers are named. */
export function isHostName(text: string): boolean {
  if (isIP(text) !== 0) return true;
  const labels = text.replace(/\.$/, '').split('.');
  return text.length <= 253 && !/^[\d.]+$/.test(text) && labels.every((part) => label.test(part));
}

interface UrlOptions {
  /** The text as an error shows it. */
  held?: string;
  /** Port 0 means any free port. */
  mayHavePortZero?: boolean;
}

export function readUrl(
  variable: string,
  text: string,
  protocols: readonly string[],
  wanted: string,
  { held = maskUrl(text), mayHavePortZero = false }: UrlOptions = {},
): URL {
  const url = parseUrl(text) ?? wrong(variable, held, wanted);
  const isPossible =
    isHostName(url.hostname.replaceAll(/^\[|\]$/g, '')) && (url.port !== '0' || mayHavePortZero);
  if (!protocols.includes(url.protocol) || !isPossible) wrong(variable, held, wanted);
  return url;
}

export function readInteger(variable: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text.trim()) || number < min || number > max)
    wrong(variable, text, `a whole number from ${min} to ${max}`);
  return number;
}

/** A domain in A-labels, or the name of a key in DNS. */
export function readDomainName(variable: string, text: string, wantedForm: string): string {
  const name = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
  if (text.length > 253 || !new RegExp(`^${name}(\\.${name})*$`, 'i').test(text))
    wrong(variable, text, wantedForm);
  return text.toLowerCase();
}
