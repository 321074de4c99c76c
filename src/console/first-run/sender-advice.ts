// What keeps mail of a sender from arriving, in sentences that say what to do.
import { keysFor } from '../../mail/dkim.js';
import { checkDns, type DnsCheck, type DnsLookup } from '../../mail/check-dns.js';
import { askRelays, domainOfSender, type AskedRelay, type SenderDeps } from '../../mail/check-sender.js';

export interface Sending extends SenderDeps {
  dns: DnsLookup;
  /** The page that shows caught mail, if no mail leaves this machine. */
  caughtMailUrl: string | undefined;
}

/** Of the relays. Empty: each takes mail from this address. */
export async function relayAdvice(sending: Sending, address: string): Promise<string[]> {
  return (await askRelays(sending, [address])).flatMap(relayInWords);
}

/** Empty: nothing to mend. */
export function relayInWords({ relay: { name }, check }: AskedRelay): string[] {
  if (check.ok) return (check.remarks ?? []).map((remark) => `The mail server ${name} ${remark}.`);
  const advice = check.advice === undefined ? '' : ` ${check.advice}.`;
  return [`The mail server ${name} cannot be used: ${check.reason}.${advice}`];
}

/** Of DNS, by which providers recognise the sender. Empty: it is all there, or no mail leaves this machine. */
export async function dnsAdvice(sending: Sending, address: string): Promise<string[]> {
  const { relays, dkim, dns, bounceDomain, caughtMailUrl } = sending;
  if (relays.length === 0 || caughtMailUrl !== undefined) return [];
  const domain = domainOfSender(address);
  const checks = await checkDns(dns, domain, keysFor(dkim, domain), bounceDomain);
  return checks.flatMap(recordInWords);
}

function recordInWords({ record, result, detail }: DnsCheck): string[] {
  if (result === 'found' || result === 'unknown') return [];
  return [result === 'missing' ? `${record} is missing: ${detail}.` : `${record} needs a change: ${detail}.`];
}
