// A newsletter whose issues, readers, feeds, posts and import are in every state.
import type { Database } from '../../src/db.js';
import { importOutcomes } from '../../src/imports/outcome.js';
import { kindKeys } from '../../src/feedback/kind-keys.js';
import { issueFor } from '../support/newsroom.js';

/** Issues, readers, feeds, posts and an import in every state. */
export async function makeEverything(
  db: Database,
): Promise<{ issueIds: string[]; importId: string; newsletterId: string }> {
  const { issueId, newsletterId } = await issueFor(db, 12, { posts: 4, name: 'Every State' });
  const states =
    'accepted deferred refused uncertain bounced complained excluded excluded excluded refused'.split(' ');
  const reasons = [
    null,
    null,
    'hard',
    'restored',
    null,
    null,
    'unsubscribed',
    'warm-up',
    'superseded',
    'expired',
  ];
  for (const [at, state] of states.entries())
    await db.change(
      `update deliveries set state = $2, reason = $3, reply_code = 550, reply = $4, changed_at = now(), attempts = 1,
         due_at = case when $2 = 'deferred' then now() end
       where issue_id = $1 and subscriber_id = (select subscriber_id from deliveries where issue_id = $1
         order by subscriber_id offset $5 limit 1)`,
      [issueId, state, reasons[at], reasons[at] === 'hard' ? '550 5.1.1 User unknown' : null, at],
    );
  await db.change(
    `update issues set excluded = '{"nothingNew": 1, "paused": 2, "suppressed": 3, "timeChanged": 4}' where id = $1`,
    [issueId],
  );
  const made = await db.query<{ id: string }>(
    `insert into issues (newsletter_id, kind, slot, review, subject, skipped_at, skip_reason, frozen_at, paused_at, paused_by,
       pause_reason, guard_kind, guard_bad, guard_ends, cancelled_at)
     select $1, 'manual', now() - n * interval '1 day', case when n = 9 then 'hold' else 'auto' end, null,
       case when skip is not null then now() end, skip, case when n > 5 then now() end,
       case when paused is not null then now() end, paused, case when paused is not null then 'example.org' end, guard,
       case when guard is not null then 5 end, case when guard is not null then 10 end, case when n = 15 then now() end
     from unnest(
       array['nothing-new', 'no-readers', 'no-postal-address', 'not-reviewed', null, null, null, null, null, null, null, null, null, null, null, null],
       array[null, null, null, null, null, 'admin', 'hold', null, null, 'guard', 'guard', 'guard', 'guard', 'guard', null, 'guard'],
       array[null, null, null, null, null, null, null, null, null, 'everything-is-refused', 'hard-bounces', 'complaints',
         'hard-bounces-of-week', 'complaints-of-week', null, 'not-authenticated']) with ordinality as x (skip, paused, guard, n)
     returning id`,
    [newsletterId],
  );
  await db.change(
    `insert into feeds (newsletter_id, url, disabled_at, gone_at, failures, last_error, last_polled_at, last_success_at, next_poll_at)
     select $1, 'https://feed.example/' || n, case when n > 3 then now() end, case when n = 5 then now() end,
       case when n = 3 then 9 else 0 end, case when n = 3 then '{"key": "fetch.notFound", "args": {"host": "feed.example"}}'::jsonb end, now(),
       case when n = 2 then now() end, now() + interval '1 year' from generate_series(1, 5) n`,
    [newsletterId],
  );
  await db.change(
    `update posts set state = (array['eligible', 'held', 'excluded', 'known'])[1 + id % 4] where newsletter_id = $1`,
    [newsletterId],
  );
  await db.change(
    `insert into suppressions (address_hash, reason)
     select address_hash, (array['manual', 'bounce', 'complaint', 'erasure', 'imported'])[1 + id % 5] from subscribers
     order by id limit 5`,
  );
  await db.change(
    `insert into feedback_events (issue_id, subscriber_id, kind, day, at, source, provider, words, forwarded)
     select $1, (select min(subscriber_id) from deliveries where issue_id = $1), kind, current_date, now(),
       (array['smtp', 'listener', 'webhook'])[1 + n % 3], (array['google', 'others', 'orange.fr'])[1 + n % 3], '550 said no', n = 1
     from unnest($2::text[]) with ordinality as k (kind, n)`,
    [issueId, Object.keys(kindKeys)],
  );
  await db.change(
    `insert into provider_pauses (group_key, cause, bad, ends, reply, paused_at, until, times)
     values ('google', 'auth', 40, 200, '550 said no', now(), now() + interval '1 hour', 1)`,
  );
  const { id: importId } = await db.one<{ id: string }>(
    `insert into imports (newsletter_id, basis, state, content_type, format, encoding, layout, rows, outcomes, statuses)
     values ($1, 'x', 'finished', 'text/csv', 'csv', 'utf-8', '{"format":"csv","source":null,"separator":",","columns":[]}', 7, $2,
       '{"active": 1, "pending": 1, "expired": 1, "unsubscribed": 1, "suppressed": 1}') returning id`,
    [newsletterId, JSON.stringify(Object.fromEntries(importOutcomes.map((outcome) => [outcome, 1])))],
  );
  for (const [at, outcome] of importOutcomes.entries())
    await db.change(
      `insert into import_rows (import_id, line, outcome, email, reasons)
       values ($1, $2, $3, $4, case when $3 = 'invalid' then '[{"key": "errors.addressOneAt"}]'::jsonb end)`,
      [importId, at + 2, outcome, `line${at}@example.org`],
    );
  return { issueIds: [issueId, ...made.map(({ id }) => id)], importId, newsletterId };
}
