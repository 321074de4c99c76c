// Whether the internet can reach this installation. Pure.
import { parseUrl } from '../parse-url.js';
import { isPublicAddress, literalAddress } from './allowed-addresses.js';

// RFC 6761, RFC 6762, and names that are internal by custom.
const insideNames = /(?:^|\.)(?:localhost|local|internal|lan|home|corp|test|invalid|onion)$/;

/** True if BASE_URL is an address that a server on the internet can call. */
export function isPublicBase(baseUrl: string): boolean {
  const url = parseUrl(baseUrl);
  if (url === undefined || !/^https?:$/.test(url.protocol)) return false;
  const literal = literalAddress(url.hostname);
  if (literal !== undefined) return isPublicAddress(literal);
  const name = url.hostname.replace(/\.$/, '');
  return name.includes('.') && !insideNames.test(name);
}
