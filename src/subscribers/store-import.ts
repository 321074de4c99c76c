// The SQL of imports. Private to this folder.
import type { Db } from '../db.js';
import { pending, readThroughOfNewReaders } from './store.js';
import type { ImportStatus } from './import-rows.js';

export interface ImportError {
  line: number;
  reason: string;
}

export interface ImportCounts {
  rows: number;
  created: number;
  updated: number;
  /** Rows that changed nothing, the invalid ones among them. */
  skipped: number;
  invalid: number;
}

export interface ImportRecord extends ImportCounts {
  id: string;
  newsletterId: string;
  basis: string;
  dryRun: boolean;
  state: 'queued' | 'running' | 'finished' | 'failed';
  /** Of the body, for a progress bar. */
  lines: number;
  /** The first thousand. */
  errors: ImportError[];
  failure: string | null;
  createdAt: Date;
  finishedAt: Date | null;
}

const columns = `id, newsletter_id, basis, dry_run, state, lines, rows, created, updated, skipped, invalid, errors,
  failure, created_at, finished_at`;

export async function insertImport(
  db: Db,
  made: {
    newsletterId: string;
    basis: string;
    dryRun: boolean;
    body: Buffer;
    contentType: string;
    lines: number;
    now: Date;
  },
): Promise<string> {
  const { id } = await db.one<{ id: string }>(
    `insert into imports (newsletter_id, basis, dry_run, body, content_type, lines, created_at)
     values ($1, $2, $3, $4, $5, $6, $7) returning id`,
    [made.newsletterId, made.basis, made.dryRun, made.body, made.contentType, made.lines, made.now],
  );
  return id;
}

export async function importById(db: Db, id: string): Promise<ImportRecord | undefined> {
  return db.maybeOne<ImportRecord>(`select ${columns} from imports where id = $1`, [id]);
}

export interface RunningImport extends ImportRecord {
  body: Buffer;
  contentType: string;
}

/** Takes up an import where it stands; no row: it is over. */
export async function takeImport(db: Db, id: string, now: Date): Promise<RunningImport | undefined> {
  return db.maybeOne<RunningImport>(
    `update imports set state = 'running', progress_at = $2
     where id = $1 and state in ('queued', 'running') and body is not null
     returning ${columns}, body, content_type`,
    [id, now],
  );
}

/** Moves the counts on, if they stand at `from` rows: of two workers at one import, one goes on. */
export async function advanceImport(
  db: Db,
  id: string,
  step: ImportCounts & { from: number; errors: readonly ImportError[]; now: Date },
): Promise<boolean> {
  const changed = await db.change(
    `update imports set rows = rows + $3, created = created + $4, updated = updated + $5, skipped = skipped + $6,
       invalid = invalid + $7, errors = errors || $8::jsonb, progress_at = $9
     where id = $1 and rows = $2 and state = 'running'`,
    [
      id,
      step.from,
      step.rows,
      step.created,
      step.updated,
      step.skipped,
      step.invalid,
      JSON.stringify(step.errors),
      step.now,
    ],
  );
  return changed === 1;
}

/** Ends an import; its body, which holds addresses, is dropped. */
export async function endImport(
  db: Db,
  id: string,
  { failure, now }: { failure: string | null; now: Date },
): Promise<void> {
  await db.change(
    `update imports set state = case when $2::text is null then 'finished' else 'failed' end, failure = $2,
       finished_at = $3, body = null
     where id = $1 and state = 'running'`,
    [id, failure, now],
  );
}

/** Unfinished imports that nobody has moved since `before`. */
export async function stalledImports(db: Db, before: Date): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select id from imports where state in ('queued', 'running') and coalesce(progress_at, created_at) < $1
     order by id`,
    [before],
  );
  return rows.map(({ id }) => id);
}

export interface LotRow {
  address: string;
  key: string;
  hash: Buffer;
  domain: string;
  name: string | undefined;
  status: ImportStatus;
}

const rowTypes = `unnest($1::text[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::text[])
  as row (address, key, hash, domain, name, status)`;

const asColumns = (rows: readonly LotRow[]): unknown[] => [
  rows.map((row) => row.address),
  rows.map((row) => row.key),
  rows.map((row) => row.hash),
  rows.map((row) => row.domain),
  rows.map((row) => row.name ?? null),
  rows.map((row) => row.status),
];

/**
 * Writes one lot, each address in it once, and says for each key what came of it; a key that is missing changed
 * nothing. A suppressed address is left alone, whatever the file says. Someone who left stays away. In two statements,
 * since the second must see the first one's subscribers; 1,000 new rows took 0.14 s on two busy cores.
 */
export async function writeLot(
  tx: Db,
  lot: {
    newsletterId: string;
    rows: readonly LotRow[];
    detail: { importId: string; basis: string };
    now: Date;
  },
): Promise<Map<string, 'created' | 'updated'>> {
  const named = await tx.query<{ key: string }>(
    `insert into subscribers as known (address, address_key, address_hash, domain, name)
     select address, key, hash, domain, name from ${rowTypes}
     where status = 'suppressed' or not exists (select from suppressions u where u.address_hash = row.hash)
     order by key -- two imports lock in the same order
     on conflict (address_key) do update set name = excluded.name
       where excluded.name is not null and excluded.name is distinct from known.name
     returning address_key as key`,
    asColumns(lot.rows),
  );
  const written = await tx.query<{ key: string; created: boolean }>(
    `with incoming as materialized (
       select row.*, r.id as subscriber_id, u.address_hash is not null as suppressed
       from ${rowTypes} join subscribers r on r.address_key = row.key
       left join suppressions u on u.address_hash = row.hash
     ), suppressed as (
       insert into suppressions (address_hash, reason, created_at)
       select hash, 'imported', $8 from incoming where status = 'suppressed'
       on conflict do nothing
       returning address_hash
     ), written as (
       insert into subscriptions as s
         (newsletter_id, subscriber_id, requested_at, confirmation_due_at, confirmed_at, unsubscribed_at, read_through)
       select $7, subscriber_id, $8, $8, case when status = 'active' then $8::timestamptz end,
         case when status in ('unsubscribed', 'suppressed') then $8::timestamptz end,
         case when status = 'active' then ${readThroughOfNewReaders('$7')} else 0 end
       from incoming where status = 'suppressed' or not suppressed
       order by key
       on conflict (newsletter_id, subscriber_id) do update set
         confirmed_at = case when excluded.confirmed_at is null then s.confirmed_at else excluded.confirmed_at end,
         expired_at = case when excluded.confirmed_at is null then s.expired_at end,
         read_through = greatest(s.read_through, excluded.read_through),
         unsubscribed_at = greatest(excluded.unsubscribed_at,
           case when excluded.unsubscribed_at is not null then s.requested_at end)
       where case
         when excluded.confirmed_at is not null then s.confirmed_at is null and s.unsubscribed_at is null
         when excluded.unsubscribed_at is not null then s.unsubscribed_at is null or (${pending})
         else false end
       returning s.id, s.subscriber_id, xmax = 0 as created
     ), recorded as (
       insert into consents (subscription_id, event, at, via, detail)
       select w.id, 'imported', $8, 'import', $9::jsonb || jsonb_build_object('status', i.status)
       from written w join incoming i using (subscriber_id)
     )
     select i.key, coalesce(w.created, false) as created
     from incoming i left join written w using (subscriber_id) left join suppressed x on x.address_hash = i.hash
     where w.id is not null or x.address_hash is not null`,
    [...asColumns(lot.rows), lot.newsletterId, lot.now, JSON.stringify(lot.detail)],
  );
  const changes = new Map<string, 'created' | 'updated'>(named.map(({ key }) => [key, 'updated']));
  for (const { key, created } of written) changes.set(key, created ? 'created' : 'updated');
  return changes;
}
