// Writes the outbox: a row for each event and each webhook that wants it.
import type { Db } from '../db.js';
import type { AnnouncedReturn, Announcement } from './events.js';

interface Times {
  at: Date;
  retryUntil: Date;
}

/**
 * `happened` is a query with event, newsletter_ids, subscriber_id, data and place. $1 and $2 are the times. The
 * condition on webhooks alone is evaluated once: where there is none, `happened` is not run.
 */
const insertFor = (happened: string): string =>
  `insert into webhook_deliveries (webhook_id, event, subscriber_id, data, happened_at, due_at, retry_until)
   select w.id, h.event, h.subscriber_id, h.data, $1::timestamptz, $1::timestamptz, $2::timestamptz
   from (${happened}) h
   join webhooks w on w.disabled_at is null and h.event = any (w.events)
     and (w.newsletter_id is null or w.newsletter_id = any (h.newsletter_ids))
   where exists (select from webhooks where disabled_at is null)
   order by h.place, w.id`;

export async function insertAnnouncements(
  tx: Db,
  announcements: readonly Announcement[],
  { at, retryUntil }: Times,
): Promise<void> {
  await tx.change(
    insertFor(
      `select a.event, array(select jsonb_array_elements_text(a.newsletter_ids)::bigint) as newsletter_ids,
         null::bigint as subscriber_id, a.data, a.place
       from rows from (jsonb_to_recordset($3::jsonb) as (event text, "newsletterIds" jsonb, data jsonb))
         with ordinality as a (event, newsletter_ids, data, place)`,
    ),
    [at, retryUntil, JSON.stringify(announcements)],
  );
}

export async function insertReaderAnnouncement(
  tx: Db,
  about: { event: string; subscriptionId: string; via: string },
  { at, retryUntil }: Times,
): Promise<void> {
  await tx.change(
    insertFor(
      `select $3::text as event, array[s.newsletter_id] as newsletter_ids, s.subscriber_id, 1 as place,
         jsonb_build_object('subscriberId', r.id::text, 'newsletterId', s.newsletter_id::text, 'email', r.address,
           'name', r.name, 'via', $5::text) as data
       from subscriptions s join subscribers r on r.id = s.subscriber_id where s.id = $4`,
    ),
    [at, retryUntil, about.event, about.subscriptionId, about.via],
  );
}

export async function insertReturnAnnouncements(
  tx: Db,
  returned: readonly AnnouncedReturn[],
  { at, retryUntil }: Times,
): Promise<void> {
  await tx.change(
    insertFor(
      `select 'delivery.' || b.state as event, array[i.newsletter_id] as newsletter_ids, r.id as subscriber_id, b.place,
         jsonb_build_object('issueId', i.id::text, 'newsletterId', i.newsletter_id::text, 'subscriberId', r.id::text,
           'email', r.address, 'kind', b.kind) as data
       from unnest($3::bigint[], $4::bigint[], $5::text[], $6::text[])
         with ordinality as b (issue_id, subscriber_id, state, kind, place)
       join issues i on i.id = b.issue_id join subscribers r on r.id = b.subscriber_id`,
    ),
    [
      at,
      retryUntil,
      returned.map(({ issueId }) => issueId),
      returned.map(({ subscriberId }) => subscriberId),
      returned.map(({ state }) => state),
      returned.map(({ kind }) => kind),
    ],
  );
}
