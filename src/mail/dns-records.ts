// The DNS records that a sending domain needs, and how to find them among DNS answers. Pure.
import { createPublicKey, type KeyObject } from 'node:crypto';

/** A record that the domain should publish. */
export interface WantedRecord {
  name: string;
  type: 'TXT' | 'MX';
  value: string;
}

/** The TXT record of a signing key (RFC 6376 section 3.6.1; Ed25519: RFC 8463 section 4). */
export function dkimRecord(selector: string, domain: string, privateKey: KeyObject): WantedRecord {
  const publicKey = createPublicKey(privateKey);
  const [type, key] =
    publicKey.asymmetricKeyType === 'ed25519'
      ? ['ed25519', Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')]
      : ['rsa', publicKey.export({ type: 'spki', format: 'der' })];
  return {
    name: `${selector}._domainkey.${domain}`,
    type: 'TXT',
    value: `v=DKIM1; k=${type}; p=${key.toString('base64')}`,
  };
}

const tag = (record: string, name: string): string | undefined =>
  new RegExp(`(?:^|;)\\s*${name}\\s*=([^;]*)`, 'i').exec(record)?.[1]?.replaceAll(/\s/g, '');

/** True if one of `found` publishes the same key as `wanted`. */
export function publishesKey(found: readonly string[], wanted: WantedRecord): boolean {
  const key = tag(wanted.value, 'p');
  return found.some((record) => tag(record, 'p') === key);
}

export type DmarcPolicy = 'none' | 'quarantine' | 'reject';

/** The policy of a DMARC record (RFC 7489 section 6.3), or undefined if there is none. */
export function dmarcPolicy(found: readonly string[]): DmarcPolicy | undefined {
  const record = found.find((text) => /^v=DMARC1\s*;/i.test(text));
  const policy = record === undefined ? undefined : tag(record, 'p')?.toLowerCase();
  return policy === 'none' || policy === 'quarantine' || policy === 'reject' ? policy : undefined;
}

/** The SPF records among `found` (RFC 7208 section 4.5). More than one is as bad as none. */
export function spfRecords(found: readonly string[]): string[] {
  return found.filter((text) => /^v=spf1(\s|$)/i.test(text));
}

/**
 * The domain and its parents, which may publish for it, down to two labels: a.b.example.org, b.example.org,
 * example.org.
 */
export function withParents(domain: string): string[] {
  const labels = domain.split('.');
  return labels.slice(0, Math.max(1, labels.length - 1)).map((_, first) => labels.slice(first).join('.'));
}
