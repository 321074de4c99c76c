// The readers of one lot, by column, in the form that PostgreSQL reads fastest. Pure.
import type { ImportStatus } from './outcome.js';
import type { ImportReader } from './reader.js';

/** Between topics: no topic contains it. */
const separator = '\u001f';

/**
 * The readers of a lot, each once. By column, because as many objects as readers would cost more than
 * everything else. A column without any value becomes an empty array, which costs nothing: unnest fills it up
 * with nulls.
 */
export interface LotColumns {
  lines: number[];
  /** Null: as the key has it. */
  addresses: (string | null)[];
  keys: string[];
  hashes: string[];
  names: (string | null)[];
  /** Null: active. */
  statuses: (ImportStatus | null)[];
  suppressedFor: (string | null)[];
  languages: (string | null)[];
  topics: (string | null)[];
  readingTimes: (string | null)[];
  requestedAt: (string | null)[];
  requestedIps: (string | null)[];
  confirmedAt: (string | null)[];
  confirmedIps: (string | null)[];
  unsubscribedAt: (string | null)[];
  evidence: (string | null)[];
  choices: (string | null)[];
  /** JSON. */
  remarks: (string | null)[];
}

export function emptyLot(): LotColumns {
  return {
    lines: [],
    addresses: [],
    keys: [],
    hashes: [],
    names: [],
    statuses: [],
    suppressedFor: [],
    languages: [],
    topics: [],
    readingTimes: [],
    requestedAt: [],
    requestedIps: [],
    confirmedAt: [],
    confirmedIps: [],
    unsubscribedAt: [],
    evidence: [],
    choices: [],
    remarks: [],
  };
}

/** Adds one reader; `hash` is that of the address, in hexadecimal. */
export function addReader(
  lot: LotColumns,
  reader: ImportReader,
  { line, hash, readingTimeId }: { line: number; hash: string; readingTimeId: string | undefined },
): void {
  lot.lines.push(line);
  lot.addresses.push(reader.address === reader.key ? null : reader.address);
  lot.keys.push(reader.key);
  lot.hashes.push(`\\x${hash}`);
  lot.names.push(reader.name ?? null);
  lot.statuses.push(reader.status === 'active' ? null : reader.status);
  lot.suppressedFor.push(reader.suppressedFor ?? null);
  lot.languages.push(reader.language ?? null);
  lot.topics.push(reader.topics?.join(separator) ?? null);
  lot.readingTimes.push(readingTimeId ?? null);
  lot.requestedAt.push(reader.requestedAt ?? null);
  lot.requestedIps.push(reader.requestedIp ?? null);
  lot.confirmedAt.push(reader.confirmedAt ?? null);
  lot.confirmedIps.push(reader.confirmedIp ?? null);
  lot.unsubscribedAt.push(reader.unsubscribedAt ?? null);
  lot.evidence.push(reader.evidence ?? null);
  lot.choices.push(reader.choices ?? null);
  lot.remarks.push(reader.remarks ?? null);
}

/**
 * An array literal of PostgreSQL. Many times as fast as the driver's own conversion, which looks up the type
 * of each element.
 */
export function arrayText(values: readonly (string | number | boolean | null)[]): string {
  if (values.every((value) => value === null)) return '{}';
  const elements = values.map((value) => {
    if (value === null) return 'NULL';
    if (typeof value !== 'string') return String(value);
    return /["\\]/.test(value) ? `"${value.replaceAll(/["\\]/g, '\\$&')}"` : `"${value}"`;
  });
  return `{${elements.join(',')}}`;
}
