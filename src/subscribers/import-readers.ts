// The SQL that writes the readers of one lot of an import. src/imports/who-stays-away.ts decides what each
// row does; this statement applies it, to rows that are still as they were judged.
import type { Db } from '../db.js';
import { storableJson } from '../languages/message-json.js';
import { startOfNewReaders } from './read-through.js';
import type { StoredEvidence } from './store.js';

/** Why an address is suppressed that an import lists so, beside its reason. */
const inImport = storableJson({ said: { key: 'delivery.inImport' }, reply: null } satisfies StoredEvidence);

export interface ImportedReaders {
  newsletterId: string;
  importId: string;
  /** Array literals of PostgreSQL, in the order of the columns of `incoming` below. */
  columns: readonly string[];
  now: Date;
  /** JSON, for every consent record. */
  detail: string;
  /** No leaving is added for readers who are only suppressed. */
  exact: boolean;
}

export interface WrittenReader {
  line: number;
  subscriberId: string | null;
  subscriptionId: string | null;
  madeSubscription: boolean;
  madeSubscriber: boolean;
  madeSuppression: boolean;
  /** The row was changed after it had been judged: nothing must be committed. */
  again: boolean;
}

/** $1 newsletter, $2 import, $3 to $31 the readers; $32 now, $33 detail, $34 exact. */
const writeReaders = `with judged as (
       select line, coalesce(address, key) as address, key, hash,
         split_part(coalesce(address, key), '@', 2) as domain, name, coalesce(status, 'active') as status,
         suppressed_for, language, topics, reading_time_id, told_requested, requested_ip, told_confirmed, confirmed_ip,
         told_unsubscribed, evidence, choices, subscriber_id, known_name, is_suppressed, subscription_id, requested_at,
         confirmed_at, unsubscribed_at, creates, suppresses, leaves, confirms, renames
       from unnest($3::int[], $4::text[], $5::text[], $6::bytea[], $7::text[], $8::text[], $9::text[], $10::text[],
           $11::text[], $12::bigint[], $13::timestamptz[], $14::text[], $15::timestamptz[], $16::text[],
           $17::timestamptz[], $18::jsonb[], $19::jsonb[], $20::bigint[], $21::text[], $22::boolean[], $23::bigint[],
           $24::timestamptz[], $25::timestamptz[], $26::timestamptz[], $27::boolean[], $28::boolean[], $29::boolean[],
           $30::boolean[], $31::boolean[])
         as incoming (line, address, key, hash, name, status, suppressed_for, language, topics, reading_time_id,
           told_requested, requested_ip, told_confirmed, confirmed_ip, told_unsubscribed, evidence, choices,
           subscriber_id, known_name, is_suppressed, subscription_id, requested_at, confirmed_at, unsubscribed_at,
           creates, suppresses, leaves, confirms, renames)
     ), new_subscribers as (
       insert into subscribers (address, address_key, address_hash, domain, name, language)
       select address, key, hash, domain, name, language from judged where creates and subscriber_id is null
       order by key -- two imports lock in the same order
       on conflict do nothing
       returning id, address_key
     ), placed as materialized (
       select coalesce(j.subscriber_id, n.id) as subscriber, j.*,
         case when status = 'pending' then $32
           else coalesce(told_requested, told_confirmed, told_unsubscribed, $32) end as asked_at
       from judged j left join new_subscribers n on n.address_key = j.key
       where creates
     ), new_subscriptions as (
       insert into subscriptions (newsletter_id, subscriber_id, requested_at, confirmation_due_at, confirmed_at,
         unsubscribed_at, expired_at, reading_time_id, topics, custom_fields, plain_text, tracking_agreed_at, paused_until,
         read_through, via)
       select $1, subscriber, asked_at, $32,
         case status when 'active' then coalesce(told_confirmed, told_requested, $32)
           when 'pending' then null when 'expired' then null else told_confirmed end,
         case when status = 'unsubscribed' or (status = 'suppressed' and not ($34 and told_unsubscribed is null))
           then greatest(asked_at, coalesce(told_unsubscribed, $32)) end,
         case status when 'expired' then $32::timestamptz end,
         reading_time_id, string_to_array(topics, E'\\x1f'), coalesce(choices -> 'customFields', '{}'),
         coalesce((choices ->> 'plainText')::boolean, false), (choices ->> 'trackingAgreedAt')::timestamptz,
         (choices ->> 'pausedUntil')::timestamptz,
         case status when 'active' then ${startOfNewReaders('$1')} else 0 end, 'import'
       from placed where subscriber is not null
       on conflict do nothing
       returning id, subscriber_id
     ), changed as (
       update subscriptions s set
         confirmed_at = case when j.confirms then coalesce(told_confirmed, told_requested, $32)
           else s.confirmed_at end,
         expired_at = case when not j.confirms then s.expired_at end, reminder_due_at = null,
         via = case when j.confirms then 'import' else s.via end,
         read_through = case when j.confirms then greatest(s.read_through, ${startOfNewReaders('$1')})
           else s.read_through end,
         unsubscribed_at = case when j.leaves then greatest(s.requested_at, coalesce(told_unsubscribed, $32))
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
       insert into suppressions (address_hash, reason, detail, evidence, created_at, import_id)
       select hash, coalesce(suppressed_for, 'imported'), 'imported',
         case when suppressed_for is not null then '${inImport}'::jsonb end, $32, $2
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
       select subscription, 'imported', $32, 'import',
         coalesce(confirmed_ip, requested_ip)::inet,
         $33::jsonb || jsonb_strip_nulls(jsonb_build_object('status', status, 'requestedAt', told_requested,
           'requestedIp', requested_ip, 'confirmedAt', told_confirmed, 'confirmedIp', confirmed_ip,
           'unsubscribedAt', told_unsubscribed)) || coalesce(evidence, '{}')
       from done where subscription is not null and (creates or suppresses or leaves or confirms or renames)
     )
     select line, subscriber as subscriber_id, subscription as subscription_id,
       made_subscription is not null as made_subscription, made_subscriber is not null as made_subscriber,
       made_suppression, again
     from done
     where creates or suppresses or leaves or confirms or renames or made_suppression`;

/** Writes the readers of a lot, each once. 1,000,000 new readers: see bench/results.md. */
export async function importReaders(tx: Db, lot: ImportedReaders): Promise<WrittenReader[]> {
  return tx.query<WrittenReader>(writeReaders, [
    lot.newsletterId,
    lot.importId,
    ...lot.columns,
    lot.now,
    lot.detail,
    lot.exact,
  ]);
}
