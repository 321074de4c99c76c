// What a lot of an import does, in one statement: judge each row beside what is there, write what is to be written, and
// keep what came of it. Private to this folder.
import type { Db } from '../db.js';
import type { ImportOutcome, ImportStatus } from './outcome.js';
import type { ImportReader } from './reader.js';
import { startOfNewReaders } from '../subscribers/read-through.js';
import { endedByUndo, pending } from '../subscribers/subscriptions.js';

/**
 * The readers of a lot, each once, by column: as many objects as readers would cost more than all the rest. A column that
 * says nothing of anybody is empty, and costs nothing: unnest fills it up.
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

/** `hash` is that of the address, in hexadecimal. */
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
  lot.remarks.push(reader.remark ?? null);
}

export interface LotInput {
  importId: string;
  newsletterId: string;
  readers: LotColumns;
  /** Of every consent record: {importId, basis, source}. */
  detail: object;
  /** A file of our own says all there is to say of whoever is suppressed: no leaving is put in its place. */
  exact: boolean;
  now: Date;
}

export interface OutcomeCount {
  outcome: ImportOutcome;
  status: ImportStatus;
  rows: number;
  /** Someone changed a row at the same moment: the lot is to be undone, and judged anew. */
  again: boolean;
}

// Lots are looked up row by row. The planner would rather read the whole of a large table for each of them; and compiling
// the statement takes longer than running it. Nobody is waited for for ever: see run-import.ts. A
// power cut may take the last lots along, and with them the place that the import stands at: they are done again.
export const forLots = `select set_config('enable_seqscan', 'off', true), set_config('enable_mergejoin', 'off', true),
  set_config('random_page_cost', '1.1', true), set_config('jit', 'off', true), set_config('lock_timeout', '5s', true),
  set_config('synchronous_commit', 'off', true)`;

const separator = '\u001f';

/** As PostgreSQL reads arrays; many times as fast as the driver's way, which asks each element what it is. */
function arrayText(values: readonly (string | null)[]): string {
  const elements = values.map((value) => {
    if (value === null) return 'NULL';
    return /["\\]/.test(value) ? `"${value.replaceAll(/["\\]/g, '\\$&')}"` : `"${value}"`;
  });
  return `{${elements.join(',')}}`;
}

const arrays = (lot: LotColumns): string[] => [
  `{${lot.lines.join(',')}}`,
  ...[
    lot.addresses,
    lot.keys,
    lot.hashes,
    lot.names,
    lot.statuses,
    lot.suppressedFor,
    lot.languages,
    lot.topics,
    lot.readingTimes,
    lot.requestedAt,
    lot.requestedIps,
    lot.confirmedAt,
    lot.confirmedIps,
    lot.unsubscribedAt,
    lot.evidence,
    lot.choices,
    lot.remarks,
  ].map((column: (string | null)[]) => (column.every((value) => value === null) ? '{}' : arrayText(column))),
];

// $1 newsletter, $2 import, $3 to $20 the readers; $21 now, $22 detail, $23 exact.
const judged = `with incoming as materialized (
    select line, coalesce(address, key) as address, key, hash, split_part(coalesce(address, key), '@', 2) as domain,
      name, coalesce(status, 'active') as status, suppressed_for, language, topics, reading_time_id, told_requested,
      requested_ip, told_confirmed, confirmed_ip, told_unsubscribed, evidence, choices, remark
    from unnest($3::int[], $4::text[], $5::text[], $6::bytea[], $7::text[], $8::text[], $9::text[], $10::text[],
        $11::text[], $12::bigint[], $13::timestamptz[], $14::text[], $15::timestamptz[], $16::text[], $17::timestamptz[],
        $18::jsonb[], $19::jsonb[], $20::text[])
      as columns (line, address, key, hash, name, status, suppressed_for, language, topics, reading_time_id,
        told_requested, requested_ip, told_confirmed, confirmed_ip, told_unsubscribed, evidence, choices, remark)
  ), known as materialized (
    select i.*, r.id as subscriber_id, r.name as known_name, s.id as subscription_id, s.requested_at, s.confirmed_at,
      s.unsubscribed_at, s.expired_at, (${pending}) as is_pending, ${endedByUndo} as is_undone,
      -- With a limit, as the planner would hash the whole table otherwise, for each lot.
      (select true from suppressions u where u.address_hash = i.hash limit 1) is not null as is_suppressed,
      (select true from import_rows x where x.email = i.key and x.import_id = $2 limit 1) is not null
        or (select true from import_rows x where x.subscriber_id = r.id and x.import_id = $2 limit 1) is not null
        as is_duplicate
    from incoming i left join subscribers r on r.address_key = i.key
    left join lateral (
      select * from subscriptions s where s.newsletter_id = $1 and s.subscriber_id = r.id limit 1
    ) s on true
  ), weighed as materialized (
    select k.*, subscription_id is null and not is_suppressed as creates,
      subscription_id is not null and not is_suppressed and status = 'suppressed' as suppresses,
      subscription_id is not null and not is_suppressed and status in ('unsubscribed', 'suppressed')
        and (unsubscribed_at is null or is_pending or is_undone)
        -- Who joined here after having left there has the last word.
        and (status = 'suppressed' or told_unsubscribed is null or not exists (select from consents c
          where c.subscription_id = k.subscription_id and c.event in ('requested', 'confirmed')
            and c.at > k.told_unsubscribed)) as leaves,
      subscription_id is not null and not is_suppressed and status = 'active'
        and case when unsubscribed_at is null then confirmed_at is null else is_undone and not is_pending end as confirms,
      subscriber_id is not null and not is_suppressed and name is not null
        and case when subscription_id is null then known_name is null
          else (unsubscribed_at is null or (is_undone and status = 'active')) and name is distinct from known_name end as renames
    from known k
  ), judged as materialized (
    select w.*, case when is_duplicate then 'duplicate'
        when is_suppressed then 'suppressed-before'
        when creates then 'created'
        when suppresses or leaves or confirms or renames then 'updated'
        when unsubscribed_at is not null and status in ('active', 'pending', 'expired') then 'unsubscribed-before'
        else 'unchanged' end as outcome
    from weighed w
  )`;

/** What a lot would do, and nothing else: of a dry run. */
export async function judgeLot(tx: Db, lot: LotInput): Promise<OutcomeCount[]> {
  await tx.query(forLots);
  return tx.query<OutcomeCount>(
    `${judged}, listed as (
       insert into import_rows (import_id, line, outcome, status, subscriber_id, email, reason)
       select $2, line, outcome, status, subscriber_id, case when subscriber_id is null then key end, remark
       from judged
     )
     select outcome, status, count(*)::int as rows, false as again from judged group by 1, 2`,
    [lot.newsletterId, lot.importId, ...arrays(lot.readers)],
  );
}

/**
 * Does a lot. An address that is suppressed is left alone, whatever the file says; someone who left stays away (but
 * not who was only ended with an import that was undone); who reads already keeps what they chose. 1,000,000 new rows: see bench/results.md.
 */
export async function writeLot(tx: Db, lot: LotInput): Promise<OutcomeCount[]> {
  await tx.query(forLots);
  return tx.query<OutcomeCount>(
    `${judged}, new_subscribers as (
       insert into subscribers (address, address_key, address_hash, domain, name, language)
       select address, key, hash, domain, name, language from judged where creates and subscriber_id is null
       order by key -- two imports lock in the same order
       on conflict do nothing
       returning id, address_key
     ), placed as materialized (
       select coalesce(j.subscriber_id, n.id) as subscriber, j.*,
         case when status = 'pending' then $21
           else coalesce(told_requested, told_confirmed, told_unsubscribed, $21) end as asked_at
       from judged j left join new_subscribers n on n.address_key = j.key
       where creates
     ), new_subscriptions as (
       insert into subscriptions (newsletter_id, subscriber_id, requested_at, confirmation_due_at, confirmed_at,
         unsubscribed_at, expired_at, reading_time_id, topics, custom_fields, plain_text, tracking_agreed_at, paused_until,
         read_through)
       select $1, subscriber, asked_at, $21,
         case status when 'active' then coalesce(told_confirmed, told_requested, $21)
           when 'pending' then null when 'expired' then null else told_confirmed end,
         case when status = 'unsubscribed' or (status = 'suppressed' and not ($23 and told_unsubscribed is null))
           then greatest(asked_at, coalesce(told_unsubscribed, $21)) end,
         case status when 'expired' then $21::timestamptz end,
         reading_time_id, string_to_array(topics, E'\\x1f'), coalesce(choices -> 'customFields', '{}'),
         coalesce((choices ->> 'plainText')::boolean, false), (choices ->> 'trackingAgreedAt')::timestamptz,
         (choices ->> 'pausedUntil')::timestamptz,
         case status when 'active' then ${startOfNewReaders('$1')} else 0 end
       from placed where subscriber is not null
       on conflict do nothing
       returning id, subscriber_id
     ), changed as (
       update subscriptions s set
         confirmed_at = case when j.confirms then coalesce(told_confirmed, told_requested, $21)
           else s.confirmed_at end,
         expired_at = case when not j.confirms then s.expired_at end, reminder_due_at = null,
         read_through = case when j.confirms then greatest(s.read_through, ${startOfNewReaders('$1')})
           else s.read_through end,
         unsubscribed_at = case when j.leaves then greatest(s.requested_at, coalesce(told_unsubscribed, $21))
           when not j.confirms then s.unsubscribed_at end
       from judged j
       where (j.confirms or j.leaves) and s.id = j.subscription_id and s.requested_at = j.requested_at
         and s.confirmed_at is not distinct from j.confirmed_at
         and s.unsubscribed_at is not distinct from j.unsubscribed_at
       returning s.id
     ), named as (
       update subscribers r set name = j.name, language = coalesce(r.language, j.language)
       from judged j
       where j.renames and r.id = j.subscriber_id and r.name is not distinct from j.known_name
       returning r.id
     ), suppressed as (
       insert into suppressions (address_hash, reason, detail, created_at, import_id)
       select hash, coalesce(suppressed_for, 'imported'), 'imported', $21, $2
       from judged where status = 'suppressed' and not is_suppressed
       order by hash
       on conflict do nothing
       returning address_hash
     ), shared as (
       -- Two imports want it: undoing one of them lifts nothing.
       update suppressions u set import_id = null from judged j
       where j.status = 'suppressed' and j.is_suppressed and u.address_hash = j.hash and u.import_id <> $2
     ), done as materialized (
       select j.*, n.id as made_subscription, m.id as made_subscriber, u.address_hash is not null as made_suppression,
         coalesce(j.subscription_id, n.id) as subscription, coalesce(j.subscriber_id, p.subscriber) as subscriber,
         (j.creates and n.id is null) or ((j.confirms or j.leaves) and c.id is null)
           or (j.renames and r.id is null) as again
       from judged j
       left join placed p on p.line = j.line
       left join new_subscriptions n on n.subscriber_id = p.subscriber
       left join new_subscribers m on m.id = p.subscriber
       left join changed c on c.id = j.subscription_id
       left join named r on r.id = j.subscriber_id
       left join suppressed u on u.address_hash = j.hash
     ), recorded as (
       insert into consents (subscription_id, event, at, via, ip, detail)
       select subscription, 'imported', $21, 'import',
         coalesce(confirmed_ip, requested_ip)::inet,
         $22::jsonb || jsonb_strip_nulls(jsonb_build_object('status', status, 'requestedAt', told_requested,
           'requestedIp', requested_ip, 'confirmedAt', told_confirmed, 'confirmedIp', confirmed_ip,
           'unsubscribedAt', told_unsubscribed)) || coalesce(evidence, '{}')
       from done where subscription is not null and (creates or suppresses or leaves or confirms or renames)
     ), listed as (
       insert into import_rows (import_id, line, outcome, status, subscriber_id, subscription_id, made_subscription,
         made_subscriber, made_suppression, before, email, reason)
       select $2, line, outcome, status, subscriber, subscription,
         made_subscription is not null, made_subscriber is not null, made_suppression,
         case when confirms or leaves or renames then jsonb_build_object(
           'subscription', case when confirms or leaves then jsonb_build_object('confirmedAt', confirmed_at,
             'unsubscribedAt', unsubscribed_at, 'expiredAt', expired_at) end,
           'name', case when renames then jsonb_build_object('was', known_name, 'is', name) end) end,
         case when subscriber is null then key end, remark
       from done
     )
     select outcome, status, count(*)::int as rows, bool_or(again) as again from done group by 1, 2`,
    [lot.newsletterId, lot.importId, ...arrays(lot.readers), lot.now, JSON.stringify(lot.detail), lot.exact],
  );
}

/** A row that needs no judging. */
export interface PlainRow {
  line: number;
  outcome: 'duplicate' | 'invalid';
  status: ImportStatus | null;
  email: string | null;
  reason: string | null;
}

export async function insertPlainRows(tx: Db, importId: string, rows: readonly PlainRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.change(
    `insert into import_rows (import_id, line, outcome, status, email, reason)
     select $1, row.* from unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::text[]) as row`,
    [
      importId,
      rows.map(({ line }) => line),
      rows.map(({ outcome }) => outcome),
      rows.map(({ status }) => status),
      rows.map(({ email }) => email),
      rows.map(({ reason }) => reason),
    ],
  );
}

export interface ImportRowRecord {
  line: number;
  outcome: ImportOutcome;
  status: ImportStatus | null;
  /** Null: the reader has been erased. */
  email: string | null;
  subscriberId: string | null;
  reason: string | null;
}

/** What came of the rows, by line, after the line `after`. */
export async function importRows(
  db: Db,
  importId: string,
  { outcome, after, limit }: { outcome: ImportOutcome | undefined; after: number; limit: number },
): Promise<ImportRowRecord[]> {
  return db.query<ImportRowRecord>(
    `select x.line, x.outcome, x.status, coalesce(r.address, x.email) as email, r.id as subscriber_id, x.reason
     from import_rows x left join subscribers r on r.id = x.subscriber_id
     where x.import_id = $1 and x.line > $3 and ($2::text is null or x.outcome = $2)
     order by x.line limit $4`,
    [importId, outcome ?? null, after, limit],
  );
}
