// Parts that all readers of the environment share. Pure.
import { parseUrl } from '../parse-url.js';

/** A wrong value in the environment. The message is one line, with secrets masked. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

export function wrong(variable: string, held: string, wanted: string): never {
  throw new ConfigError(`${variable} is ${JSON.stringify(held)}, but must be ${wanted}`);
}

/** The URL with its password masked: everything between the first colon of the credentials and the last @. */
export function maskUrl(text: string): string {
  return text.replace(/\/\/(.*)@/s, (_, credentials: string) => `//${credentials.split(':')[0] ?? ''}:***@`);
}

export function readUrl(
  variable: string,
  text: string,
  protocols: readonly string[],
  wanted: string,
  held = maskUrl(text),
): URL {
  const url = parseUrl(text) ?? wrong(variable, held, wanted);
  if (!protocols.includes(url.protocol) || url.hostname === '') wrong(variable, held, wanted);
  return url;
}

export function readInteger(variable: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text.trim()) || number < min || number > max)
    wrong(variable, text, `a whole number from ${min} to ${max}`);
  return number;
}
