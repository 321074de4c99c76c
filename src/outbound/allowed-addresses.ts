// The addresses that a publisher's URL may reach: the public internet, and those in ALLOW_PRIVATE_FEEDS.
// Pure.
import ipaddr from 'ipaddr.js';
import { parseUrl } from '../parse-url.js';
import type { Message } from '../languages/messages.js';

/** Hosts, addresses and CIDRs that are allowed although they are private. */
export interface PrivateAllowance {
  hosts: ReadonlySet<string>;
  ranges: readonly [ipaddr.IPv4 | ipaddr.IPv6, number][];
}

function bare(host: string): string {
  return host
    .toLowerCase()
    .replaceAll(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}

/** Reads the entries of ALLOW_PRIVATE_FEEDS. */
export function readAllowance(entries: readonly string[]): PrivateAllowance {
  const hosts = new Set<string>();
  const ranges: [ipaddr.IPv4 | ipaddr.IPv6, number][] = [];
  for (const entry of entries.map(bare)) {
    if (ipaddr.isValidCIDR(entry)) ranges.push(ipaddr.parseCIDR(entry));
    else if (ipaddr.isValid(entry)) {
      const address = ipaddr.process(entry);
      ranges.push([address, address.kind() === 'ipv4' ? 32 : 128]);
    } else hosts.add(entry);
  }
  return { hosts, ranges };
}

// RFC 4291: the range assigned to the public internet. It excludes every form that carries an IPv4 address
// (mapped, compatible, both NAT64 prefixes), except 6to4 and Teredo, which ipaddr.js recognises.
const globalUnicast = ipaddr.parseCIDR('2000::/3');

/**
 * True if `address` belongs to the public internet. These do not: loopback, private, link-local (with the
 * metadata services of clouds), shared, multicast, reserved and documentation addresses, and IPv6 forms that
 * carry an IPv4 address (mapped, NAT64, 6to4, Teredo).
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address.split('%')[0] ?? '')) return false;
  const parsed = ipaddr.parse(address.split('%')[0] ?? '');
  return parsed.range() === 'unicast' && (parsed.kind() === 'ipv4' || parsed.match(globalUnicast));
}

/** True if we may connect to `address`, the address of `host` (or the literal itself). */
export function mayConnect(host: string, address: string, allowance: PrivateAllowance): boolean {
  if (isPublicAddress(address) || allowance.hosts.has(bare(host))) return true;
  const plain = bare(address).split('%')[0] ?? '';
  if (!ipaddr.isValid(plain)) return false;
  const processed = ipaddr.process(plain);
  return allowance.ranges.some(
    ([range, bits]) => range.kind() === processed.kind() && processed.match(range, bits),
  );
}

/** The literal address in a URL's host, or undefined for a name. */
export function literalAddress(hostname: string): string | undefined {
  const host = bare(hostname);
  return ipaddr.isValid(host) ? host : undefined;
}

/** The failure for a `host` that is not allowed. */
export const privateAddress = (host: string): Message => ({ key: 'fetch.private', args: { host } });

export type FeedUrl =
  | { ok: true; url: string }
  | { ok: false; code: 'address' | 'private'; /** For the publisher. */ reason: Message };

const refuse = (reason: Message, code: 'address' | 'private' = 'address'): FeedUrl => ({
  ok: false,
  code,
  reason,
});

/** Reads the address of a feed as the publisher typed it, or says what is wrong with it. */
export function readFeedUrl(text: string, allowance: PrivateAllowance): FeedUrl {
  // Browsers once passed feeds to readers as feed:https://… and feed://….
  const trimmed = text
    .trim()
    .replace(/^feed:(?=https?:)/i, '')
    .replace(/^feed:\/\//i, 'https://');
  if (trimmed.length > 2000) return refuse({ key: 'fetch.addressLong' });
  const url = parseUrl(trimmed);
  if (url === undefined) return refuse({ key: 'fetch.addressNone' });
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return refuse({ key: 'fetch.addressScheme' });
  if (url.username !== '' || url.password !== '') return refuse({ key: 'fetch.addressPassword' });
  const isLocalName = /(^|\.)localhost\.?$/.test(url.hostname);
  const literal = isLocalName ? '127.0.0.1' : literalAddress(url.hostname);
  if (literal !== undefined && !mayConnect(url.hostname, literal, allowance))
    return refuse(privateAddress(url.hostname), 'private');
  url.hash = '';
  return { ok: true, url: url.href };
}
