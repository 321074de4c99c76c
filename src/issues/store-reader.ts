// What decides about one reader's digest.
import type { Db } from '../db.js';

export interface ReaderRow {
  subscriberId: string;
  address: string;
  /** The language in which we address them, if it is not the newsletter's. */
  language: string | null;
  readThrough: string;
  readAhead: string[];
  /** null: all. */
  topics: string[] | null;
  plainText: boolean;
  /** Confirmed, and neither left, paused nor suppressed. */
  getsMail: boolean;
}

/**
 * By the key of the address, or by the subscriber's id. `languages`: those that make a difference. The limit keeps the planner
 * from reading all subscriptions of a newsletter that has grown since it was analyzed.
 */
export function selectReader(
  db: Db,
  { newsletterId, languages, now, ...reader }: ReaderName & { languages: readonly string[]; now: Date },
): Promise<ReaderRow | undefined> {
  const [is, value] =
    'addressKey' in reader ? ['address_key', reader.addressKey] : ['id', reader.subscriberId];
  return db.maybeOne<ReaderRow>(
    `select r.id as subscriber_id, r.address, s.read_through, s.read_ahead, s.topics, s.plain_text,
       case when split_part(r.language, '-', 1) = any ($3::text[]) then split_part(r.language, '-', 1) end as language,
       s.confirmed_at is not null and s.unsubscribed_at is null and (s.paused_until is null or s.paused_until <= $4)
         and not exists (select from suppressions u where u.address_hash = r.address_hash) as gets_mail
     from subscribers r cross join lateral (
       select * from subscriptions where newsletter_id = $2 and subscriber_id = r.id limit 1) s
     where r.${is} = $1`,
    [value, newsletterId, languages, now],
  );
}

export type ReaderName = { newsletterId: string } & ({ addressKey: string } | { subscriberId: string });
