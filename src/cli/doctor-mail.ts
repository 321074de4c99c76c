// doctor's checks of the relays, and of the DNS of each domain that newsletters are sent from.
import type { Config } from '../config/environment.js';
import type { RelayConfig } from '../config/relays.js';
import { checkDns, hasNothingInPlace, openDnsLookup, type DnsCheck } from '../mail/check-dns.js';
import { checkRelay, type TestEnvelope } from '../mail/check-relay.js';
import { goesUnsigned, keysFor } from '../mail/dkim.js';
import { verpSender } from '../mail/verp.js';
import type { Newsletter } from '../newsletters/schema.js';
import { checks as made, type Check } from './check.js';
import type { Context } from './context.js';

const { ok, warn, fail } = made;

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1).toLowerCase();

/** Signs in to each relay, and asks it whether it takes our envelope sender. Hands over no message. */
export async function checkRelays(
  { config, links }: Context,
  newsletters: readonly Newsletter[],
): Promise<Check[]> {
  if (!config.relays)
    return [warn('relay', 'SMTP_URL is not set: mail is caught here and does not reach readers')];
  const senders = new Map(newsletters.map(({ from }) => [domainOf(from.address), from.address]));
  const { bounceDomain } = config;
  const envelopesFor = ({ verp }: RelayConfig): TestEnvelope[] =>
    [...senders].map(([domain, author]) => ({
      // Of no delivery: nothing has the number 0.
      sender: verp
        ? verpSender(links.verpKey, { issueId: '0', subscriberId: '0' }, bounceDomain ?? domain)
        : author,
      author,
    }));
  const checks = await Promise.all(
    config.relays.map(async (relay) => {
      const answer = await checkRelay(relay, envelopesFor(relay));
      if (!answer.ok) return [fail('relay', `${relay.name}: ${answer.reason}`)];
      const how = answer.secure ? ' (encrypted)' : ' (not encrypted)';
      return [
        ok('relay', `${relay.name} answers${how}`),
        ...(answer.remarks ?? []).map((remark) => warn('relay', `${relay.name} ${remark}`)),
      ];
    }),
  );
  return checks.flat();
}

/** Checks the DNS records of each sender domain. Without a relay no mail leaves, so none are needed. */
export async function checkSenders(
  { config }: Context,
  newsletters: readonly Newsletter[],
): Promise<Check[]> {
  if (!config.relays) return [];
  const dns = openDnsLookup();
  const domains = new Set(newsletters.map(({ from }) => domainOf(from.address)));
  const checks = await Promise.all(
    [...domains].map(async (domain) => {
      const found = await checkDns(dns, domain, keysFor(config.dkim, domain), config.bounceDomain);
      return [...checkSigning(config, domain), ...dnsRows(domain, found)];
    }),
  );
  return checks.flat();
}

const severity: Record<DnsCheck['result'], typeof ok> = {
  found: ok,
  weak: warn,
  wrong: warn,
  missing: warn,
  unknown: warn,
};

/** The rows of one domain. A domain that receivers cannot recognise at all fails the report. */
export function dnsRows(domain: string, found: readonly DnsCheck[]): Check[] {
  const rows = found.map(({ record, result, detail }) => severity[result](`${record} of ${domain}`, detail));
  if (hasNothingInPlace(found))
    rows.push(
      fail(
        `mail of ${domain}`,
        'SPF, DKIM and DMARC are all missing or wrong: large providers refuse mail from this domain',
      ),
    );
  return rows;
}

function checkSigning(config: Pick<Config, 'relays' | 'dkim'>, domain: string): Check[] {
  if (!goesUnsigned(config, domain)) return [];
  const why =
    config.dkim.length === 0
      ? 'DKIM_DOMAIN is not set'
      : `DKIM_DOMAIN (${config.dkim.map((key) => key.domain).join(', ')}) names neither it nor a parent of it`;
  return [
    warn(
      `DKIM of ${domain}`,
      `mail is not signed: ${why}. Add a key, or set dkim=off in SMTP_URL for a relay that signs`,
    ),
  ];
}
