// A newsletter's readers as CSV, in pieces: it is read as it is written, however many they are.
import type { Db } from '../db.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { inputPrefix } from './custom-fields.js';
import { exportRows } from './store-admin.js';

const atOnce = 5_000;

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
  'requestedAt',
  'confirmedAt',
  'unsubscribedAt',
] as const;

/** One field (RFC 4180). What a spreadsheet would take for a formula gets a ' in front, which our import takes off. */
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

/** All subscriptions of a newsletter, whatever their status; the header line first, each piece ends with a line. */
export async function* exportSubscribers(
  { db }: { db: Db },
  { newsletterId }: { newsletterId: string },
): AsyncGenerator<string> {
  const fields = (await getNewsletter(db, newsletterId))?.customFields ?? [];
  const names = fields.map(({ name }) => name);
  yield `${[...columns, ...names.map((name) => inputPrefix + name)].join(',')}\r\n`;
  let after = '0';
  for (;;) {
    const rows = await exportRows(db, newsletterId, { after, limit: atOnce });
    if (rows.length === 0) return;
    const lines = rows.map(({ customFields, ...row }) =>
      [...columns.map((column) => row[column]), ...names.map((name) => customFields[name])].map(csvField),
    );
    yield lines.map((line) => `${line.join(',')}\r\n`).join('');
    after = rows.at(-1)?.id ?? after;
  }
}
