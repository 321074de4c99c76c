// What receivers report about the domains of newsletters, with a sentence for people.
import type { Db } from '../db.js';
import { day } from '../durations.js';
import { forgetLot, type ForgetDeps } from '../forget-lot.js';
import { translator, type Translator } from '../languages/translate.js';
import { formatNumber } from '../text/words.js';
import * as store from './store.js';

export interface ReportedDomain extends store.DomainSums {
  /** "97.2 % of 8,214 messages aligned; 203.0.113.7 sends as you and fails." */
  words: string;
}

const reportedDays = 30;

/** The reports of the last 30 days, by domain and kind. */
export async function reportedDomains({ db, now }: { db: Db; now: () => Date }): Promise<ReportedDomain[]> {
  const sums = await store.selectSums(db, new Date(now().getTime() - reportedDays * day));
  return sums.map((one) => ({ ...one, words: reportInWords(one) }));
}

export const forgetDomainReports = (deps: ForgetDeps): Promise<number> =>
  forgetLot(deps, 'domainReports', store.deleteOldReports);

/** Rounded down: 99.96 % is not all. */
const percent = (part: number, whole: number, locale: string): string =>
  `${formatNumber(Math.floor((part / whole) * 1000) / 10, locale)} %`;

/** One source that fails, or the worst of several. */
const failing = {
  dmarc: { one: 'accountMail.reportAlignedBut', more: 'accountMail.reportAlignedButMore' },
  tls: { one: 'accountMail.reportEncryptedBut', more: 'accountMail.reportEncryptedButMore' },
} as const;
const flawless = { dmarc: 'accountMail.reportAligned', tls: 'accountMail.reportEncrypted' } as const;

export function reportInWords(
  { kind, messages, failed, sources }: Pick<store.DomainSums, 'kind' | 'messages' | 'failed' | 'sources'>,
  { t, locale }: Pick<Translator, 't' | 'locale'> = translator('en'),
): string {
  if (messages === 0) return t('accountMail.reportNone');
  const share = { percent: percent(messages - failed, messages, locale), messages };
  const [worst, ...others] = sources;
  if (failed === 0 || worst === undefined) return t(flawless[kind], share);
  return others.length === 0
    ? t(failing[kind].one, { ...share, source: worst.source })
    : t(failing[kind].more, { ...share, source: worst.source, others: others.length });
}
