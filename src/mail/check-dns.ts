// Checks a sending domain's DNS: SPF, DKIM and DMARC, by which receivers recognise its mail, and MX for
// bounces.
import { Resolver } from 'node:dns/promises';
import type { DkimKey } from '../config/dkim.js';
import {
  dkimRecord,
  dmarcPolicy,
  publishesKey,
  spfRecords,
  withParents,
  type WantedRecord,
} from './dns-records.js';

/** `missing`: `detail` holds the record to publish. `unknown`: DNS did not answer. */
export interface DnsCheck {
  record: 'SPF' | 'DKIM' | 'DMARC' | 'MX';
  result: 'found' | 'missing' | 'unknown';
  detail: string;
}

export interface DnsLookup {
  txt(name: string): Promise<string[]>;
  mx(name: string): Promise<string[]>;
}

const nothingThere = new Set(['ENOTFOUND', 'ENODATA', 'ENONAME']);

/**
 * Asks `servers`, or else the machine's name servers. A missing record is an empty answer; failures throw.
 */
export function openDnsLookup(servers?: readonly string[]): DnsLookup {
  const resolver = new Resolver({ timeout: 3_000, tries: 2 });
  if (servers) resolver.setServers(servers);
  const ask = <T>(question: Promise<T[]>): Promise<T[]> =>
    question.catch((error: NodeJS.ErrnoException) => {
      if (nothingThere.has(error.code ?? '')) return [];
      throw error;
    });
  return {
    async txt(name) {
      // A record of over 255 octets comes in pieces (RFC 7208 section 3.3).
      return (await ask(resolver.resolveTxt(name))).map((pieces) => pieces.join(''));
    },
    async mx(name) {
      return (await ask(resolver.resolveMx(name)))
        .map(({ exchange }) => exchange)
        .filter((host) => host !== '');
    },
  };
}

const publish = ({ name, type, value }: WantedRecord): string => `publish ${name} ${type} "${value}"`;

async function check(
  record: DnsCheck['record'],
  answer: () => Promise<Omit<DnsCheck, 'record'>>,
): Promise<DnsCheck> {
  try {
    return { record, ...(await answer()) };
  } catch (error) {
    return { record, result: 'unknown', detail: `DNS did not answer: ${(error as Error).message}` };
  }
}

async function checkKey(dns: DnsLookup, wanted: WantedRecord): Promise<Omit<DnsCheck, 'record'>> {
  const found = await dns.txt(wanted.name);
  if (publishesKey(found, wanted)) return { result: 'found', detail: wanted.name };
  const wrong = found.length === 0 ? '' : `${wanted.name} holds another key; `;
  return { result: 'missing', detail: `${wrong}${publish(wanted)}` };
}

/** Checks a domain that newsletters are sent from, and the keys that sign its mail. Never throws. */
export function checkDns(
  dns: DnsLookup,
  domain: string,
  signedWith: readonly DkimKey[],
): Promise<DnsCheck[]> {
  const keys = signedWith.flatMap((key) => [
    dkimRecord(key.selector, key.domain, key.privateKey),
    ...(key.ed25519PrivateKey
      ? [dkimRecord(`${key.selector}-ed25519`, key.domain, key.ed25519PrivateKey)]
      : []),
  ]);
  return Promise.all([
    check('SPF', async () => {
      const found = spfRecords(await dns.txt(domain));
      if (found.length === 1) return { result: 'found', detail: found[0] ?? '' };
      const wanted = publish({ name: domain, type: 'TXT', value: 'v=spf1 include:<your relay> ~all' });
      return {
        result: 'missing',
        detail:
          found.length === 0
            ? wanted
            : `${domain} has ${found.length} SPF records, but only one is allowed: merge them`,
      };
    }),
    ...keys.map((wanted) => check('DKIM', () => checkKey(dns, wanted))),
    check('DMARC', async () => {
      for (const name of withParents(domain)) {
        const policy = dmarcPolicy(await dns.txt(`_dmarc.${name}`));
        if (policy) return { result: 'found', detail: `_dmarc.${name}, p=${policy}` };
      }
      return {
        result: 'missing',
        detail: publish({ name: `_dmarc.${domain}`, type: 'TXT', value: 'v=DMARC1; p=none' }),
      };
    }),
    check('MX', async () => {
      const found = await dns.mx(domain);
      return found.length > 0
        ? { result: 'found', detail: `bounces go to ${found.join(', ')}` }
        : { result: 'missing', detail: `${domain} has no MX: bounces to bounces+…@${domain} are lost` };
    }),
  ]);
}
