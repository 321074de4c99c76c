// Exports a newsletter's readers as CSV or NDJSON, in pieces: memory does not grow with their number. Our
// import reads it back without loss (sources.ts, "daily-digest").
import type { Db } from '../db.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { inputPrefix } from '../subscribers/custom-fields.js';
import { type ExportRow, selectExportRows } from './store-export.js';

export const exportFormats = ['csv', 'ndjson'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** Readers of a piece. The first is small, so that a download begins at once. */
const pieces = { first: 100, other: 1_000 };

const columns = [
  'email',
  'name',
  'status',
  'language',
  'topics',
  'frequency',
  'sendTime',
  'weekday',
  'timezone',
  'pausedUntil',
  'plainText',
  'trackingAgreedAt',
  'requestedAt',
  'requestedIp',
  'confirmedAt',
  'confirmedIp',
  'consent',
  'unsubscribedAt',
  'suppressedFor',
] as const;

/**
 * One field (RFC 4180). Text that a spreadsheet would read as a formula gets a ' in front; our import removes
 * it.
 */
export function csvField(
  value: string | number | boolean | Date | readonly string[] | null | undefined,
): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text =
    value instanceof Date ? value.toISOString() : typeof value === 'object' ? value.join('|') : String(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const fieldsOf = async (db: Db, newsletterId: string): Promise<string[]> =>
  (await getNewsletter(db, newsletterId))?.customFields.map(({ name }) => name) ?? [];

const csvHead = (fields: readonly string[]): string =>
  `${[...columns, ...fields.map((name) => inputPrefix + name)].map((name) => csvField(name)).join(',')}\r\n`;

function csvLine(row: ExportRow, fields: readonly string[]): string {
  const values = [...columns.map((column) => row[column]), ...fields.map((name) => row.customFields[name])];
  return `${values.map(csvField).join(',')}\r\n`;
}

/** Leaves out null values. */
function jsonLine({ customFields, ...row }: ExportRow): string {
  const told = columns.map((column) => [column, row[column]]).filter(([, value]) => value !== null);
  const answers = Object.keys(customFields).length > 0 && { customFields };
  return `${JSON.stringify({ ...Object.fromEntries(told), ...answers })}\n`;
}

/**
 * All subscriptions of a newsletter, in every status; CSV has a header line. Each piece ends with a line end.
 */
export async function* exportSubscribers(
  { db }: { db: Db },
  { newsletterId, format = 'csv' }: { newsletterId: string; format?: ExportFormat },
): AsyncGenerator<string> {
  const fields = await fieldsOf(db, newsletterId);
  if (format === 'csv') yield csvHead(fields);
  for (let after = '0'; ;) {
    const rows = await selectExportRows(db, newsletterId, {
      after,
      limit: after === '0' ? pieces.first : pieces.other,
    });
    if (rows.length === 0) return;
    yield rows.map((row) => (format === 'csv' ? csvLine(row, fields) : jsonLine(row))).join('');
    after = rows.at(-1)?.subscriberId ?? after;
  }
}

/** The subscriptions of these subscribers to the newsletter, as exportSubscribers writes them in CSV. */
export async function csvOf(
  { db }: { db: Db },
  { newsletterId, subscriberIds }: { newsletterId: string; subscriberIds: readonly string[] },
): Promise<string> {
  const fields = await fieldsOf(db, newsletterId);
  const rows = await selectExportRows(db, newsletterId, { only: subscriberIds });
  return csvHead(fields) + rows.map((row) => csvLine(row, fields)).join('');
}
