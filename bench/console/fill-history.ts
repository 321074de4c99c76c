// The second half of the filling: what came back, imports, the audit log, sums by day, clicks and accounts.
import type { Db } from '../../src/db.js';
import { sumKeptNumbers } from '../../src/statistics/keep-sums.js';

interface History {
  daily: string;
  weekly: string;
  /** An issue with deliveries. */
  issueId: string;
  /** The share of a number that belongs to a million readers. */
  many: (ofMillion: number) => number;
}

async function feedsOf(db: Db, newsletterId: string, feeds: number): Promise<void> {
  await db.query(
    `insert into feeds (newsletter_id, url, kind, title, next_poll_at, last_polled_at, last_success_at, last_new_post_at, failures, last_error)
     select $1, 'https://news.example.org/feed/' || n, 'rss', 'Feed ' || n, now() + interval '1 year', now(), now(), now(),
       case when n % 50 = 1 then 30 else 0 end, case when n % 50 = 1 then '{"key": "fetch.status", "args": {"status": "500"}}'::jsonb end
     from generate_series(1, $2::int) n`,
    [newsletterId, feeds],
  );
  await db.query(
    `update posts p set feed_id = f.id from (select id, row_number() over (order by id) - 1 as n from feeds where newsletter_id = $1) f
     where p.newsletter_id = $1 and p.id % $2 = f.n`,
    [newsletterId, feeds],
  );
}

async function whatCameBack(db: Db, { issueId, many }: History): Promise<void> {
  await db.query(
    `insert into feedback_inbox (source, sha256, recipient, raw, received_at, kind, result, issue_id, subscriber_id)
     select 'listener', sha256(convert_to('mail' || n, 'UTF8')), 'bounce@example.org', convert_to(repeat('Final-Recipient: rfc822; x ', 40), 'UTF8'),
       now() - interval '1 minute' * n, 'hard', case when n % 100 = 0 then 'failed' else 'recorded' end, $1, n
     from generate_series(1, $2::int) n`,
    [issueId, many(100_000)],
  );
  await db.query(
    `insert into feedback_events (issue_id, subscriber_id, kind, day, at, source, provider, status, code, words)
     select $1, n * 7, case when n % 1000 = 1 then 'complaint' when n % 200 = 2 then 'policy' when n % 10 = 3 then 'full'
         when n % 10 = 4 then 'unavailable' else 'hard' end,
       now(), now() - interval '1 minute' * n, 'mail', 'others', '5.1.1', 550, 'user unknown'
     from generate_series(1, $2::int) n`,
    [issueId, many(100_000)],
  );
  await db.query(
    `insert into domain_reports (kind, domain, organization, report_id, begins_at, ends_at, received_at, messages, failed, excused)
     select case when n % 5 = 0 then 'tls' else 'dmarc' end, 'news.example.org', 'provider' || n % 20, 'report' || n, at, at, at, 1000, n % 3, 0
     from (select n, now() - interval '1 hour' * n as at from generate_series(1, 2000) n) made`,
  );
  await db.query(
    `insert into domain_report_sources (domain_report_id, source, messages, failed, excused)
     select id, '192.0.2.' || n, 100, 0, 0 from domain_reports, generate_series(1, 10) n`,
  );
}

async function imports(db: Db, { daily, many }: History): Promise<void> {
  await db.query(
    `insert into imports (newsletter_id, basis, state, created_at, finished_at, content_type, format, encoding, layout, rows, created, invalid)
     select $1, 'They asked for it', 'finished', now() - interval '1 day' * (300 - n), now() - interval '1 day' * (300 - n), 'text/csv',
       'csv', 'utf-8', '{"format":"csv","separator":",","columns":[]}', 1000, 990, 10 from generate_series(1, 300) n`,
    [daily],
  );
  await db.query(
    `insert into import_rows (import_id, line, outcome, status, subscriber_id, email, reasons)
     select (select max(id) from imports), n, case when n % 1000 = 1 then 'invalid' when n % 100 = 2 then 'updated' else 'created' end,
       case when n % 1000 <> 1 then 'active' end, case when n % 1000 <> 1 then n end,
       case when n % 1000 = 1 then 'nobody' end, case when n % 1000 = 1 then '[{"key": "errors.addressOneAt"}]'::jsonb end
     from generate_series(2, $1::int) n`,
    [many(500_000)],
  );
}

/** A webhook with a month of events. Nobody reads its secret. */
async function webhooks(db: Db, { many }: History): Promise<void> {
  await db.query(
    `insert into webhooks (url, events, secret, created_at)
     values ('https://shop.example.org/hook', '{subscriber.confirmed}', 'x', now() - interval '30 days')`,
  );
  await db.query(
    `insert into webhook_deliveries (webhook_id, event, subscriber_id, data, happened_at, due_at, retry_until, attempts, tried_at, ended_at, outcome, status, answer)
     select 1, 'subscriber.confirmed', n, '{}', at, at, at, 1, at, at, 'delivered', 200, 'thank you'
     from (select n, now() - interval '20 seconds' * ($1::int - n) as at from generate_series(1, $1::int) n) made`,
    [many(100_000)],
  );
}

async function accountsAndLog(db: Db, { daily, many }: History): Promise<void> {
  await db.query(
    `with made as (insert into accounts (email, email_key, password_hash, role, all_newsletters, seen_at)
       select a, a, 'x', case when n % 3 = 0 then 'viewer' else 'editor' end, n % 2 = 0, now()
       from (select n, 'person' || n || '@example.org' as a from generate_series(1, 50) n) made returning id, all_newsletters)
     insert into account_newsletters (account_id, newsletter_id) select id, $1 from made where not all_newsletters`,
    [daily],
  );
  await db.query(
    `insert into api_keys (name, key_hash, role) select 'Key ' || n, sha256(convert_to('key' || n, 'UTF8')), 'editor' from generate_series(1, 50) n`,
  );
  // Rare actions are the oldest: a scan from the newest entry would read the whole log. In pieces, because each entry
  // updates the one row of the chain, and a transaction cannot remove its own old versions.
  const [entries, piece] = [Math.min(200_000, many(200_000)), 200];
  for (let from = 1; from <= entries; from += piece)
    await db.query(
      `insert into audit (at, actor, action, subject, detail)
       select now() - interval '1 minute' * ($1::int - n), case when n < 50 then 'cli' else 'account:' || 1 + n % 50 end,
         case when n < 20 then 'subscriber.erase' when n % 3 = 0 then 'account.sign-in' when n % 3 = 1 then 'post.change' else 'subscriber.change' end,
         case n % 3 when 0 then 'account:1' when 1 then 'post:' || n else 'subscriber:' || n end, '{"note": "as asked"}'
       from generate_series($2::int, least($1::int, $3::int)) n order by n`,
      [entries, from, from + piece - 1],
    );
  await db.query(
    `insert into domain_rules (newsletter_id, domain, rule) select null, 'blocked' || n || '.example', 'block' from generate_series(1, 300) n`,
  );
}

async function sumsAndClicks(db: Db, { daily, weekly, issueId, many }: History): Promise<void> {
  await db.query(
    `insert into leavings (subscription_id, newsletter_id, unsubscribed_at, reason, comment, at)
     select id, newsletter_id, unsubscribed_at, case when id % 3 = 0 then 'too-often' else 'not-interested' end,
       case when id % 300 = 0 then 'Too much about bridges.' end, unsubscribed_at
     from subscriptions where unsubscribed_at is not null and newsletter_id = any ($1)`,
    [[daily, weekly]],
  );
  await db.query(
    `insert into daily_sums (newsletter_id, day, fact, detail, change)
     select newsletter_id, current_date - n, fact, detail, 100 + n % 50
     from unnest($1::bigint[]) newsletter_id, generate_series(1, 800) n, (values ('asked', 'form'), ('confirmed', 'form'), ('joined', 'form'),
       ('joined', 'import'), ('left', 'unsubscribed'), ('answered', 'too-often'), ('answered', 'not-interested')) facts (fact, detail)`,
    [[daily, weekly]],
  );
  // Upkeep has added up all days.
  await sumKeptNumbers({ db, now: () => new Date('2000-01-10') });
  await db.query(
    `insert into counted_links (id, issue_id, url) select 'link' || n, $1, 'https://news.example.org/' || n from generate_series(1, 20) n`,
    [issueId],
  );
  await db.query(
    `insert into clicks (link_id, issue_id, subscription_id, at, clicked_by)
     select 'link' || 1 + id % 20, $1, id, now(), 'people' from subscriptions where newsletter_id = $2 and id % 10 = 0`,
    [issueId, daily],
  );
  await db.query(
    `insert into daily_sums (newsletter_id, day, issue_id, fact, detail, part, change)
     select $1, current_date, $2, 'clicked', 'https://news.example.org/' || n % 20, 'people', 1 from generate_series(1, $3::int) n`,
    [daily, issueId, many(5_000)],
  );
}

async function ownTemplate(db: Db, newsletterId: string): Promise<void> {
  await db.query(
    `insert into mail_templates (newsletter_id, version, mjml, created_by)
     values ($1, 1, '<mjml><mj-body></mj-body></mjml>', 'cli')`,
    [newsletterId],
  );
}

async function pausedProvider(db: Db): Promise<void> {
  await db.query(
    `insert into provider_pauses (group_key, cause, bad, ends, reply, paused_at, until, times)
     values ('example.net', 'policy', 9, 10, '550 5.7.1 refused', now(), now() + interval '1 day', 1)`,
  );
}

export async function fillHistory(db: Db, history: History): Promise<void> {
  await feedsOf(db, history.daily, 200);
  await feedsOf(db, history.weekly, 100);
  await whatCameBack(db, history);
  await imports(db, history);
  await webhooks(db, history);
  await accountsAndLog(db, history);
  await sumsAndClicks(db, history);
  await ownTemplate(db, history.weekly);
  await pausedProvider(db);
}
