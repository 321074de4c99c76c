// The SQL of exporting subscriptions. Private to this folder.
import type { Db } from '../db.js';
import { keepToIndexes } from '../postgres/keep-to-indexes.js';
import type { CustomValues } from '../subscribers/custom-fields.js';
import type { SubscriptionStatus } from '../subscribers/status.js';
import { statusOf } from '../subscribers/subscriptions.js';

export interface ExportRow {
  id: string;
  subscriberId: string;
  email: string;
  name: string | null;
  status: SubscriptionStatus;
  language: string | null;
  topics: string[] | null;
  customFields: CustomValues;
  frequency: string | null;
  sendTime: string | null;
  weekday: number | null;
  timezone: string | null;
  pausedUntil: Date | null;
  plainText: boolean;
  trackingAgreedAt: Date | null;
  requestedAt: Date;
  requestedIp: string | null;
  confirmedAt: Date | null;
  confirmedIp: string | null;
  /** The basis stated for an import, or the wording that the reader agreed to. */
  consent: string | null;
  unsubscribedAt: Date | null;
  suppressedFor: string | null;
}

/**
 * Of `only`, or at most `limit` of all. In the order in which the subscribers were created, after the subscriber `after`: by id, the planner reads and sorts a
 * million rows for each 2,000.
 */
export async function selectExportRows(
  db: Db,
  newsletterId: string,
  which: { after: string; limit: number } | { only: readonly string[] },
): Promise<ExportRow[]> {
  const [condition, parameters] =
    'only' in which
      ? ['subscriber_id = any ($2)', [which.only]]
      : ['subscriber_id > $2 order by newsletter_id, subscriber_id limit $3', [which.after, which.limit]];
  return db.transaction(async (tx) => {
    await keepToIndexes(tx);
    return tx.query<ExportRow>(
      `select s.id, s.subscriber_id, r.address as email, r.name, ${statusOf} as status, r.language, s.topics, s.custom_fields, t.frequency, t.send_time,
       t.weekday, t.timezone, s.paused_until, s.plain_text, s.tracking_agreed_at, s.requested_at, c.requested_ip,
       s.confirmed_at, c.confirmed_ip, c.consent, s.unsubscribed_at, u.reason as suppressed_for
     from (select * from subscriptions where newsletter_id = $1 and ${condition}) s
     cross join lateral (select * from subscribers where id = s.subscriber_id limit 1) r
     left join lateral (select * from suppressions where address_hash = r.address_hash limit 1) u on true
     left join reading_times t on t.id = s.reading_time_id
     left join lateral (
       select (array_agg(coalesce(c.detail ->> 'requestedIp', host(c.ip)) order by c.id desc)
           filter (where c.event = 'requested' or c.detail ? 'requestedIp'))[1] as requested_ip,
         (array_agg(coalesce(c.detail ->> 'confirmedIp', host(c.ip)) order by c.id desc)
           filter (where c.event = 'confirmed' or c.detail ? 'confirmedIp'))[1] as confirmed_ip,
         (array_agg(coalesce(c.detail ->> 'stated', c.detail ->> 'basis', c.wording) order by c.id desc)
           filter (where coalesce(c.detail ->> 'stated', c.detail ->> 'basis', c.wording) is not null))[1] as consent
       from consents c where c.subscription_id = s.id and c.event in ('requested', 'confirmed', 'imported')
     ) c on true
     order by s.subscriber_id`,
      [newsletterId, ...parameters],
    );
  });
}
