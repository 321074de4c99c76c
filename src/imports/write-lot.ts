// One lot of an import, inside its transaction.
//
// 1. Read what is stored about its readers.
// 2. Judge each row (who-stays-away.ts).
// 3. Write the readers, unless it is a dry run.
// 4. Record the outcome of each row.
import type { Db } from '../db.js';
import { importReaders, type ImportedReaders } from '../subscribers/import-readers.js';
import { arrayText, type LotColumns } from './lot-columns.js';
import type { ImportOutcome, ImportStatus } from './outcome.js';
import { forLots, insertJudgedRows, selectKnown, type JudgedRow } from './store-lot.js';
import { judge, type KnownReader, type RowVerdict } from './who-stays-away.js';

export interface LotInput {
  importId: string;
  newsletterId: string;
  readers: LotColumns;
  /** Goes into every consent record: {importId, basis, source}. */
  detail: object;
  /** The file is our own export, which is complete: no leaving is added for suppressed readers. */
  exact: boolean;
  now: Date;
}

export interface OutcomeCount {
  outcome: ImportOutcome;
  status: ImportStatus;
  rows: number;
}

interface Judged {
  known: readonly KnownReader[];
  verdicts: readonly RowVerdict[];
}

async function judgeReaders(tx: Db, lot: LotInput): Promise<Judged> {
  const { readers } = lot;
  await tx.query(forLots);
  const known = await selectKnown(tx, lot);
  const verdicts = known.map((reader, at) =>
    judge({ status: readers.statuses[at] ?? 'active', name: readers.names[at] ?? null }, reader),
  );
  return { known, verdicts };
}

/** A dry run: records the outcomes, and writes no reader. */
export async function judgeLot(tx: Db, lot: LotInput): Promise<OutcomeCount[]> {
  const judged = await judgeReaders(tx, lot);
  const rows = rowsOf(lot, judged).map((row) => ({ ...row, subscriptionId: null, before: null }));
  await insertJudgedRows(tx, lot.importId, rows);
  return countOutcomes(rows);
}

/**
 * Undefined: another transaction changed a reader at the same moment. The caller must roll the lot back and
 * judge it again.
 */
export async function writeLot(tx: Db, lot: LotInput): Promise<OutcomeCount[] | undefined> {
  const judged = await judgeReaders(tx, lot);
  const written = await importReaders(tx, columnsFor(lot, judged));
  if (written.some(({ again }) => again)) return undefined;
  const byLine = new Map(written.map((row) => [row.line, row]));
  const rows = rowsOf(lot, judged).map((row) => {
    const after = { ...row, ...byLine.get(row.line) };
    return { ...after, email: after.subscriberId === null ? row.email : null };
  });
  await insertJudgedRows(tx, lot.importId, rows);
  return countOutcomes(rows);
}

/** The records of the rows, as far as they are known before writing. */
function rowsOf({ readers }: LotInput, { known, verdicts }: Judged): JudgedRow[] {
  return verdicts.map((verdict, at) => {
    const { subscriberId, subscription } = known[at] ?? { subscriberId: null, subscription: null };
    return {
      line: readers.lines[at] ?? 0,
      outcome: verdict.outcome,
      status: readers.statuses[at] ?? 'active',
      subscriberId,
      subscriptionId: subscription?.id ?? null,
      madeSubscription: false,
      madeSubscriber: false,
      madeSuppression: false,
      before: beforeOf(verdict, known[at], readers.names[at] ?? null),
      email: subscriberId === null ? (readers.keys[at] ?? null) : null,
      reasons: readers.remarks[at] ?? null,
    };
  });
}

/** The values that the row changes, for an undo. */
function beforeOf(
  { leaves, confirms, renames }: RowVerdict,
  known: KnownReader | undefined,
  name: string | null,
): string | null {
  if (!leaves && !confirms && !renames) return null;
  const { confirmedAt, unsubscribedAt, expiredAt } = known?.subscription ?? {};
  return JSON.stringify({
    subscription: leaves || confirms ? { confirmedAt, unsubscribedAt, expiredAt } : null,
    name: renames ? { was: known?.name ?? null, is: name } : null,
  });
}

function columnsFor(lot: LotInput, { known, verdicts }: Judged): ImportedReaders {
  const { readers, newsletterId, importId, now, exact } = lot;
  const subscriptions = known.map(({ subscription }) => subscription);
  return {
    newsletterId,
    importId,
    now,
    exact,
    detail: JSON.stringify(lot.detail),
    columns: [
      readers.lines,
      readers.addresses,
      readers.keys,
      readers.hashes,
      readers.names,
      readers.statuses,
      readers.suppressedFor,
      readers.languages,
      readers.topics,
      readers.readingTimes,
      readers.requestedAt,
      readers.requestedIps,
      readers.confirmedAt,
      readers.confirmedIps,
      readers.unsubscribedAt,
      readers.evidence,
      readers.choices,
      known.map(({ subscriberId }) => subscriberId),
      known.map(({ name }) => name),
      known.map(({ isSuppressed }) => isSuppressed),
      subscriptions.map((one) => one?.id ?? null),
      subscriptions.map((one) => one?.requestedAt ?? null),
      subscriptions.map((one) => one?.confirmedAt ?? null),
      subscriptions.map((one) => one?.unsubscribedAt ?? null),
      verdicts.map(({ creates }) => creates),
      verdicts.map(({ suppresses }) => suppresses),
      verdicts.map(({ leaves }) => leaves),
      verdicts.map(({ confirms }) => confirms),
      verdicts.map(({ renames }) => renames),
    ].map(arrayText),
  };
}

function countOutcomes(rows: readonly JudgedRow[]): OutcomeCount[] {
  const counts = new Map<string, OutcomeCount>();
  for (const { outcome, status } of rows) {
    const key = `${outcome} ${status}`;
    const known = counts.get(key);
    if (known) known.rows += 1;
    else counts.set(key, { outcome, status, rows: 1 });
  }
  return [...counts.values()];
}
