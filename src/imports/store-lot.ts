// The SQL of one lot of an import: what is known of its readers, and the record of its rows. Private to this
// folder.
import type { Db } from '../db.js';
import type { Message } from '../languages/messages.js';
import { keepToIndexes } from '../postgres/keep-to-indexes.js';
import { endedByUndo, pending } from '../subscribers/subscriptions.js';
import { arrayText, type LotColumns } from './lot-columns.js';
import type { ImportOutcome, ImportStatus } from './outcome.js';
import { unknownReader, type KnownReader } from './who-stays-away.js';

// A lot looks rows up one by one. The planner would rather read a large table whole for each of them, and
// compiling the statement takes longer than running it. The lock timeout keeps a lot from waiting forever
// (run-import.ts). A power cut may lose the last lots, and with them the position of the import: they are
// then done again.
export const forLots = `select set_config('enable_seqscan', 'off', true), set_config('enable_mergejoin', 'off', true),
  set_config('random_page_cost', '1.1', true), set_config('jit', 'off', true), set_config('lock_timeout', '5s', true),
  set_config('synchronous_commit', 'off', true)`;

/**
 * The condition for the rows `x` of one reader in one import. It compares pairs, because the primary key cannot
 * serve that. With two equalities the planner takes the primary key until it has statistics of the import: it
 * expects one row, and reads all rows of the import for each reader.
 */
export function ofOneReader(column: 'x.email' | 'x.subscriber_id', value: string, importId: string): string {
  return `${column} is not null and (${column}, x.import_id) >= (${value}, ${importId}::bigint)
    and (${column}, x.import_id) <= (${value}, ${importId}::bigint)`;
}

/** The stored facts about each reader of a lot, in their order. */
export async function selectKnown(
  tx: Db,
  { newsletterId, importId, readers }: { newsletterId: string; importId: string; readers: LotColumns },
): Promise<KnownReader[]> {
  const rows = await tx.query<KnownReader & { n: number }>(
    // Timestamps as text: a Date would lose the microseconds by which the write finds a row unchanged.
    `select i.n::int as n, r.id as subscriber_id, r.name, u.is_suppressed, d.is_duplicate,
       case when s.id is not null then json_build_object('id', s.id::text, 'requestedAt', s.requested_at,
         'confirmedAt', s.confirmed_at, 'unsubscribedAt', s.unsubscribed_at, 'expiredAt', s.expired_at,
         'isPending', (${pending}), 'isUndone', ${endedByUndo},
         'hasRejoined', i.told_unsubscribed is not null and (select true from consents c
           where c.subscription_id = s.id and c.event in ('requested', 'confirmed') and c.at > i.told_unsubscribed
           limit 1) is not null) end as subscription
     from unnest($3::text[], $4::bytea[], $5::timestamptz[]) with ordinality as i (key, hash, told_unsubscribed, n)
     -- With limits, as the planner would read or hash whole tables otherwise, for each lot.
     left join lateral (select * from subscribers r where r.address_key = i.key limit 1) r on true
     left join lateral (
       select * from subscriptions s where s.newsletter_id = $1 and s.subscriber_id = r.id limit 1
     ) s on true
     cross join lateral (
       select (select true from suppressions u where u.address_hash = i.hash limit 1) is not null as is_suppressed
     ) u
     cross join lateral (
       select (select true from import_rows x where ${ofOneReader('x.email', 'i.key', '$2')} limit 1) is not null
         or (select true from import_rows x where ${ofOneReader('x.subscriber_id', 'r.id', '$2')} limit 1) is not null
         as is_duplicate
     ) d
     where r.id is not null or u.is_suppressed or d.is_duplicate`,
    [newsletterId, importId, ...[readers.keys, readers.hashes, readers.unsubscribedAt].map(arrayText)],
  );
  const known = readers.keys.map(() => unknownReader);
  for (const { n, ...row } of rows) known[n - 1] = row;
  return known;
}

/** The outcome of one reader's row, for the record. */
export interface JudgedRow {
  line: number;
  outcome: ImportOutcome;
  status: ImportStatus;
  subscriberId: string | null;
  subscriptionId: string | null;
  madeSubscription: boolean;
  madeSubscriber: boolean;
  madeSuppression: boolean;
  /** JSON of the values that the row changed. */
  before: string | null;
  /** Stored only while the row has no subscriber. */
  email: string | null;
  /** Messages as JSON: why the row is invalid, or what of it was left out. */
  reasons: string | null;
}

export async function insertJudgedRows(tx: Db, importId: string, rows: readonly JudgedRow[]): Promise<void> {
  await tx.change(
    `insert into import_rows (import_id, line, outcome, status, subscriber_id, subscription_id, made_subscription,
       made_subscriber, made_suppression, before, email, reasons)
     select $1, row.* from unnest($2::int[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::boolean[],
       $8::boolean[], $9::boolean[], $10::jsonb[], $11::text[], $12::jsonb[]) as row`,
    [
      importId,
      arrayText(rows.map(({ line }) => line)),
      arrayText(rows.map(({ outcome }) => outcome)),
      arrayText(rows.map(({ status }) => status)),
      arrayText(rows.map(({ subscriberId }) => subscriberId)),
      arrayText(rows.map(({ subscriptionId }) => subscriptionId)),
      arrayText(rows.map(({ madeSubscription }) => madeSubscription)),
      arrayText(rows.map(({ madeSubscriber }) => madeSubscriber)),
      arrayText(rows.map(({ madeSuppression }) => madeSuppression)),
      arrayText(rows.map(({ before }) => before)),
      arrayText(rows.map(({ email }) => email)),
      arrayText(rows.map(({ reasons }) => reasons)),
    ],
  );
}

/** A row that is not judged. */
export interface PlainRow {
  line: number;
  outcome: 'duplicate' | 'invalid';
  status: ImportStatus | null;
  email: string | null;
  /** Messages as JSON: why the row is invalid, or what of it was left out. */
  reasons: string | null;
}

export async function insertPlainRows(tx: Db, importId: string, rows: readonly PlainRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.change(
    `insert into import_rows (import_id, line, outcome, status, email, reasons)
     select $1, row.* from unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::jsonb[]) as row`,
    [
      importId,
      rows.map(({ line }) => line),
      rows.map(({ outcome }) => outcome),
      rows.map(({ status }) => status),
      rows.map(({ email }) => email),
      rows.map(({ reasons }) => reasons),
    ],
  );
}

export interface ImportRowRecord {
  line: number;
  outcome: ImportOutcome;
  status: ImportStatus | null;
  /** Null: the reader was erased. */
  email: string | null;
  subscriberId: string | null;
  /** Why the row is invalid, or what of it was left out. */
  reasons: Message[] | null;
}

/** How many rows of an import a look takes, of which few may have the outcome. */
const looked = 20_000;

/**
 * The outcomes of rows, by line, after the line `after`. `lookedTo`: others may follow this line, though there are fewer
 * than `limit`. The invalid ones have an index.
 */
export async function importRows(
  db: Db,
  importId: string,
  { outcome, after, limit }: { outcome: ImportOutcome | undefined; after: number; limit: number },
): Promise<{ rows: ImportRowRecord[]; lookedTo: number | null }> {
  const next = (most: string, more = ''): string =>
    `select * from import_rows where import_id = $1 and line > $2 ${more} order by import_id, line limit ${most}`;
  const isRare = outcome !== undefined && outcome !== 'invalid';
  const source = isRare
    ? `select * from (${next(String(looked))}) next where outcome = $4 limit $3`
    : next('$3', outcome === undefined ? '' : `and outcome = 'invalid'`);
  return db.transaction(async (tx) => {
    await keepToIndexes(tx);
    const rows = await tx.query<ImportRowRecord>(
      `select x.line, x.outcome, x.status, coalesce(r.address, x.email) as email, r.id as subscriber_id, x.reasons
       from (${source}) x left join lateral (select id, address from subscribers where id = x.subscriber_id limit 1) r on true
       order by x.line`,
      [importId, after, limit, ...(isRare ? [outcome] : [])],
    );
    if (!isRare || rows.length === limit) return { rows, lookedTo: null };
    const last = await tx.maybeOne<{ line: number }>(
      `select line from import_rows where import_id = $1 and line > $2 order by import_id, line offset ${looked - 1} limit 1`,
      [importId, after],
    );
    return { rows, lookedTo: last?.line ?? null };
  });
}
