// The rows of an import: CSV as spreadsheets and other services write it, or NDJSON. Each row is either a reader or a
// reason, and a row that is wrong never costs another one.
//
// A quotation mark that nobody closed would swallow the rest of the file. So a row reaches over several lines only if
// that makes sense of it; else its first line is the wrong one, and reading goes on with the next.
import { inEnglish } from '../languages/translate.js';
import { isUtf8 } from 'node:buffer';
import { parse } from 'csv-parse/sync';
import { parseAddress, parseName } from './address.js';

export type ImportStatus = 'active' | 'pending' | 'unsubscribed' | 'suppressed';

export interface ImportReader {
  address: string;
  key: string;
  domain: string;
  name: string | undefined;
  status: ImportStatus;
}

/** `line` is that of the file, from 1. */
export type ImportRow = { line: number; reader: ImportReader } | { line: number; reason: string };

/** `lines` is for a progress bar; blank ones count, and a row may have several. */
export type OpenedImport =
  { ok: true; lines: number; rows: Generator<ImportRow> } | { ok: false; reason: string };

// Characters. A row of three columns has some hundred; more is a quotation mark gone wild, or no CSV.
const longestRow = 16 * 1024;

/** What is neither UTF-8 nor UTF-16 is taken for what Excel writes. The byte-order mark goes. */
function decode(body: Buffer): string {
  const [first, second] = body;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(body);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(body);
  return new TextDecoder(isUtf8(body) ? 'utf-8' : 'windows-1252').decode(body);
}

const isImportStatus = (text: string): text is ImportStatus =>
  ['active', 'pending', 'unsubscribed', 'suppressed'].includes(text);

function readRow(line: number, row: { email?: unknown; name?: unknown; status?: unknown }): ImportRow {
  const field = (value: unknown) => (typeof value === 'string' ? value.trim() : '');
  // Our own export puts ' before what a spreadsheet would take for a formula.
  const plain = (value: unknown) => field(value).replace(/^'(?=[=+\-@])/, '');
  const email = parseAddress(plain(row.email));
  if (!email.ok) return { line, reason: inEnglish(email.reason) };
  const named = parseName(plain(row.name));
  if (!named.ok) return { line, reason: inEnglish(named.reason) };
  const status = field(row.status).toLowerCase() || 'active';
  if (!isImportStatus(status))
    return { line, reason: 'The status is none of active, pending, unsubscribed and suppressed.' };
  const { address, key, domain } = email;
  return { line, reader: { address, key, domain, name: named.name, status } };
}

function readJsonRow(line: number, json: string): ImportRow {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null) return readRow(line, value);
  } catch {
    // Told below.
  }
  return { line, reason: 'The line is not a JSON object.' };
}

function* ndjsonRows(lines: readonly string[]): Generator<ImportRow> {
  for (const [at, line] of lines.entries()) if (line.trim() !== '') yield readJsonRow(at + 1, line);
}

/** What spreadsheets put between the columns depends on their country. */
function separatorOf(header: string): string {
  const count = (separator: string) => header.split(separator).length;
  return [',', ';', '\t'].toSorted((one, other) => count(other) - count(one))[0] ?? ',';
}

/** The fields of one row, or undefined when its quotation marks make no sense. */
function fieldsOf(row: string, separator: string): string[] | undefined {
  if (!row.includes('"')) return row.split(separator);
  try {
    const options = { delimiter: separator, relax_column_count: true, relax_quotes: true };
    const [fields, ...others] = parse(row, options);
    return others.length === 0 ? fields : undefined;
  } catch {
    return undefined;
  }
}

type Columns = Record<'email' | 'name' | 'status', number>;

/** Where the columns are; -1 for one that is not there. */
function columnsOf(header: string, separator: string): Columns {
  const names = (fieldsOf(header, separator) ?? []).map((name) =>
    name.replaceAll(/[\s_-]/g, '').toLowerCase(),
  );
  return {
    email: names.findIndex((name) => ['email', 'emailaddress'].includes(name)),
    name: names.indexOf('name'),
    status: names.indexOf('status'),
  };
}

const hasOpenQuote = (text: string): boolean => text.split('"').length % 2 === 0;

/** The row that begins at `from`, and how many lines it has. */
function rowAt(lines: readonly string[], from: number): { text: string; length: number } {
  let text = lines[from] ?? '';
  let length = 1;
  while (hasOpenQuote(text) && text.length < longestRow && from + length < lines.length) {
    text += `\n${lines[from + length]}`;
    length += 1;
  }
  return { text, length };
}

function* csvRows(lines: readonly string[], columns: Columns, separator: string): Generator<ImportRow> {
  for (let at = 1; at < lines.length;) {
    const line = at + 1;
    const { text, length } = rowAt(lines, at);
    const fields = text.length < longestRow ? fieldsOf(text, separator) : undefined;
    if (fields?.every((field) => field.trim() === '')) at += length;
    else {
      const field = (column: number) => (column < 0 ? undefined : fields?.[column]);
      const { email, name, status } = columns;
      const row: ImportRow = fields
        ? readRow(line, { email: field(email), name: field(name), status: field(status) })
        : { line, reason: 'The line is too long, or a quotation mark in it is not closed.' };
      yield row;
      at += 'reason' in row ? 1 : length;
    }
  }
}

/** Opens an import's body. Refused is only what has no column for the address: everything else is told row by row. */
export function openImport(body: Buffer, contentType: string): OpenedImport {
  const text = decode(body);
  const lines = text.split(text.includes('\n') ? /\r?\n/ : '\r');
  if (lines.at(-1) === '') lines.pop();
  if (/json/i.test(contentType)) return { ok: true, lines: lines.length, rows: ndjsonRows(lines) };
  const header = lines[0] ?? '';
  const separator = separatorOf(header);
  const columns = columnsOf(header, separator);
  if (columns.email < 0)
    return { ok: false, reason: 'The first line names the columns: email, and if you like name and status.' };
  return { ok: true, lines: lines.length, rows: csvRows(lines, columns, separator) };
}
