// Checks a sending domain's DNS: SPF, DKIM and DMARC, by which receivers recognise its mail, and MX for
// bounces.
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { DkimKey } from '../config/dkim.js';
import {
  dkimRecord,
  keyProblem,
  quotedTxt,
  readDmarc,
  withParents,
  type Dmarc,
  type WantedRecord,
} from './dns-records.js';
import { spfProblem, spfRecords, type SpfLookup } from './spf.js';
import type { Message, Said } from '../languages/messages.js';

/**
 * `missing` and `wrong`: `detail` says what to publish or to change; of what was found it may be the record itself. `weak`: it works, but not for long.
 * `unknown`: DNS did not answer.
 */
export interface DnsCheck {
  record: 'SPF' | 'DKIM' | 'DMARC' | 'MX';
  result: 'found' | 'weak' | 'wrong' | 'missing' | 'unknown';
  detail: Said;
  /** The record that would mend it, where we know it. */
  publish?: WantedRecord;
}

type Answer = Omit<DnsCheck, 'record'>;

/** A missing name is an empty answer; failures throw. A null MX (RFC 7505) is the empty host name. */
export type DnsLookup = SpfLookup;

const nothingThere = new Set(['ENOTFOUND', 'ENODATA', 'ENONAME']);

/** Asks `servers`, or else the machine's name servers. */
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
      return (await ask(resolver.resolveMx(name))).map(({ exchange }) => exchange);
    },
    async addresses(name) {
      return [...(await ask(resolver.resolve4(name))), ...(await ask(resolver.resolve6(name)))];
    },
  };
}

const inZone = ({ name, type, value }: WantedRecord): string => `${name} ${type} ${quotedTxt(value)}`;
/** It is missing: what to publish. */
const missing = (record: WantedRecord): Answer => ({
  result: 'missing',
  detail: { key: 'doctor.publish', args: { record: inZone(record) } },
  publish: record,
});
const txt = (name: string, value: string): WantedRecord => ({ name, type: 'TXT', value });

async function check(record: DnsCheck['record'], answer: () => Promise<Answer>): Promise<DnsCheck> {
  try {
    return { record, ...(await answer()) };
  } catch (error) {
    const why = (error as Error).message;
    return { record, result: 'unknown', detail: { key: 'doctor.dnsSilent', args: { why } } };
  }
}

async function checkSpf(dns: DnsLookup, domain: string): Promise<Answer> {
  const [record, ...others] = spfRecords(await dns.txt(domain));
  if (record === undefined) return missing(txt(domain, 'v=spf1 include:<your relay> ~all'));
  if (others.length > 0)
    return {
      result: 'wrong',
      detail: { key: 'doctor.spfMany', args: { domain, count: others.length + 1 } },
    };
  const problem = await spfProblem(dns, domain, record);
  return problem === undefined
    ? { result: 'found', detail: record }
    : {
        result: problem.result,
        detail: { key: 'doctor.spfOf', args: { domain, problem: problem.detail } },
      };
}

async function checkKey(dns: DnsLookup, wanted: WantedRecord): Promise<Answer> {
  const found = await dns.txt(wanted.name);
  if (found.length === 0) return missing(wanted);
  const problem = keyProblem(found, wanted);
  return problem === undefined
    ? { result: 'found', detail: wanted.name }
    : {
        result: 'wrong',
        detail: { key: 'doctor.keyWrong', args: { problem, record: inZone(wanted) } },
        publish: wanted,
      };
}

async function checkDmarc(dns: DnsLookup, domain: string, keys: readonly DkimKey[]): Promise<Answer> {
  const wanted = (name: string) => `v=DMARC1; p=none; rua=mailto:dmarc@${name}`;
  for (const name of withParents(domain)) {
    const where = `_dmarc.${name}`;
    const { valid, misspelt } = readDmarc(await dns.txt(where));
    const [record, ...others] = valid;
    if (others.length > 0)
      return {
        result: 'wrong',
        detail: { key: 'doctor.dmarcMany', args: { where, count: valid.length } },
      };
    if (record !== undefined) return judgeDmarc(record, { where, domain, isParent: name !== domain, keys });
    if (misspelt[0] !== undefined)
      return {
        result: 'wrong',
        detail: {
          key: 'doctor.dmarcMisspelt',
          args: { where, text: misspelt[0], record: quotedTxt(wanted(name)) },
        },
        publish: txt(where, wanted(name)),
      };
  }
  return missing(txt(`_dmarc.${domain}`, wanted(domain)));
}

function judgeDmarc(
  record: Dmarc,
  found: { where: string; domain: string; isParent: boolean; keys: readonly DkimKey[] },
): Answer {
  const { where, domain, isParent, keys } = found;
  const policy = isParent ? record.subdomainPolicy : record.policy;
  if (record.strictDkim && keys.length > 0 && !keys.some((key) => key.domain === domain))
    return {
      result: 'wrong',
      detail: { key: 'doctor.dmarcStrict', args: { where, domain, found: keys[0]?.domain ?? '' } },
    };
  if (policy === 'none' && !record.hasReports)
    return {
      result: 'weak',
      detail: { key: 'doctor.dmarcWeak', args: { where } },
    };
  return { result: 'found', detail: `${where}, p=${policy}` };
}

/** RFC 5321 section 5.1: without an MX, the domain's own address takes the mail. */
async function checkMx(dns: DnsLookup, domain: string): Promise<Answer> {
  const hosts = await dns.mx(domain);
  const lost: Message = { key: 'doctor.bouncesLost', args: { where: `bounces+…@${domain}` } };
  if (hosts.length === 0)
    return (await dns.addresses(domain)).length > 0
      ? { result: 'found', detail: { key: 'doctor.mxAddress', args: { domain } } }
      : { result: 'missing', detail: { key: 'doctor.mxNone', args: { domain, lost } } };
  if (hosts.every((host) => host === ''))
    return { result: 'wrong', detail: { key: 'doctor.mxRefuses', args: { domain, lost } } };
  const literal = hosts.find((host) => isIP(host) !== 0);
  if (literal !== undefined)
    return {
      result: 'wrong',
      detail: { key: 'doctor.mxLiteral', args: { domain, ip: literal, lost } },
    };
  for (const host of hosts)
    if ((await dns.addresses(host)).length === 0)
      return { result: 'wrong', detail: { key: 'doctor.mxDead', args: { domain, host, lost } } };
  return { result: 'found', detail: { key: 'doctor.mxFound', args: { hosts: hosts.join(', ') } } };
}

/**
 * Checks a domain that newsletters are sent from, the keys that sign its mail, and the domain of its envelope
 * senders. Never throws.
 */
export function checkDns(
  dns: DnsLookup,
  domain: string,
  keys: readonly DkimKey[],
  bounceDomain = domain,
): Promise<DnsCheck[]> {
  const wanted = keys.flatMap((key) => [
    dkimRecord(key.selector, key.domain, key.privateKey),
    ...(key.ed25519PrivateKey
      ? [dkimRecord(`${key.selector}-ed25519`, key.domain, key.ed25519PrivateKey)]
      : []),
  ]);
  return Promise.all([
    check('SPF', () => checkSpf(dns, bounceDomain)),
    ...wanted.map((record) => check('DKIM', () => checkKey(dns, record))),
    check('DMARC', () => checkDmarc(dns, domain, keys)),
    check('MX', () => checkMx(dns, bounceDomain)),
  ]);
}

/** True if receivers have nothing to recognise the domain's mail by. */
export function hasNothingInPlace(checks: readonly DnsCheck[]): boolean {
  const deciding = checks.filter(({ record }) => record !== 'MX');
  return deciding.length > 0 && deciding.every(({ result }) => result === 'missing' || result === 'wrong');
}
