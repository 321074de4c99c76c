// Reads an aggregate report about DMARC (RFC 7489, and its successor RFC 9990). Pure.
import { isIP } from 'node:net';
import {
  readCount,
  domainNamed,
  readName,
  summed,
  type DomainReport,
  type ReportedSource,
} from './report.js';
import { scanXml } from './scan-xml.js';

/** Reasons that excuse a failure: the mail took a way on which SPF and often DKIM break. */
const excuses = new Set(['forwarded', 'mailing_list', 'trusted_forwarder']);

const mostRecords = 100_000;

/** undefined: it is no such report. Throws if the document is not well-formed. */
export function readDmarcReport(xml: string): DomainReport | undefined {
  const told = new Map<string, string>();
  const rows: ReportedSource[] = [];
  let record = new Map<string, string>();
  let isExcused = false;
  scanXml(xml, (path, text) => {
    if (path === 'feedback/record') {
      if (rows.length < mostRecords) rows.push(rowOf(record, isExcused));
      record = new Map();
      isExcused = false;
    } else if (path === 'feedback/record/row/policy_evaluated/reason/type')
      isExcused ||= excuses.has(text.toLowerCase());
    else if (path.startsWith('feedback/record/row/')) record.set(path.slice(20), text);
    else if (path.startsWith('feedback/')) told.set(path.slice(9), told.get(path.slice(9)) ?? text);
  });
  const domain = domainNamed(told.get('policy_published/domain'));
  if (domain === undefined) return undefined;
  return {
    kind: 'dmarc',
    domain,
    organization: readName(told.get('report_metadata/org_name')),
    reportId: readName(told.get('report_metadata/report_id')),
    begin: readSeconds(told.get('report_metadata/date_range/begin')),
    end: readSeconds(told.get('report_metadata/date_range/end')),
    ...summed(rows),
  };
}

/** Seconds since 1970. Some receivers add a fraction. An invalid time is judged by the caller. */
const readSeconds = (text = ''): Date =>
  new Date(/^\d{1,11}(?:\.\d+)?$/.test(text) ? Math.floor(Number(text)) * 1000 : Number.NaN);

/** `dkim` and `spf` of policy_evaluated say whether each was aligned, not only whether it passed. */
function rowOf(record: ReadonlyMap<string, string>, isExcused: boolean): ReportedSource {
  const messages = readCount(record.get('count'));
  const address = (record.get('source_ip') ?? '').toLowerCase();
  const aligned = ['dkim', 'spf'].some(
    (by) => record.get(`policy_evaluated/${by}`)?.toLowerCase() === 'pass',
  );
  return {
    source: isIP(address) === 0 ? 'unknown' : address,
    messages,
    failed: aligned || isExcused ? 0 : messages,
    excused: !aligned && isExcused ? messages : 0,
  };
}
