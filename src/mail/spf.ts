// SPF records (RFC 7208), read as receivers read them: what they allow, and the errors for which receivers
// ignore them.
import { isIPv4, isIPv6 } from 'node:net';
import type { Message } from '../languages/messages.js';

/** A mechanism, or the modifier redirect. */
export interface SpfTerm {
  qualifier: '+' | '-' | '~' | '?';
  name: string;
  /** After the colon or the equals sign, without a prefix length. */
  value: string;
  /** The networks of the addresses: "/24", "//64" for IPv6 only, or "/24//64". */
  prefix: string;
}

export type SpfRecord = { terms: SpfTerm[] } | { wrongTerm: string };

/** What an audit asks of DNS. A missing name is an empty answer; failures throw. */
export interface SpfLookup {
  txt(name: string): Promise<string[]>;
  mx(name: string): Promise<string[]>;
  addresses(name: string): Promise<string[]>;
}

const mechanisms = ['all', 'include', 'a', 'mx', 'ptr', 'ip4', 'ip6', 'exists'];
/** Section 4.6.4: these cost a query each, and a record with its includes has ten. */
const costly = ['include', 'a', 'mx', 'ptr', 'exists', 'redirect'];
const mostLookups = 10;
/** Section 4.6.4: queries without an answer. */
const mostVoid = 2;

/** The SPF records among `found` (section 4.5). More than one is as bad as none. */
export function spfRecords(found: readonly string[]): string[] {
  return found.filter((text) => /^v=spf1( |$)/i.test(text));
}

/** Reads a record by the grammar of section 12. */
export function parseSpf(record: string): SpfRecord {
  const terms: SpfTerm[] = [];
  for (const text of record.split(' ').slice(1)) {
    if (text === '') continue;
    const term = parseTerm(text);
    if (term === undefined) return { wrongTerm: text };
    if (term === 'unknown modifier') continue;
    // Section 6: a modifier appears once.
    if (term.name === 'redirect' && terms.some(({ name }) => name === 'redirect')) return { wrongTerm: text };
    terms.push(term);
    // Section 5.1: nothing behind it is ever tested.
    if (term.name === 'all') break;
  }
  return { terms };
}

function parseTerm(text: string): SpfTerm | 'unknown modifier' | undefined {
  const modifier = /^([a-z][\w.-]*)=(.*)$/i.exec(text);
  if (modifier) {
    const name = (modifier[1] ?? '').toLowerCase();
    const value = modifier[2] ?? '';
    if (name !== 'redirect') return name === 'exp' && !isDomainSpec(value) ? undefined : 'unknown modifier';
    return isDomainSpec(value) ? { qualifier: '+', name, value, prefix: '' } : undefined;
  }
  const [, sign = '', given = '', value, prefix] =
    /^([+?~-]?)([a-z0-9]+)(?::([^/]*))?(\/.*)?$/i.exec(text) ?? [];
  const name = given.toLowerCase();
  if (!mechanisms.includes(name) || !isArgument(name, value, prefix)) return undefined;
  return {
    qualifier: (sign || '+') as SpfTerm['qualifier'],
    name,
    value: value ?? '',
    prefix: prefix ?? '',
  };
}

/**
 * The term allows every sender, or a quarter of them: nobody has such a network. 2000::/3 holds every address of IPv6
 * that is in use.
 */
function allowsEverybody({ qualifier, name, prefix }: SpfTerm): boolean {
  if (qualifier !== '+') return false;
  const [, four, six] = /^(?:\/(\d+))?(?:\/\/(\d+))?$/.exec(prefix) ?? [];
  const isWide = (length: string | undefined, most: number) => length !== undefined && Number(length) <= most;
  return name === 'all' || isWide(four, name === 'ip6' ? 3 : 2) || isWide(six, 3);
}

/** A name, which may have macros such as %{i}. */
const isDomainSpec = (text: string): boolean =>
  /^(%\{[a-z]\d*r?[.\-+,/_=]*\}|%[%_-]|[\x21-\x24\x26-\x7e])+$/i.test(text) &&
  /[a-z\d}.]$/i.test(text) &&
  /[.}]/.test(text);

function isArgument(name: string, value: string | undefined, prefix: string | undefined): boolean {
  const length = (most: number) =>
    prefix === undefined || (/^\/\d{1,3}$/.test(prefix) && Number(prefix.slice(1)) <= most);
  switch (name) {
    case 'all':
      return value === undefined && prefix === undefined;
    case 'include':
    case 'exists':
      return value !== undefined && prefix === undefined && isDomainSpec(value);
    case 'ptr':
      return prefix === undefined && (value === undefined || isDomainSpec(value));
    case 'ip4':
      return isIPv4(value ?? '') && length(32);
    case 'ip6':
      return isIPv6(value ?? '') && length(128);
    default:
      return (
        (value === undefined || isDomainSpec(value)) && /^(\/\d{1,2})?(\/\/\d{1,3})?$/.test(prefix ?? '')
      );
  }
}

/** What is wrong with a record. `weak`: it works, but protects nothing. */
export interface SpfProblem {
  result: 'wrong' | 'weak';
  detail: Message;
}

/** The worst that is wrong with the record of `domain`; undefined: nothing. */
export async function spfProblem(
  dns: SpfLookup,
  domain: string,
  record: string,
): Promise<SpfProblem | undefined> {
  const wrong = (detail: Message): SpfProblem => ({ result: 'wrong', detail });
  const parsed = parseSpf(record);
  if ('wrongTerm' in parsed) return wrong({ key: 'doctor.spfTerm', args: { term: parsed.wrongTerm } });
  const { terms } = parsed;
  const all = terms.find(({ name }) => name === 'all');
  if (terms.some(allowsEverybody)) return wrong({ key: 'doctor.spfAll', args: { record, domain } });
  if (!terms.some(({ name, qualifier }) => name !== 'all' && qualifier === '+'))
    return wrong({ key: 'doctor.spfNobody', args: { record, domain, example: 'include:<your relay>' } });
  const cost: Cost = { lookups: 0, voids: 0 };
  const problem = await walk(dns, domain, terms, cost, [domain]);
  if (problem !== undefined) return wrong(problem);
  if (cost.lookups > mostLookups)
    return wrong({ key: 'doctor.spfLookups', args: { count: cost.lookups, most: mostLookups } });
  if (cost.voids > mostVoid) return wrong({ key: 'doctor.spfVoid', args: { count: cost.voids } });
  const ends = all ?? terms.find(({ name }) => name === 'redirect');
  if (ends === undefined || ends.qualifier === '?')
    return { result: 'weak', detail: { key: 'doctor.spfOpen', args: { record } } };
  return undefined;
}

interface Cost {
  lookups: number;
  voids: number;
}

/** Follows includes and the redirect as a receiver does. Gives up far beyond the limit. */
async function walk(
  dns: SpfLookup,
  domain: string,
  terms: readonly SpfTerm[],
  cost: Cost,
  path: readonly string[],
): Promise<Message | undefined> {
  const hasAll = terms.some(({ name }) => name === 'all');
  for (const { name, value, qualifier } of terms) {
    // Section 6.1: a redirect has no effect beside "all".
    if (!costly.includes(name) || (name === 'redirect' && hasAll)) continue;
    cost.lookups += 1;
    // A macro depends on the message.
    if (value.includes('%') || cost.lookups > 3 * mostLookups) continue;
    if (name === 'a' && (await dns.addresses(value || domain)).length === 0) cost.voids += 1;
    if (name === 'mx' && (await dns.mx(value || domain)).length === 0) cost.voids += 1;
    if (name !== 'include' && name !== 'redirect') continue;
    if (path.includes(value.toLowerCase()))
      return { key: 'doctor.spfCircle', args: { term: name, name: value } };
    const [record, ...others] = spfRecords(await dns.txt(value));
    if (record === undefined) return { key: 'doctor.spfNoneAt', args: { name: value } };
    if (others.length > 0)
      return { key: 'doctor.spfManyAt', args: { name: value, count: others.length + 1 } };
    const inner = parseSpf(record);
    if ('wrongTerm' in inner)
      return { key: 'doctor.spfTermAt', args: { term: inner.wrongTerm, name: value } };
    if (qualifier === '+' && inner.terms.some(allowsEverybody))
      return { key: 'doctor.spfAll', args: { record, domain: path[0] ?? domain } };
    const problem = await walk(dns, value, inner.terms, cost, [...path, value.toLowerCase()]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
