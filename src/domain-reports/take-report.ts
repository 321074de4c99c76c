// Takes the files of a mail to dmarc@: reports of receivers about mail of a domain.
//
//   1. unpack each file, and read it as a report
//   2. believe it only about a domain that newsletters are sent from. It is not signed: it decides nothing, and is
//      shown to people
//   3. store it once, by its receiver and number
//   4. tell the accounts if much of the mail failed: once a day for each domain
import { addAccountMails } from '../account-mails/add.js';
import type { Db } from '../db.js';
import { day, hour } from '../durations.js';
import { senderDomains } from '../newsletters/get-newsletter.js';
import { readDmarcReport } from './read-dmarc.js';
import { readTlsReports } from './read-tls.js';
import type { DomainReport } from './report.js';
import * as store from './store.js';
import { unpackReport } from './unpack.js';

export interface TakenReport {
  result: 'recorded' | 'repeated' | 'ignored';
  /** Why it is ignored. */
  reason: string | null;
}

const mostFiles = 5;
/** Reports about one domain in a day that are stored: anybody can send them. */
const mostInOneDay = 1_000;
const oldest = 30 * day;
/** A share of failures of which the accounts are told, in a report about at least so many messages. */
const alarmingShare = 0.05;
const enoughMessages = 100;

const ignored = (reason: string): TakenReport => ({ result: 'ignored', reason });

/** Within the caller's transaction. */
export async function takeReports(
  tx: Db,
  { files, receivedAt }: { files: readonly Uint8Array[]; receivedAt: Date },
): Promise<TakenReport> {
  const results: TakenReport[] = [];
  const domains = await senderDomains(tx);
  for (const file of files.slice(0, mostFiles)) {
    const reports = readReports(file);
    if (reports === undefined) results.push(ignored('unreadable-report'));
    for (const report of reports ?? []) results.push(await takeOne(tx, { report, domains, receivedAt }));
  }
  return (
    results.find(({ result }) => result === 'recorded') ??
    results.find(({ result }) => result === 'repeated') ??
    results[0] ??
    ignored('no-report')
  );
}

/** undefined: the file is damaged, too large, or no report. */
function readReports(file: Uint8Array): DomainReport[] | undefined {
  try {
    const text = unpackReport(file).replace(/^[\uFEFF\s]+/, '');
    if (text.startsWith('{')) return readTlsReports(text);
    const report = text.startsWith('<') ? readDmarcReport(text) : undefined;
    return report === undefined ? undefined : [report];
  } catch {
    return undefined;
  }
}

async function takeOne(
  tx: Db,
  { report, domains, receivedAt }: { report: DomainReport; domains: readonly string[]; receivedAt: Date },
): Promise<TakenReport> {
  const { domain } = report;
  if (!domains.some((ours) => isAbout(report, ours))) return ignored('foreign-domain');
  if (report.organization === '' || report.reportId === '') return ignored('unreadable-report');
  const end = report.end.getTime();
  if (!(end > receivedAt.getTime() - oldest && end < receivedAt.getTime() + 2 * day))
    return ignored('wrong-time');
  const since = new Date(receivedAt.getTime() - day);
  if ((await store.countReports(tx, { domain, since })) >= mostInOneDay) return ignored('too-many');
  if (!(await store.insertReport(tx, report, receivedAt))) return { result: 'repeated', reason: null };
  if (isAlarming(report))
    // Two reports of one day that arrive a little apart cause one mail.
    await addAccountMails(tx, {
      kind: 'dmarc',
      subjectId: domain,
      now: receivedAt,
      notSince: new Date(receivedAt.getTime() - 23 * hour),
    });
  return { result: 'recorded', reason: null };
}

/** A policy counts for the domains below it. Our mail servers may have names below a sender's domain. */
const isAbout = ({ domain, kind }: DomainReport, ours: string): boolean =>
  domain === ours || ours.endsWith(`.${domain}`) || (kind === 'tls' && domain.endsWith(`.${ours}`));

/** Failures that nothing excuses. */
export const isAlarming = ({
  kind,
  messages,
  failed,
}: Pick<DomainReport, 'kind' | 'messages' | 'failed'>): boolean =>
  kind === 'dmarc' && messages >= enoughMessages && failed > messages * alarmingShare;
