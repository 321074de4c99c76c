// What keeps mail of a sender from arriving, in sentences that say what to do.
import type { Translator } from '../../languages/translate.js';
import type { DnsCheck, DnsLookup } from '../../mail/check-dns.js';
import { askRelays, domainOfSender, type AskedRelay, type SenderDeps } from '../../mail/check-sender.js';
import { checkDomain, type DnsDeps } from '../../sender-checks/checks.js';

export interface Sending extends SenderDeps {
  dns: DnsLookup;
  /** The page that shows caught mail, if no mail leaves this machine. */
  caughtMailUrl: string | undefined;
}

/** Of the relays. Empty: each takes mail from this address. */
export async function relayAdvice(sending: Sending, address: string, words: Translator): Promise<string[]> {
  return (await askRelays(sending, [address])).flatMap((asked) => relayInWords(asked, words));
}

/** Empty: nothing to mend. What the server said stays as it is. */
export function relayInWords({ relay: { name }, check }: AskedRelay, { t, say }: Translator): string[] {
  if (check.ok) return (check.remarks ?? []).map((remark) => t('firstRun.relayRemark', { name, remark }));
  const advice = check.advice === undefined ? '' : ` ${say(check.advice)}.`;
  return [`${t('firstRun.relayRefuses', { name, reason: check.reason })}${advice}`];
}

/** Of DNS, by which providers recognise the sender. Empty: it is all there, or no mail leaves this machine. */
export async function dnsAdvice(
  deps: Pick<DnsDeps, 'db' | 'now' | 'goesUnsigned'> & { sending: Sending },
  address: string,
  words: Translator,
): Promise<string[]> {
  const { relays, caughtMailUrl } = deps.sending;
  if (relays.length === 0 || caughtMailUrl !== undefined) return [];
  const checks = await checkDomain({ ...deps.sending, ...deps }, domainOfSender(address));
  return checks.flatMap((check) => recordInWords(check, words));
}

function recordInWords({ record, result, detail }: DnsCheck, { t }: Translator): string[] {
  if (result === 'found' || result === 'unknown') return [];
  return [t(result === 'missing' ? 'firstRun.recordMissing' : 'firstRun.recordWrong', { record, detail })];
}
