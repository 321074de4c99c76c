// The rows of sightings. Private to this folder.
import type { Db } from '../db.js';

/** Of all processes together, at most one writes after `before`. */
export async function upsertSighting(
  db: Db,
  { newsletterId, at, before }: { newsletterId: string; at: Date; before: Date },
): Promise<void> {
  await db.change(
    `insert into form_sightings (newsletter_id, seen_at) values ($1, $2)
     on conflict (newsletter_id) do update set seen_at = excluded.seen_at where form_sightings.seen_at < $3`,
    [newsletterId, at, before],
  );
}

export async function selectSighting(db: Db, newsletterId: string): Promise<Date | undefined> {
  const row = await db.maybeOne<{ seenAt: Date }>(
    'select seen_at from form_sightings where newsletter_id = $1',
    [newsletterId],
  );
  return row?.seenAt;
}
