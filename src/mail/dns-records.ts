// The DNS records that a sending domain needs, and how to find them among DNS answers. Pure.
import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Message } from '../languages/messages.js';

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

/** The tags of a DKIM or DMARC record, by their names in lower case; undefined: it is no list of tags. */
export function tagsOf(record: string): Map<string, string> | undefined {
  const tags = new Map<string, string>();
  for (const part of record.split(';')) {
    if (part.trim() === '') continue;
    const [, name, value] = /^\s*([a-z]\w*)\s*=(.*)$/is.exec(part) ?? [];
    if (name === undefined || value === undefined || tags.has(name.toLowerCase())) return undefined;
    tags.set(name.toLowerCase(), value.trim());
  }
  return tags;
}

const withoutSpace = (text = ''): string => text.replaceAll(/\s/g, '');

/** Why a verifier would not accept our signatures by `found`; undefined: it accepts them. */
export function keyProblem(found: readonly string[], wanted: WantedRecord): Message | undefined {
  const { name } = wanted;
  const records = found.filter((text) => /(^|;)\s*(p|v\s*=\s*DKIM1)\s*(=|;|$)/i.test(text));
  if (records.length > 1) return { key: 'doctor.dkimMany', args: { name, count: records.length } };
  const [record] = records.length === 0 ? found : records;
  const tags = record === undefined ? undefined : tagsOf(record);
  if (tags === undefined) return { key: 'doctor.dkimNone', args: { name } };
  const key = withoutSpace(tags.get('p'));
  if (key === '') return { key: 'doctor.dkimRevoked', args: { name } };
  if (key !== withoutSpace(tagsOf(wanted.value)?.get('p')))
    return { key: 'doctor.dkimOther', args: { name } };
  return tagProblem(tags, wanted);
}

/** What a record with the right key may say against us (RFC 6376 section 3.6.1). */
function tagProblem(tags: Map<string, string>, { name, value }: WantedRecord): Message | undefined {
  const list = (tag: string): string[] => withoutSpace(tags.get(tag)).toLowerCase().split(':');
  const version = tags.get('v');
  const type = tagsOf(value)?.get('k') ?? '';
  const tag = (letter: string): string => tags.get(letter) ?? '';
  if (version !== undefined && version !== 'DKIM1')
    return { key: 'doctor.dkimVersion', args: { name, version } };
  if ((tags.get('k') ?? 'rsa').toLowerCase() !== type)
    return { key: 'doctor.dkimType', args: { name, found: tags.get('k') ?? 'rsa', type } };
  if (tags.has('h') && !list('h').includes('sha256'))
    return { key: 'doctor.dkimHash', args: { name, hashes: tag('h') } };
  if (tags.has('s') && !list('s').some((service) => service === '*' || service === 'email'))
    return { key: 'doctor.dkimService', args: { name, service: tag('s') } };
  if (list('t').includes('y')) return { key: 'doctor.dkimTest', args: { name } };
  return undefined;
}

export interface Dmarc {
  policy: 'none' | 'quarantine' | 'reject';
  /** For domains below the record's. */
  subdomainPolicy: 'none' | 'quarantine' | 'reject';
  /** Where reports go. */
  hasReports: boolean;
  /** d= must be the domain in From itself, not a parent. */
  strictDkim: boolean;
}

/**
 * The DMARC records among the TXT records of a _dmarc name (RFC 7489 sections 6.3 and 6.6.3). `misspelt` holds
 * what was meant as one, but receivers ignore it.
 */
export function readDmarc(found: readonly string[]): { valid: Dmarc[]; misspelt: string[] } {
  const valid: Dmarc[] = [];
  const misspelt: string[] = [];
  for (const text of found) {
    const record = /^\s*v\s*=\s*DMARC1\s*(;|$)/.test(text) ? dmarcOf(text) : undefined;
    if (record) valid.push(record);
    else if (/dmarc|^\s*v\s*=|(^|;)\s*p\s*=/i.test(text)) misspelt.push(text);
  }
  return { valid, misspelt };
}

function dmarcOf(text: string): Dmarc | undefined {
  const tags = tagsOf(text);
  const policy = policyOf(tags?.get('p'));
  if (tags === undefined || policy === undefined) return undefined;
  return {
    policy,
    subdomainPolicy: policyOf(tags.get('sp')) ?? policy,
    hasReports: /mailto:[^\s,]+@/i.test(tags.get('rua') ?? ''),
    strictDkim: tags.get('adkim')?.toLowerCase() === 's',
  };
}

function policyOf(text: string | undefined): Dmarc['policy'] | undefined {
  const policy = text?.toLowerCase();
  return policy === 'none' || policy === 'quarantine' || policy === 'reject' ? policy : undefined;
}

/** A TXT record as a zone file has it: strings of at most 255 octets (RFC 1035 section 3.3.14). */
export function quotedTxt(value: string): string {
  return (value.match(/.{1,255}/gs) ?? ['']).map((piece) => `"${piece}"`).join(' ');
}

/**
 * The domain and its parents, which may publish for it, down to two labels: a.b.example.org, b.example.org,
 * example.org.
 */
export function withParents(domain: string): string[] {
  const labels = domain.split('.');
  return labels.slice(0, Math.max(1, labels.length - 1)).map((_, first) => labels.slice(first).join('.'));
}
