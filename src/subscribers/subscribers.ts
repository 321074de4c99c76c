// The SQL of a person's row: who has an address, which addresses share a mailbox, who must not be mailed.
// Other features may import it.
import { advisoryLocks, type Db } from '../db.js';

export async function isSuppressed(db: Db, hash: Buffer): Promise<boolean> {
  return (await selectSuppressed(db, [hash])).length > 0;
}

/** The suppressed ones among these address hashes. `bounced`: because of a bounce. */
export function selectSuppressed(
  db: Db,
  hashes: readonly Buffer[],
): Promise<{ hash: Buffer; bounced: boolean }[]> {
  return db.query(
    `select address_hash as hash, reason = 'bounce' as bounced from suppressions where address_hash = any($1)`,
    [hashes],
    { name: 'suppressed-among' },
  );
}

export interface NewSubscriber {
  address: string;
  key: string;
  hash: Buffer;
  domain: string;
  name: string | undefined;
  language: string | undefined;
}

/** The id of the subscriber, new or known; locked as in lockSubscribers. */
export async function lockSubscriber(tx: Db, subscriber: NewSubscriber): Promise<string> {
  const id = (await lockSubscribers(tx, [subscriber])).get(subscriber.key);
  if (id === undefined) throw new Error('a subscriber was written and has no id');
  return id;
}

/**
 * Inserts the subscribers that are new; returns all ids by address key. The rows stay locked until the
 * transaction ends, so that requests for one address are judged one after the other. They are locked in the
 * order of their keys, so that two lots do not deadlock; each key may be given once. A form renames only
 * readers who have never confirmed: a stranger may have sent it.
 */
export async function lockSubscribers(
  tx: Db,
  subscribers: readonly NewSubscriber[],
): Promise<Map<string, string>> {
  const rows = await tx.query<{ id: string; key: string }>(
    `insert into subscribers as known (address, address_key, address_hash, domain, name, language)
     select * from unnest($1::text[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::text[])
       as asked(address, address_key, address_hash, domain, name, language) order by address_key
     on conflict (address_key) do update set (name, language) =
       (select case when confirmed then known.name else coalesce(excluded.name, known.name) end,
               case when confirmed then known.language else coalesce(excluded.language, known.language) end
        from (select exists (select from subscriptions s
                             where s.subscriber_id = known.id and s.confirmed_at is not null) as confirmed) as asked)
     returning id, address_key as key`,
    [
      subscribers.map(({ address }) => address),
      subscribers.map(({ key }) => key),
      subscribers.map(({ hash }) => hash),
      subscribers.map(({ domain }) => domain),
      subscribers.map(({ name }) => name ?? null),
      subscribers.map(({ language }) => language ?? null),
    ],
    { name: 'lock-subscribers' },
  );
  return new Map(rows.map(({ key, id }) => [key, id]));
}

/**
 * The ids of all subscribers who share a mailbox with `key`, an SQL expression. The last line repeats the
 * condition of the index subscribers_by_mailbox: without it, PostgreSQL reads every subscriber.
 */
export const sharing = (key: string): string =>
  `select m.id from subscribers m where m.address_key = mailbox_of(${key})
   union select m.id from subscribers m where mailbox_of(m.address_key) = mailbox_of(${key})
     and (m.address_key like '%+%' or m.address_key like '%.%@gmail.com' or m.address_key like '%@googlemail.com')`;

/**
 * Makes other requests for these mailboxes wait until the transaction ends. An advisory lock, because a
 * mailbox may have many rows or none. It must come before all other locks, and in one order, so that two lots
 * do not deadlock.
 */
export async function lockMailboxes(tx: Db, keys: readonly string[]): Promise<void> {
  await tx.query(
    `select pg_advisory_xact_lock(${advisoryLocks.mailboxes}, lock) as locked
     from (select distinct hashtext(mailbox_of(key)) as lock from unnest($1::text[]) as key order by 1) locks`,
    [keys],
    { name: 'lock-mailboxes' },
  );
}

export async function selectSubscriberByKey(db: Db, key: string): Promise<{ id: string } | undefined> {
  return db.maybeOne<{ id: string }>('select id from subscribers where address_key = $1', [key]);
}

/** Locks the subscriber's row until the transaction ends; returns the address as key and hash. */
export async function lockSubscriberById(
  tx: Db,
  id: string,
): Promise<{ addressKey: string; addressHash: Buffer } | undefined> {
  return tx.maybeOne('select address_key, address_hash from subscribers where id = $1 for update', [id]);
}

export async function updateNameAndLanguage(
  db: Db,
  id: string,
  change: { name?: string | null | undefined; language?: string | null | undefined },
): Promise<void> {
  await db.change(
    `update subscribers set name = case when $2 then $3 else name end, language = case when $4 then $5 else language end
     where id = $1`,
    [
      id,
      change.name !== undefined,
      change.name ?? null,
      change.language !== undefined,
      change.language ?? null,
    ],
  );
}

/** Locks another subscriber with this address until the transaction ends. */
export async function lockOtherSubscriber(
  tx: Db,
  key: string,
  subscriberId: string,
): Promise<string | undefined> {
  const row = await tx.maybeOne<{ id: string }>(
    'select id from subscribers where address_key = $1 and id <> $2 for update',
    [key, subscriberId],
  );
  return row?.id;
}

/** Gives the subscriber another address. Their subscriptions stay, and so do the links in old mails. */
export async function updateAddress(
  tx: Db,
  subscriberId: string,
  to: Pick<NewSubscriber, 'address' | 'key' | 'hash' | 'domain'>,
): Promise<void> {
  await tx.change(
    'update subscribers set address = $2, address_key = $3, address_hash = $4, domain = $5 where id = $1',
    [subscriberId, to.address, to.key, to.hash, to.domain],
  );
}

/**
 * Deletes a person's row, and with it their subscriptions and consents. Their address stays suppressed under
 * its keyed hash, so that no form or import brings them back unknowingly. Like a complaint, an erasure is for good.
 */
export async function eraseSubscriberRow(
  tx: Db,
  { id, hash, now }: { id: string; hash: Buffer; now: Date },
): Promise<void> {
  await tx.change(
    `insert into suppressions (address_hash, reason, created_at) values ($1, 'erasure', $2)
     on conflict (address_hash) do update set detail = null, import_id = null,
       reason = case when suppressions.reason = 'complaint' then 'complaint' else 'erasure' end`,
    [hash, now],
  );
  await tx.change('delete from subscribers where id = $1', [id]);
}
