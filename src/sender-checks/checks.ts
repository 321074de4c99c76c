// What the last checks of the relays and of the senders' DNS found. They ask other servers, so pages show what is kept
// here, and only a person's wish or upkeep checks again.
import type { DkimKey } from '../config/dkim.js';
import type { Db } from '../db.js';
import { day, hour } from '../durations.js';
import { checkDns, type DnsCheck, type DnsLookup } from '../mail/check-dns.js';
import type { RelayCheck } from '../mail/check-relay.js';
import { keysFor } from '../mail/dkim.js';
import * as store from './store.js';

export type { DomainCheck, RelayTest } from './store.js';

interface Deps {
  db: Db;
  now: () => Date;
}

export interface DnsDeps extends Deps {
  dns: DnsLookup;
  dkim: readonly DkimKey[];
  bounceDomain: string | undefined;
  goesUnsigned: (domain: string) => boolean;
}

/** A relay took a mail. */
export async function noteRelayWorks({ db, now }: Deps, relay: string): Promise<void> {
  await store.upsertRelayTest(db, { relay, worked: true, testedAt: now(), found: null });
}

/** What a person's test of a relay found. */
export async function noteRelayTest({ db, now }: Deps, relay: string, found: RelayCheck): Promise<void> {
  await store.upsertRelayTest(db, { relay, worked: found.ok, testedAt: now(), found });
}

/** By name. A relay that nobody tested is missing. */
export async function lastRelayTests(
  db: Db,
  relays: readonly string[],
): Promise<ReadonlyMap<string, store.RelayTest>> {
  const tests = await store.selectRelayTests(db, relays);
  return new Map(tests.map((one) => [one.relay, one]));
}

/** By domain. A domain that nobody checked is missing. */
export async function lastDomainChecks(
  db: Db,
  domains: readonly string[],
): Promise<ReadonlyMap<string, store.DomainCheck>> {
  const checks = await store.selectDomainChecks(db, domains);
  return new Map(checks.map((one) => [one.domain, one]));
}

/** By domain: each record as it was last found, also where DNS did not answer. */
export async function lastDomainFindings(
  db: Db,
  domains: readonly string[],
): Promise<ReadonlyMap<string, store.DomainFindings>> {
  const found = await store.selectDomainFindings(db, domains);
  return new Map(found.map((one) => [one.domain, one]));
}

const deciding: readonly DnsCheck['record'][] = ['SPF', 'DKIM', 'DMARC'];

/** Of the records by which receivers recognise the sender: those that are missing or wrong. Undefined: DNS did not answer. */
function lacksOf(checks: readonly DnsCheck[], isUnsigned: boolean): string[] | undefined {
  const own = checks.filter(({ record }) => deciding.includes(record));
  if (own.some(({ result }) => result === 'unknown')) return undefined;
  return deciding.filter(
    (record) =>
      (record === 'DKIM' && isUnsigned) ||
      own.some((one) => one.record === record && (one.result === 'missing' || one.result === 'wrong')),
  );
}

/** Checks the DNS of a sending domain, and keeps what it found. Silence of DNS says nothing: the last result stays. */
export async function checkDomain(deps: DnsDeps, domain: string): Promise<DnsCheck[]> {
  const { db, now, dns, dkim, bounceDomain, goesUnsigned } = deps;
  const checks = await checkDns(dns, domain, keysFor(dkim, domain), bounceDomain);
  const lacks = lacksOf(checks, goesUnsigned(domain));
  await store.upsertDomainFindings(db, { domain, checks, foundAt: now() });
  if (lacks !== undefined) await store.upsertDomainCheck(db, { domain, lacks, checkedAt: now() });
  return checks;
}

/** Whoever publishes a missing record waits for the answer. */
const again = { complete: day, lacking: hour };

/** For upkeep: checks again, one domain at each call. */
export async function recheckDomain(deps: DnsDeps): Promise<void> {
  const { db } = deps;
  const now = deps.now();
  const complete = new Date(now.getTime() - again.complete);
  const lacking = new Date(now.getTime() - again.lacking);
  const domain = await store.takeDueDomain(db, { now, complete, lacking });
  if (domain !== undefined) await checkDomain(deps, domain);
  await store.deleteUnusedChecks(db, { before: complete });
}
