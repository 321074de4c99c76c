// A report of a receiver about mail of a domain, whatever its format. Pure.

export interface ReportedSource {
  /** dmarc: the address of the server that sent. tls: the kind of failure, and the server that failed. */
  source: string;
  /** dmarc: messages. tls: sessions. */
  messages: number;
  failed: number;
  /** Failed because a mailing list or a forwarder passed the mail on. */
  excused: number;
}

export interface DomainReport {
  kind: 'dmarc' | 'tls';
  domain: string;
  /** The receiver that reports. */
  organization: string;
  reportId: string;
  begin: Date;
  end: Date;
  messages: number;
  failed: number;
  excused: number;
  sources: ReportedSource[];
}

/** Sources of one report that are kept by name: those with most failures. */
const mostSources = 100;
const mostMessages = 1_000_000_000;

export function readCount(text: unknown): number {
  const count = typeof text === 'number' ? text : /^\d{1,12}$/.test(String(text)) ? Number(text) : 0;
  return Number.isSafeInteger(count) && count > 0 ? Math.min(count, mostMessages) : 0;
}

/** A domain in lower case, without the final dot. undefined: it is none. */
export function domainNamed(text: unknown): string | undefined {
  const domain = typeof text === 'string' ? text.trim().toLowerCase().replace(/\.$/, '') : '';
  return /^(?=.{3,253}$)[a-z0-9_-]+(?:\.[a-z0-9_-]+)+$/.test(domain) ? domain : undefined;
}

/** A name as the pages show it. */
export const readName = (text: unknown): string =>
  (typeof text === 'string' ? text : '')
    .replaceAll(/[\x00-\x1f\x7f<>\s]+/g, ' ')
    .trim()
    .slice(0, 200);

/** Adds up the rows of one source, and the rows of all. */
export function summed(
  rows: readonly ReportedSource[],
): Pick<DomainReport, 'messages' | 'failed' | 'excused' | 'sources'> {
  const total = { messages: 0, failed: 0, excused: 0 };
  const bySource = new Map<string, ReportedSource>();
  for (const row of rows) {
    const sum = bySource.get(row.source) ?? { source: row.source, messages: 0, failed: 0, excused: 0 };
    bySource.set(row.source, sum);
    for (const column of ['messages', 'failed', 'excused'] as const) {
      sum[column] += row[column];
      total[column] += row[column];
    }
  }
  const sources = [...bySource.values()].toSorted((a, b) => b.failed - a.failed || b.messages - a.messages);
  return { ...total, sources: sources.slice(0, mostSources) };
}
