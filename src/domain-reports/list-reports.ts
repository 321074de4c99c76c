// What receivers report about the domains of newsletters, with a sentence for people.
import type { Db } from '../db.js';
import { day } from '../durations.js';
import { forgetLot, type ForgetDeps } from '../forget-lot.js';
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
const percent = (part: number, whole: number): string =>
  `${formatNumber(Math.floor((part / whole) * 1000) / 10, 'en')} %`;

export function reportInWords({
  kind,
  messages,
  failed,
  sources,
}: Pick<store.DomainSums, 'kind' | 'messages' | 'failed' | 'sources'>): string {
  if (messages === 0) return 'The reports name no message.';
  const what = kind === 'dmarc' ? 'messages aligned' : 'connections to your mail servers were encrypted';
  const share = `${percent(messages - failed, messages)} of ${formatNumber(messages, 'en')} ${what}`;
  const [worst, ...others] = sources;
  if (failed === 0 || worst === undefined) return `${share}.`;
  if (kind === 'tls') return `${share}; failures: ${worst.source}${moreThan(others)}.`;
  const does = others.length === 0 ? 'sends as you and fails' : 'send as you and fail';
  return `${share}; ${worst.source}${moreThan(others)} ${does}.`;
}

const moreThan = ({ length }: readonly unknown[]): string => (length === 0 ? '' : ` and ${length} more`);
