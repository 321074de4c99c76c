// Decides which addresses from outside may stand in a post. Pure.
import { parseUrl } from '../parse-url.js';

const limit = 2048;

/**
 * The address made absolute against `base`, if its protocol is one of `protocols`; undefined otherwise. Drops
 * user names and passwords: in a link they serve to deceive.
 */
export function safeUrl(
  address: string | undefined,
  base?: string,
  protocols: readonly string[] = ['http:', 'https:'],
): string | undefined {
  const text = address?.trim();
  if (text === undefined || text === '') return undefined;
  const url = parseUrl(text, base);
  if (url === undefined || !protocols.includes(url.protocol)) return undefined;
  if (url.protocol !== 'mailto:') {
    if (url.hostname === '') return undefined;
    url.username = '';
    url.password = '';
  }
  return url.href.length > limit ? undefined : url.href;
}
