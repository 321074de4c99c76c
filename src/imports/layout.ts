// Detects how to read a file: its format, the service that exported it, and the meaning of each column. It is
// decided once, from the beginning of the file, and stored with the import, so that every worker reads it
// alike. Pure.
import { readCsvRow, separatorOf, type CsvDialect } from './csv.js';
import { decodeField } from './encoding.js';
import { isFlag } from './flags.js';
import type { Arguments, Message, MessageKey } from '../languages/messages.js';
import {
  columnKey,
  genericColumns,
  own,
  sources,
  targets,
  type ImportSource,
  type SourceName,
  type SourceStatus,
  type Target,
} from './sources.js';
import { holdsAddress, isOfReader, numberedMap } from './first-row.js';

export interface ImportColumn {
  /** The name in the file; in NDJSON, the key. */
  column: string;
  target: Target;
}

export interface ImportLayout extends CsvDialect {
  format: 'csv' | 'ndjson';
  source: SourceName | null;
  /** CSV: in the order of the file. NDJSON: the keys of the first row; other keys are matched by name. */
  columns: ImportColumn[];
  /** The publisher's mapping, by column key. */
  map: Record<string, Target>;
  /** The newsletter's custom fields, by the column keys of their names and labels. */
  fields: Record<string, string>;
  /** The status of rows without one. */
  status: SourceStatus;
  /** Every pending reader gets a confirmation mail, also if they signed up long ago. */
  asksAll: boolean;
  /** The first row's byte and line. */
  firstByte: number;
  firstLine: number;
}

export type LayoutProblem = 'no-email-column' | 'no-column-names' | 'not-a-table' | 'invalid-map';

export type ReadLayout =
  { ok: true; layout: ImportLayout } | { ok: false; code: LayoutProblem; reason: Message };

const no = (code: LayoutProblem, key: MessageKey, args?: Arguments): ReadLayout => ({
  ok: false,
  code,
  reason: args === undefined ? { key } : { key, args },
});

const noColumns = (unknown: readonly string[]): ReadLayout =>
  no('invalid-map', 'imports.noSuchColumn', { columns: unknown.map((name) => `"${name}"`).join(', ') });

export type ReadMap = { ok: true; map: Record<string, Target> } | { ok: false; reason: Message };

function isTarget(text: string): text is Target {
  return (
    (targets as readonly string[]).includes(text) || /^customFields\.[A-Za-z][A-Za-z0-9_]{0,31}$/.test(text)
  );
}

/** Reads `column:target,column:target`; a column is a name or a number from 1. */
export function readMap(text: string): ReadMap {
  const map: Record<string, Target> = Object.create(null) as Record<string, Target>;
  for (const part of text.split(',').filter((one) => one.trim() !== '')) {
    const colon = part.lastIndexOf(':');
    const target = part.slice(colon + 1).trim();
    const key = columnKey(part.slice(0, Math.max(0, colon)));
    if (key === '' || !isTarget(target))
      return {
        ok: false,
        reason: {
          key: 'imports.wrongMap',
          args: { part: `"${part.trim()}"`, targets: targets.join(', '), own: 'customFields.NAME' },
        },
      };
    map[key] = target;
  }
  return { ok: true, map };
}

function sourceOf(keys: readonly string[]): ImportSource | undefined {
  const has = new Set(keys);
  return sources.find(({ signs }) => signs.some((sign) => sign.every((key) => has.has(key))));
}

/**
 * The target of a column. The publisher's mapping comes first, then the service's names, then common names.
 */
export function targetOf(
  column: string,
  { map, fields, source }: Pick<ImportLayout, 'map' | 'fields' | 'source'>,
): Target {
  const key = columnKey(column);
  const field = own(fields, key);
  const columns = sources.find(({ name }) => name === source)?.columns ?? {};
  const exact = column.trim();
  return (
    own(map, key) ??
    own(columns, key) ??
    (isTarget(exact) ? exact : genericColumns.get(key)) ??
    (field === undefined ? 'ignore' : `customFields.${field}`)
  );
}

function columnsOf(names: readonly string[], known: Parameters<typeof targetOf>[1]): ImportColumn[] {
  const taken = new Set<Target>();
  return names.map((column, at) => {
    const wanted = own(known.map, String(at + 1)) ?? targetOf(column, known);
    // The first of two columns with one target counts. Labels add up, and all flags that may say no are read.
    const target = taken.has(wanted) && wanted !== 'tags' && !isFlag(wanted) ? 'ignore' : wanted;
    taken.add(wanted);
    return { column, target };
  });
}

/** Columns that the publisher's mapping names and the file lacks. */
function missing(map: Readonly<Record<string, Target>>, names: readonly string[]): string[] {
  const keys = new Set(names.flatMap((name, at) => [columnKey(name), String(at + 1)]));
  return Object.keys(map).filter((key) => !keys.has(key));
}

interface Wish {
  map: Record<string, Target>;
  fields: Record<string, string>;
  /** The status of rows without one; undefined: the file decides. */
  status: SourceStatus | undefined;
  asksAll: boolean;
}

interface CsvStart {
  /** The header's first character and line. */
  at: number;
  line: number;
  /** The separator that Excel's first line names. */
  separator: string | undefined;
}

/** Finds the header. Skips Excel's separator line, and lines that are empty or only have separators. */
function findHeader(text: string): CsvStart {
  const excel = /^"?sep=(.)"?\r?\n/i.exec(text);
  const start: CsvStart = { at: excel?.[0].length ?? 0, line: excel ? 2 : 1, separator: excel?.[1] };
  const emptyLines = () => /^[\s,;|"]*\n/.exec(text.slice(start.at))?.[0];
  for (let empty = emptyLines(); empty !== undefined; empty = emptyLines()) {
    start.line += empty.split('\n').length - 1;
    start.at += empty.length;
  }
  return start;
}

/**
 * The layout of a file without column names, whose first line is a reader. It needs a mapping by numbers, unless each
 * line is one address: a guess could take a status for a name, or a mapping by names could lose this reader.
 */
function headlessLayout(
  layout: ImportLayout,
  fields: readonly string[],
  { at: firstByte, line: firstLine }: CsvStart,
): ReadLayout {
  const { map } = layout;
  const isByNumber = Object.keys(map).every((key) => /^\d+$/.test(key));
  const isList = fields.length === 1 && Object.keys(map).length === 0;
  if (!isList && !(isByNumber && Object.values(map).includes('email'))) {
    const isCrowded = fields.filter(holdsAddress).length > 1;
    return no('no-column-names', isCrowded ? 'imports.crowded' : 'imports.noColumnNames', {
      example: `map=${numberedMap(fields)}`,
    });
  }
  const columns = fields.map((_, at) => ({
    column: String(at + 1),
    target: map[String(at + 1)] ?? (isList ? ('email' as const) : ('ignore' as const)),
  }));
  const unknown = Object.keys(map).filter((key) => Number(key) < 1 || Number(key) > fields.length);
  if (unknown.length > 0) return noColumns(unknown);
  return { ok: true, layout: { ...layout, columns, firstByte, firstLine } };
}

/** The problem of columns that the file lacks; undefined if it has all. */
function columnProblem(
  { map, columns }: ImportLayout,
  names: readonly string[],
  firstRow: readonly string[],
): ReadLayout | undefined {
  const unknown = missing(map, names);
  if (unknown.length > 0) return noColumns(unknown);
  if (columns.some(({ target }) => target === 'email')) return undefined;
  // By number: a name may hold a comma or a colon, which separate the parts of a mapping.
  const at = Math.max(0, firstRow.findIndex(holdsAddress));
  return no('no-email-column', 'imports.noEmailColumn', {
    columns: names.slice(0, 40).join(', '),
    example: `map=${at + 1}:email`,
  });
}

function csvLayout(text: string, { map, fields, status, asksAll }: Wish): ReadLayout {
  const start = findHeader(text);
  const headerEnd = text.indexOf('\n', start.at);
  const separator =
    start.separator ?? separatorOf(text.slice(start.at, headerEnd < 0 ? undefined : headerEnd));
  const header = readCsvRow(text, start.at, text.length, { separator, backslash: false });
  if (header === undefined || header === 'unclosed') return no('no-email-column', 'imports.noNames');
  const names = header.fields.map((field) => decodeField(field).trim());
  const keys = names.map(columnKey);
  const source = sourceOf(keys);
  const everyone = Object.entries(source?.everyone ?? {}).find(([key]) => keys.includes(key))?.[1];
  const layout: ImportLayout = {
    format: 'csv',
    source: source?.name ?? null,
    separator,
    backslash: source?.backslash ?? false,
    columns: columnsOf(names, { map, fields, source: source?.name ?? null }),
    map,
    fields,
    status: status ?? everyone ?? 'active',
    asksAll,
    firstByte: header.end,
    firstLine: start.line + header.lines,
  };
  if (names.some((name) => isOfReader(name, map))) return headlessLayout(layout, names, start);
  const firstRow = readCsvRow(text, header.end, text.length, layout);
  const cells = typeof firstRow === 'object' ? firstRow.fields.map(decodeField) : [];
  return columnProblem(layout, names, cells) ?? { ok: true, layout };
}

function ndjsonLayout(text: string, { map, fields, status, asksAll }: Wish): ReadLayout {
  if (/^\s*\[/.test(text)) return no('not-a-table', 'imports.jsonArray');
  let keys: string[] = [];
  try {
    const first: unknown = JSON.parse(decodeField(/^\s*(.*)/.exec(text)?.[1] ?? ''));
    if (typeof first === 'object' && first !== null) keys = Object.keys(first);
  } catch {
    // An invalid first row is reported when it is read.
  }
  const source = sourceOf(keys.map(columnKey))?.name ?? null;
  return {
    ok: true,
    layout: {
      format: 'ndjson',
      source,
      separator: '',
      backslash: false,
      columns: columnsOf(keys, { map, fields, source }),
      map,
      fields,
      status: status ?? 'active',
      asksAll,
      firstByte: 0,
      firstLine: 1,
    },
  };
}

// The first bytes of files that are not text: ZIP (also Excel and LibreOffice), old Excel, PDF, gzip.
const otherFiles: readonly [RegExp, kind: string][] = [
  [/^PK\u0003\u0004/, 'zip'],
  [/^\u00d0\u00cf\u0011\u00e0/, 'excel'],
  [/^%PDF-/, 'pdf'],
  [/^\u001f\u008b/, 'compressed'],
  [/^\s*<(?:!doctype|html|\?xml)/i, 'web'],
];

/**
 * Detects the layout from the beginning of a stored body, given as Latin-1. Refuses only files that cannot be
 * a list of readers.
 */
export function readLayout(head: string, contentType: string, wish: Wish): ReadLayout {
  const other = otherFiles.find(([sign]) => sign.test(head));
  if (other) return no('not-a-table', 'imports.otherFile', { kind: other[1] });
  if (head.trim() === '') return no('not-a-table', 'imports.empty');
  const text = head.endsWith('\n') ? head : `${head}\n`;
  // By content, not by file name.
  return /json/i.test(contentType) || /^\s*\{\s*"/.test(text)
    ? ndjsonLayout(text, wish)
    : csvLayout(text, wish);
}
