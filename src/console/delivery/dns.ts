// The DNS records of the domains that newsletters are sent from.
import type { Request, Response } from 'express';
import type { DnsCheck } from '../../mail/check-dns.js';
import {
  checkDomain,
  lastDomainChecks,
  lastDomainFindings,
  type DomainCheck,
} from '../../sender-checks/checks.js';
import type { TimeWords } from '../../text/when-words.js';
import type { ConsoleDeps } from '../deps.js';
import { formField } from '../form-field.js';
import { sendPage, timeWordsOf, translatorOf } from '../page.js';
import type { Translator } from '../../languages/translate.js';
import { sendersOf } from './relays.js';

const badges: Record<DnsCheck['result'], string> = {
  found: 'ok',
  weak: 'paused',
  wrong: 'failed',
  missing: 'failed',
  unknown: 'new',
};

const stateOf = (result: DnsCheck['result'], { t }: Translator): string =>
  ({
    found: t('delivery.dnsFound'),
    weak: t('delivery.dnsWeak'),
    wrong: t('delivery.dnsWrong'),
    missing: t('delivery.dnsMissing'),
    unknown: t('delivery.dnsUnknown'),
  })[result];

/** What the last check found, with its time. Upkeep repeats a person's check. */
function lastInWords(check: DomainCheck | undefined, { t, time }: TimeWords): string | undefined {
  if (check === undefined) return undefined;
  const at = time(check.checkedAt);
  return check.lacks.length === 0
    ? t('delivery.lastComplete', { at })
    : t('delivery.lastLacks', { at, records: check.lacks.join(', ') });
}

export async function showDns(deps: ConsoleDeps, res: Response): Promise<void> {
  const words = translatorOf(res);
  const { bounceDomain } = deps.sending;
  const domains = [...(await sendersOf(deps)).keys()];
  const [kept, found] = await Promise.all([
    lastDomainChecks(deps.db, domains),
    lastDomainFindings(deps.db, domains),
  ]);
  sendPage(res, 'delivery-dns', {
    tab: 'dns',
    saysTimes: kept.size > 0,
    domains: domains.map((domain, place) => ({
      domain,
      last: lastInWords(kept.get(domain), timeWordsOf(res)),
      bounceDomain: bounceDomain ?? domain,
      isUnsigned: deps.goesUnsigned(domain),
      checks: found.get(domain)?.checks.map((check, at) => ({
        ...check,
        // The sentence repeats the record to publish.
        detail: check.result === 'missing' && check.publish ? '–' : words.say(check.detail),
        isRecord: typeof check.detail === 'string',
        id: `record-${place}-${at}`,
        badge: badges[check.result],
        state: stateOf(check.result, words),
      })),
    })),
  });
}

/** A POST, because it makes us ask other servers. The page after it shows what was kept. */
export async function testDns(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const domain = formField(req, 'domain');
  const isOurs = (await sendersOf(deps)).has(domain);
  if (isOurs) await checkDomain({ ...deps.sending, ...deps }, domain);
  res.redirect(303, `/console/delivery/dns${isOurs ? '?notice=dns-checked' : ''}`);
}
