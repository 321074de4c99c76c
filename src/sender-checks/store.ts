// The rows of the last checks: of each relay, and of the DNS of each sending domain.
import type { Db } from '../db.js';
import { storableJson } from '../languages/message-json.js';
import type { DnsCheck } from '../mail/check-dns.js';
import type { RelayCheck } from '../mail/check-relay.js';

export interface RelayTest {
  relay: string;
  worked: boolean;
  testedAt: Date;
  /** null: a mail told the result. */
  found: RelayCheck | null;
}

export interface DomainCheck {
  domain: string;
  /** Of SPF, DKIM and DMARC: those that are missing or wrong. */
  lacks: string[];
  checkedAt: Date;
}

export interface DomainFindings {
  domain: string;
  checks: DnsCheck[];
  foundAt: Date;
}

export async function upsertRelayTest(db: Db, { relay, worked, testedAt, found }: RelayTest): Promise<void> {
  await db.change(
    `insert into relay_tests (relay, worked, tested_at, found) values ($1, $2, $3, $4)
     on conflict (relay) do update set worked = excluded.worked, tested_at = excluded.tested_at, found = excluded.found`,
    [relay, worked, testedAt, found && storableJson(found)],
  );
}

export function selectRelayTests(db: Db, relays: readonly string[]): Promise<RelayTest[]> {
  return db.query('select relay, worked, tested_at, found from relay_tests where relay = any ($1)', [relays]);
}

export async function upsertDomainCheck(db: Db, { domain, lacks, checkedAt }: DomainCheck): Promise<void> {
  await db.change(
    `insert into domain_checks (domain, lacks, checked_at) values ($1, $2, $3)
     on conflict (domain) do update set lacks = excluded.lacks, checked_at = excluded.checked_at`,
    [domain, lacks, checkedAt],
  );
}

export async function upsertDomainFindings(
  db: Db,
  { domain, checks, foundAt }: DomainFindings,
): Promise<void> {
  await db.change(
    `insert into domain_findings (domain, checks, found_at) values ($1, $2, $3)
     on conflict (domain) do update set checks = excluded.checks, found_at = excluded.found_at`,
    [domain, storableJson(checks), foundAt],
  );
}

export function selectDomainFindings(db: Db, domains: readonly string[]): Promise<DomainFindings[]> {
  return db.query('select domain, checks, found_at from domain_findings where domain = any ($1)', [domains]);
}

export function selectDomainChecks(db: Db, domains: readonly string[]): Promise<DomainCheck[]> {
  return db.query('select domain, lacks, checked_at from domain_checks where domain = any ($1)', [domains]);
}

const isUsed = `exists (select from newsletters where lower(split_part(from_address, '@', 2)) = domain)`;

/** Takes one domain that was last checked before these times, so that no other process checks it too. */
export async function takeDueDomain(
  db: Db,
  { now, complete, lacking }: { now: Date; complete: Date; lacking: Date },
): Promise<string | undefined> {
  const row = await db.maybeOne<{ domain: string }>(
    `update domain_checks set checked_at = $1
     where domain = (select domain from domain_checks
       where checked_at < case when lacks = '{}' then $2::timestamptz else $3::timestamptz end and ${isUsed}
       order by checked_at limit 1 for update skip locked)
     returning domain`,
    [now, complete, lacking],
  );
  return row?.domain;
}

/** Of domains that no newsletter is sent from. */
export async function deleteUnusedChecks(db: Db, { before }: { before: Date }): Promise<void> {
  await db.change(`delete from domain_checks where checked_at < $1 and not ${isUsed}`, [before]);
  await db.change(`delete from domain_findings where found_at < $1 and not ${isUsed}`, [before]);
}
