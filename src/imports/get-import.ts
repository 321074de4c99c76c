// The state of imports, as the API and the CLI show it.
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { translator, type Translator } from '../languages/translate.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { defaultLimit, pageOf, type Page } from '../paging.js';
import type { ImportOutcome } from './outcome.js';
import type { SourceName } from './sources.js';
import * as store from './store.js';
import { nothingUndone, type Undone } from './undo-rows.js';
import { importRows, type ImportRowRecord } from './store-lot.js';

/** The most errors shown with the import itself. */
const mostErrors = 1_000;

export interface ImportView extends Omit<
  store.ImportRecord,
  'layout' | 'place' | 'rowsForgottenAt' | 'undoRequestedAt' | 'undoFrom' | 'undone' | 'undoneAt'
> {
  /** The service that exported the file. */
  source: SourceName | null;
  /** CSV. */
  separator: string | null;
  mapping: { column: string; field: string }[];
  /** Bytes read so far. */
  readBytes: number;
  errors: { line: number; reason: string }[];
  undo: (Undone & { state: 'queued' | 'running' | 'finished'; finishedAt: Date | null }) | null;
}

function view(record: store.ImportRecord, errors: ImportView['errors']): ImportView {
  const { layout, place, rowsForgottenAt: _, undoRequestedAt, undoFrom, undone, undoneAt, ...told } = record;
  return {
    ...told,
    source: layout.source,
    separator: layout.format === 'csv' ? layout.separator : null,
    mapping: layout.columns.map(({ column, target }) => ({ column, field: target })),
    readBytes: record.state === 'finished' ? record.bytes : Math.min(place.byte, record.bytes),
    errors,
    undo:
      undoRequestedAt === null
        ? null
        : {
            state: undoneAt === null ? (undoFrom === null ? 'queued' : 'running') : 'finished',
            ...nothingUndone,
            ...undone,
            finishedAt: undoneAt,
          },
  };
}

/** The state of an import, with its errors in the language of `words`, or undefined. */
export async function getImport(
  { db }: { db: Db },
  id: string,
  words: Translator = translator('en'),
): Promise<ImportView | undefined> {
  const record = isId(id) ? await store.importById(db, id) : undefined;
  if (!record) return undefined;
  const { rows: wrong } = await importRows(db, id, { outcome: 'invalid', after: 0, limit: mostErrors });
  return view(
    record,
    wrong.map(({ line, reasons }) => ({ line, reason: reasonsInWords(reasons, words) ?? '' })),
  );
}

/** A newsletter's imports, newest first, without their errors; undefined if there is no such newsletter. */
export async function listImports(
  { db }: { db: Db },
  {
    newsletterId,
    cursor,
    limit = defaultLimit,
  }: { newsletterId: string; cursor?: string | undefined; limit?: number },
): Promise<Page<ImportView> | undefined> {
  if (!(await getNewsletter(db, newsletterId))) return undefined;
  const records = await store.importsOf(db, newsletterId, { before: cursor, limit: limit + 1 });
  return pageOf(
    records.map((record) => view(record, [])),
    limit,
  );
}

export interface ImportRowView extends Omit<ImportRowRecord, 'reasons'> {
  /** In words. */
  reason: string | null;
}

export function reasonsInWords(reasons: ImportRowRecord['reasons'], { say }: Translator): string | null {
  return reasons?.map((reason) => say(reason)).join(' ') ?? null;
}

/** PostgreSQL's largest integer. */
const largestLine = 2_147_483_647;

/**
 * The outcomes of an import's rows, by line; for a dry run, the expected ones. Undefined if there is no such
 * import.
 */
export async function listImportRows(
  { db }: { db: Db },
  {
    importId,
    outcome,
    cursor,
    limit = defaultLimit,
    words = translator('en'),
  }: {
    importId: string;
    outcome?: ImportOutcome | undefined;
    cursor?: string | undefined;
    limit?: number;
    words?: Translator;
  },
): Promise<Page<ImportRowView> | undefined> {
  if (!isId(importId) || !(await store.importById(db, importId))) return undefined;
  const after = Number(cursor ?? 0);
  if (after > largestLine) return { data: [], nextCursor: null };
  const { rows, lookedTo } = await importRows(db, importId, { outcome, after, limit: limit + 1 });
  const data = rows
    .slice(0, limit)
    .map(({ reasons, ...row }) => ({ ...row, reason: reasonsInWords(reasons, words) }));
  const last = rows.length > limit ? (data.at(-1)?.line ?? null) : lookedTo;
  return { data, nextCursor: last === null ? null : String(last) };
}
