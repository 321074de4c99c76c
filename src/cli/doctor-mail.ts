// doctor's checks of the relays, and of the DNS of each domain that newsletters are sent from.
import { takesFeedbackIn, type Config } from '../config/environment.js';
import { hasEverReturned, returnsNow } from '../deliverability/watch.js';
import { checkDns, hasNothingInPlace, openDnsLookup, type DnsCheck } from '../mail/check-dns.js';
import { askRelays, domainOfSender } from '../mail/check-sender.js';
import { goesUnsigned, keysFor } from '../mail/dkim.js';
import { reportedDomains } from '../domain-reports/list-reports.js';
import { isAlarming } from '../domain-reports/take-report.js';
import type { Newsletter } from '../newsletters/schema.js';
import { checks as made, type Check } from './check.js';
import type { Context } from './context.js';
import { inEnglish } from '../languages/translate.js';

const { ok, warn, fail } = made;

/** Signs in to each relay, and asks it whether it takes our envelope sender. Hands over no message. */
export async function checkRelays(
  { config, links }: Context,
  newsletters: readonly Newsletter[],
): Promise<Check[]> {
  const { relays, bounceDomain } = config;
  if (!relays) return [warn('relay', 'SMTP_URL is not set: mail is caught here and does not reach readers')];
  const senders = newsletters.map(({ from }) => from.address);
  const asked = await askRelays({ relays, bounceDomain, verpKey: links.verpKey }, senders);
  return asked.flatMap(({ relay, check }) => {
    if (!check.ok) {
      const { reason, advice } = check;
      const whatToDo = advice === undefined ? '' : `. ${inEnglish(advice)}`;
      return [fail('relay', `${relay.name}: ${inEnglish(reason)}${whatToDo}`)];
    }
    const how = check.secure ? ' (encrypted)' : ' (not encrypted)';
    return [
      ok('relay', `${relay.name} answers${how}`),
      ...(check.remarks ?? []).map((remark) => warn('relay', `${relay.name} ${inEnglish(remark)}`)),
    ];
  });
}

/** Do bounces find their way back? */
export async function checkFeedback({ config, db, now }: Context): Promise<Check[]> {
  if (!config.relays) return [];
  const takesFeedback = takesFeedbackIn(config);
  if (!takesFeedback && !(await hasEverReturned(db)))
    return [
      warn(
        'feedback',
        'nothing takes in bounces and complaints, so dead addresses are mailed for ever. See docs/operating.md, Mail that comes back',
      ),
    ];
  const silent = await returnsNow({ db, now, takesFeedback });
  return [
    silent === undefined
      ? ok('feedback', 'bounces are taken in. Prove it: npx daily-digest feedback test')
      : warn(
          'feedback',
          `relays accepted ${silent.accepted} messages in two weeks, and none came back. Look where bounces get lost: npx daily-digest feedback test`,
        ),
  ];
}

/** Checks the DNS records of each sender domain. Without a relay no mail leaves, so none are needed. */
export async function checkSenders(
  { config }: Context,
  newsletters: readonly Newsletter[],
): Promise<Check[]> {
  if (!config.relays) return [];
  const dns = openDnsLookup();
  const domains = new Set(newsletters.map(({ from }) => domainOfSender(from.address)));
  const checks = await Promise.all(
    [...domains].map(async (domain) => {
      const found = await checkDns(dns, domain, keysFor(config.dkim, domain), config.bounceDomain);
      return [...checkSigning(config, domain), ...dnsRows(domain, found)];
    }),
  );
  return checks.flat();
}

/** What receivers report about the domains. */
export async function checkReports(context: Context): Promise<Check[]> {
  const domains = await reportedDomains(context);
  return domains.map((one) =>
    (isAlarming(one) ? warn : ok)(
      `${one.kind === 'dmarc' ? 'DMARC' : 'TLS'} reports about ${one.domain}`,
      one.words,
    ),
  );
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
  const rows = found.map(({ record, result, detail }) =>
    severity[result](`${record} of ${domain}`, inEnglish(detail)),
  );
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
