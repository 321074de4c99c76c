// Fills a database by SQL as a large installation has it: by default a million readers, 1,000 issues of which three have
// deliveries, and 100,000 posts. Autovacuum is off, so the planner knows nothing of the tables until `analyze`.
import type { Db } from '../../src/db.js';
import { createAccount } from '../../src/accounts/create-account.js';
import { assembleNow } from '../../src/issues/assemble-now.js';
import { assembleDeps, fanOutNext, makeNewsletter, makePosts } from '../../test/support/newsroom.js';
import { withoutIndexes } from './bare-tables.js';
import { fillHistory } from './fill-history.js';

export const owner = { email: 'owner@example.org', password: 'correct horse battery' };
const topics = ['Common', 'Middling', 'Rare'];
/** Reading times of the daily newsletter, in the world's time zones: every second reader has one, one in 80 a weekly one. */
const schedules = 400;

/** Ids of what the pages show. */
export interface Filled {
  daily: { id: string; slug: string };
  weekly: { id: string; slug: string };
  /** An issue to every reader that is over, one that is being sent, and one that waits for approval. */
  finished: string;
  sending: string;
  review: string;
  /** An issue whose deliveries retention has deleted. */
  old: string;
  accountId: string;
  subscriberId: string;
  suppressionId: string;
}

/** Of a million readers, these have what is rare: see `makeReaders`. */
async function makeReaders(db: Db, readers: number): Promise<void> {
  await db.query(
    `insert into subscribers (address, address_key, address_hash, domain, name)
     select a, a, sha256(convert_to(a, 'UTF8')), split_part(a, '@', 2),
       case when n % 20000 = 11 then 'Zebedee Quill' when n % 50 = 12 then 'Marlowe Quill' when n % 2 = 0 then 'Ada Reader ' || n end
     from (select n, 'reader' || n || '@mail' || n % 1000 || '.example.org' as a from generate_series(1, $1::int) n) made`,
    [readers],
  );
}

async function makeReadingTimes(db: Db, newsletterId: string): Promise<string[]> {
  const made = await db.query<{ id: string }>(
    `insert into reading_times (newsletter_id, frequency, send_time, timezone)
     select $1, case when n % 40 = 3 then 'weekly' else 'daily' end, lpad((n % 24)::text, 2, '0') || ':30', zone
     from unnest($2::text[]) with ordinality as z (zone, n) returning id`,
    [newsletterId, Intl.supportedValuesOf('timeZone').slice(0, schedules)],
  );
  return made.map(({ id }) => id);
}

/** One in 2,000 never confirmed, one in 20 left, and those who have just asked are the newest. They have had all posts. */
async function subscribe(
  db: Db,
  {
    newsletterId,
    readers,
    oneIn,
    times = [],
  }: { newsletterId: string; readers: number; oneIn: number; times?: readonly string[] },
): Promise<void> {
  await db.query(
    `insert into subscriptions (newsletter_id, subscriber_id, via, requested_at, confirmed_at, unsubscribed_at, expired_at,
       confirmation_sent_at, topics, reading_time_id, read_through)
     select $1, id, case when id % 3 = 0 then 'import' else 'form' end, asked,
       case when not pending and not expired then asked + interval '1 hour' end,
       case when id % 20 = 3 then asked + interval '20 days' end,
       case when expired then asked + interval '3 days' end, asked,
       case when id % 2000 = 5 then '{Rare}'::text[] when id % 40 = 6 then '{Middling}' when id % 4 = 1 then '{Common}' end,
       case when id % 2 = 0 then ($4::bigint[])[1 + id / 2 % nullif(cardinality($4::bigint[]), 0)] end, seq
     from (select seq from newsletters where id = $1) n, (select id, id > $2 * 0.999 as pending, id % 2000 = 9 as expired,
         now() - interval '1 day' * (1 + ($2 - id) * 300.0 / $2) as asked
       from subscribers where id % $3 = 0) made order by id`,
    [newsletterId, readers, oneIn, times],
  );
  await db.query(
    `insert into consents (subscription_id, event, at, via, wording, language, ip)
     select s.id, event, s.requested_at, 'form', 'subscribe-en-1', 'en', '192.0.2.1'
     from subscriptions s, unnest('{requested,confirmed}'::text[]) event
     where s.newsletter_id = $1 and (event = 'requested' or s.confirmed_at is not null)`,
    [newsletterId],
  );
}

async function suppress(db: Db): Promise<void> {
  await db.query(
    `insert into suppressions (address_hash, reason, detail, created_at)
     select address_hash, case when id % 2500 = 7 then 'complaint' when id % 500 = 7 then 'manual' else 'bounce' end,
       '550 5.1.1 user unknown', now() - interval '1 minute' * (id % 100000) from subscribers where id % 25 = 7
     union all select sha256(convert_to('gone' || n, 'UTF8')), 'erasure', null, now() - interval '1 minute' * n
     from generate_series(1, (select count(*) / 100 from subscribers)) n`,
  );
}

/** Old posts. */
async function publish(db: Db, newsletterId: string, posts: number): Promise<void> {
  await db.query(
    `with made as (
       insert into posts (newsletter_id, guid, url, title, html, text, excerpt, topics, published_at, state, seq, first_seen_at, held_at)
       select $1, 'old-' || n, 'https://news.example.org/old/' || n,
         case when n % 5000 = 3 then 'A zeppelin over the bay, number ' else 'The harbour bridge, day ' end || n,
         '<p>' || repeat('The harbour bridge reopened on Monday. ', 30) || '</p>', repeat('The harbour bridge reopened on Monday. ', 30),
         'The harbour bridge reopened on Monday.', case when n % 4 = 0 then '{Common}'::text[] else '{}' end,
         now() - interval '1 minute' * ($2 - n), state, case when state = 'eligible' then n end,
         now() - interval '1 minute' * ($2 - n), case when state = 'held' then now() end
       from (select n, case when n % 500 = 1 then 'held' when n % 100 = 2 then 'excluded' when n % 20 = 3 then 'known' else 'eligible' end as state
         from generate_series(1, $2::int) n) wanted order by n returning id, guid, url)
     insert into post_identities (newsletter_id, identity, post_id)
     select $1, identity, id from made, unnest(array['guid:' || guid, 'url:' || url]) identity`,
    [newsletterId, posts],
  );
  await db.query('update newsletters set seq = $2 where id = $1', [newsletterId, posts]);
}

/** Past issues with ten posts each; their deliveries are forgotten, and their counts are kept. */
async function pastIssues(db: Db, newsletterId: string, issues: number): Promise<void> {
  await db.query(
    `insert into issues (newsletter_id, number, kind, slot, created_at, subject, review, frozen_at, approved_at, fanned_out_at,
       finished_at, seq_through, candidates, batches, deliveries_forgotten_at)
     select $1, n, 'scheduled', at, at, 'The harbour bridge, day ' || n, 'auto', at, at, at, at + interval '1 hour', n * 10,
       1000, 2, case when n < $2 - 60 then now() end
     from (select n, now() - interval '1 day' * ($2 - n + 2) as at from generate_series(1, $2::int) n) made order by n`,
    [newsletterId, issues],
  );
  await db.query('update newsletters set last_number = $2, planned_through = now() where id = $1', [
    newsletterId,
    issues,
  ]);
  await db.query(
    `insert into issue_counts (issue_id, shard, accepted, refused)
     select id, shard, 240, 10 from issues, generate_series(1, 4) shard where newsletter_id = $1`,
    [newsletterId],
  );
  await db.query(
    `insert into issue_posts (issue_id, post_id, position, seq, post)
     select i.id, p.id, p.seq - i.seq_through + 10, p.seq, jsonb_build_object('id', p.id::text, 'seq', p.seq::text, 'title', p.title, 'url', p.url, 'topics', p.topics,
       'excerpt', p.excerpt, 'html', p.html, 'text', p.text, 'author', null, 'image', null, 'commentCount', null, 'commentsUrl', null,
       'source', null, 'publishedAt', p.published_at, 'pinned', false)
     from issues i join posts p on p.newsletter_id = i.newsletter_id and p.seq > i.seq_through - 10 and p.seq <= i.seq_through
     where i.newsletter_id = $1`,
    [newsletterId],
  );
  await db.query(
    `insert into variants (issue_id, key, language, post_ids, subject, preheader, html, text, bytes, dropped)
     select i.id, 'all', 'en', array(select post_id from issue_posts where issue_id = i.id), i.subject, '',
       repeat('<p>The harbour bridge reopened on Monday.</p>', 500), 'The harbour bridge', 23000, '{"excerpts": 0, "images": 0, "posts": 0}' from issues i where newsletter_id = $1`,
    [newsletterId],
  );
}

/** Moves the deliveries of an issue to the states that they have in the middle of sending or at its end. */
async function send(db: Db, issueId: string, isOver: boolean): Promise<void> {
  await db.query(
    `update deliveries set attempts = 1, batch = batch, first_try_at = now(), changed_at = now(),
       state = case when subscriber_id % 1000 = 1 then 'refused' when subscriber_id % 5000 = 2 then 'bounced'
         when subscriber_id % 50000 = 4 then 'complained' when subscriber_id % 20000 = 6 then 'uncertain' else 'accepted' end,
       reason = case when subscriber_id % 1000 = 1 then 'hard' end, reply_code = case when subscriber_id % 1000 = 1 then 550 else 250 end,
       reply = case when subscriber_id % 1000 = 1 then '550 5.1.1 user unknown' else '250 2.0.0 Ok: queued as 4XyZ' end
     where issue_id = $1 and ($2 or subscriber_id % 2 = 0)`,
    [issueId, isOver],
  );
  await db.query(
    `insert into attempts (issue_id, subscriber_id, attempt, at, relay, outcome, stage, reply_code, reply)
     select issue_id, subscriber_id, 1, now(), 'relay.example:25', state, 'rcpt', reply_code, reply from deliveries
     where issue_id = $1 and state = 'refused'`,
    [issueId],
  );
  await db.query(
    `insert into issue_progress (issue_id, worker_id, relay, domain_group, accepted, refused, pace)
     select $1, 1, 'relay.example:25', 'group' || n, 1000, 1, 20 from generate_series(1, 20) n`,
    [issueId],
  );
  if (isOver) await db.query('update issues set finished_at = now() where id = $1', [issueId]);
}

/** A frozen issue that waits for an approval. */
async function waitForReview(db: Db, newsletterId: string): Promise<string> {
  const made = await assembleNow(assembleDeps(db), { newsletterId, review: 'hold' });
  if (made.status !== 'created') throw new Error(made.status);
  return made.issueId;
}

export interface Filling {
  readers: number;
  say: (text: string) => void;
  /** Assembles and fans out the last issue, which is being sent. */
  fanOutLast?: (newsletterId: string) => Promise<string>;
}

/** The owner, two newsletters, their old posts and readers. */
async function fillReaders(
  db: Db,
  { readers, say }: Filling,
): Promise<Pick<Filled, 'daily' | 'weekly' | 'accountId'>> {
  const made = await createAccount({ db }, { ...owner, role: 'owner' });
  if (!made.ok) throw new Error(made.code);
  const daily = await makeNewsletter(db, {
    name: 'Daily',
    topics,
    schedule: { frequencies: ['daily', 'weekly'] },
    customFields: [{ name: 'city', label: 'City', type: 'text', maxLength: 200, required: false }],
  });
  const weekly = await makeNewsletter(db, { name: 'Weekly', topics });
  say('posts');
  await publish(db, daily.id, Math.max(10_000, Math.min(100_000, readers / 10)));
  await publish(db, weekly.id, 2_000);
  say('readers');
  const fill = async (): Promise<void> => {
    await makeReaders(db, readers);
    const times = await makeReadingTimes(db, daily.id);
    await subscribe(db, { newsletterId: daily.id, readers, oneIn: 1, times });
    await subscribe(db, { newsletterId: weekly.id, readers, oneIn: 10 });
  };
  await withoutIndexes(db, ['subscribers', 'subscriptions', 'consents'], fill, say);
  await suppress(db);
  return { daily, weekly, accountId: made.account.id };
}

/** Two issues that are over, one that is being sent, one that waits for approval, and posts for the next. */
async function fillIssues(
  db: Db,
  { daily, weekly }: Pick<Filled, 'daily' | 'weekly'>,
  { say, fanOutLast }: Filling,
): Promise<Pick<Filled, 'finished' | 'sending' | 'review'>> {
  say('past issues');
  await pastIssues(db, daily.id, 900);
  await pastIssues(db, weekly.id, 97);
  const fanOut = (id: string): Promise<string> => fanOutNext(assembleDeps(db), id);
  const next = async (id: string, how: Filling['fanOutLast'] = fanOut): Promise<string> => {
    await makePosts(db, id, 8);
    return how(id);
  };
  say('two issues that are over');
  const finished = await next(daily.id);
  await send(db, finished, true);
  await send(db, await next(weekly.id), true);
  say('an issue that is being sent');
  const sending = await next(daily.id, fanOutLast);
  await send(db, sending, false);
  await makePosts(db, weekly.id, 8);
  const review = await waitForReview(db, weekly.id);
  for (const { id } of [daily, weekly]) await makePosts(db, id, 8);
  return { finished, sending, review };
}

export async function fillConsole(db: Db, filling: Filling): Promise<Filled> {
  const { readers, say } = filling;
  const tables = await db.query<{ name: string }>(
    `select format('%I', tablename) as name from pg_tables where schemaname = 'public'`,
  );
  for (const { name } of tables) await db.query(`alter table ${name} set (autovacuum_enabled = false)`);
  const many = (ofMillion: number): number => Math.ceil((ofMillion * readers) / 1_000_000);
  const made = await fillReaders(db, filling);
  const issues = await fillIssues(db, made, filling);
  say('what came back, imports, the audit log and sums');
  const { daily, weekly } = made;
  await fillHistory(db, { daily: daily.id, weekly: weekly.id, issueId: issues.finished, many });
  const { old } = await db.one<{ old: string }>('select min(id)::text as old from issues');
  const { hash } = await db.one<{ hash: Buffer }>('select address_hash as hash from suppressions limit 1');
  return {
    ...made,
    ...issues,
    old,
    subscriberId: String(Math.ceil(readers / 2)),
    suppressionId: hash.toString('base64url'),
  };
}
