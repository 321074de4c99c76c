// PostgreSQL plans with the statistics of yesterday while a table fills up. The plans must not depend on them.
import type { Db } from '../src/db.js';
import { putFeedback } from '../src/feedback/put.js';
import { takeMails } from '../src/feedback/take-mails.js';
import { envelopeSender } from '../src/mail/verp.js';
import { openSecrets } from '../src/secrets.js';
import { acceptedIssue, bounce } from './feedback/three-times.js';
import { requestUndoImport } from '../src/imports/undo-import.js';
import { runImport } from '../src/imports/run-import.js';
import { undoImport } from '../src/people/undo-import.js';
import { importDeps, start } from './imports/import-support.js';
import { explained, type Reading } from './support/explained.js';
import { useDatabase } from './support/fixture.js';
import { issueFor, makeNewsletter, makePosts, quiet, secretKey, sweep } from './support/newsroom.js';
import { ageStatistics, statisticsAges } from './support/statistics.js';
import { listPosts } from '../src/posts/list-posts.js';
import { listDeliveries } from '../src/reports/list-deliveries.js';
import { listSubscribers } from '../src/subscribers/list-subscribers.js';
import { subscriptionStatuses } from '../src/subscribers/status.js';

const database = useDatabase();

beforeAll(async () => {
  for (const table of ['import_rows', 'subscribers', 'subscriptions', 'consents', 'deliveries', 'posts'])
    await database.db.query(`alter table ${table} set (autovacuum_enabled = false)`);
});

/** Three lots: the third sees the rows of the first. */
const rows = 7_500;
/** Rows that a step of a lot may discard: two for each of its readers. A look at all rows for each would be millions. */
const perLot = 5_000;

const list = (name: string, readers: number): string =>
  `email,name\n${Array.from({ length: readers }, (_, n) => `${name}${n}@example.org,${name} ${n}\n`).join('')}`;

/** The steps of `work` that read more than `atMost` rows in vain. */
async function wasteful(work: (db: Db) => Promise<unknown>, atMost: number): Promise<Reading[]> {
  const found: Reading[] = [];
  await work(explained(database.db, (reading) => reading.discarded > atMost && found.push(reading)));
  return found;
}

test('an import reads no row of an import for another reader', async () => {
  const { db } = database;
  const first = await makeNewsletter(db);
  await runImport(importDeps(db), { importId: await start(db, first.id, list('a', 3_000)) });
  // From here on the statistics know one import only.
  await db.query('analyze');
  const second = await makeNewsletter(db);
  const importId = await start(db, second.id, list('b', rows));
  expect(await wasteful((seen) => runImport({ ...importDeps(db), db: seen }, { importId }), perLot)).toEqual(
    [],
  );
  const again = await start(db, second.id, list('b', rows), { dryRun: true });
  expect(
    await wasteful((seen) => runImport({ ...importDeps(db), db: seen }, { importId: again }), perLot),
  ).toEqual([]);

  await requestUndoImport(importDeps(db), { importId });
  expect(await wasteful((seen) => undoImport({ ...importDeps(db), db: seen }, { importId }), perLot)).toEqual(
    [],
  );
});

test('a sweep does not read the deliveries of a finished issue', async () => {
  const { db } = database;
  const { issueId } = await issueFor(db, 3_000);
  // In the middle of sending, most deliveries are queued.
  await db.query('analyze deliveries');
  await db.query(`update deliveries set state = 'accepted' where issue_id = $1`, [issueId]);
  await db.query('update issues set finished_at = now() where id = $1', [issueId]);
  expect(await wasteful((seen) => sweep(seen), 100)).toEqual([]);
  await db.query('update issues set finished_at = null, cancelled_at = now() where id = $1', [issueId]);
  expect(await wasteful((seen) => sweep(seen), 100)).toEqual([]);
});

test('what comes back reads only the rows that it is about', async () => {
  const { db } = database;
  for (const table of ['feedback_events', 'feedback_inbox', 'suppressions'])
    await db.query(`alter table ${table} set (autovacuum_enabled = false)`);
  await db.query('analyze');
  const now = () => new Date();
  const { issueId, readers } = await acceptedIssue(db, 3_000, now());
  const { issueId: earlier } = await acceptedIssue(db, 1, now());
  await db.query(
    `insert into feedback_events (issue_id, subscriber_id, kind, day, at, source, provider)
     select $2, subscriber_id, 'full', now(), now(), 'smtp', 'others' from deliveries where issue_id = $1`,
    [issueId, earlier],
  );
  const secrets = openSecrets(secretKey);
  for (const [index, { subscriberId, address }] of readers.slice(0, 30).entries())
    await putFeedback(
      { db, enqueue: () => Promise.resolve(true), now },
      {
        raw: Buffer.from(bounce(address, index % 2 === 0 ? '5.2.2' : '5.1.1', '550 no')),
        source: 'command',
        recipient: envelopeSender(
          secrets.derive('verp'),
          { kind: 'delivery', issueId, subscriberId },
          'example.org',
        ),
      },
    );
  const readings: Reading[] = [];
  await takeMails({
    db: explained(db, (reading) => readings.push(reading)),
    log: quiet,
    now,
    secrets,
    stopping: () => false,
  });
  const { bounced } = await db.one<{ bounced: number }>(
    `select count(*)::int as bounced from deliveries where issue_id = $1 and state = 'bounced'`,
    [issueId],
  );
  expect(bounced).toBe(30);
  expect(new Set(readings.map(({ table }) => table))).toContain('deliveries');
  // A transaction takes sixteen mails.
  expect(readings.filter(({ returned, discarded }) => returned + discarded > 50)).toEqual([]);
  await db.query('delete from suppressions');
});

describe.each(statisticsAges)('with %s statistics', (age) => {
  test('a page of the readers of one status reads no reader of another', async () => {
    const { db } = database;
    const crowd = await makeNewsletter(db);
    const few = await makeNewsletter(db);
    if (age === 'old') await db.query('analyze');
    // One reader in a thousand has a rare status, and the last ones belong to another newsletter.
    await db.query(
      `with made as (
         insert into subscribers (address, address_key, address_hash, domain)
         select $1 || n || '@example.org', $1 || n || '@example.org', sha256(($1 || n)::bytea), 'example.org'
         from generate_series(1, 20000) n returning id)
       insert into subscriptions (newsletter_id, subscriber_id, requested_at, confirmed_at, unsubscribed_at, expired_at)
       select case when row_number() over (order by id) > 19950 then $3::bigint else $2::bigint end, id, now() - interval '2 days',
         case when id % 1000 not in (1, 3) then now() - interval '1 day' end,
         case when id % 1000 = 2 then now() end,
         case when id % 1000 = 3 then now() end
       from made`,
      [`plan-${age}-`, crowd.id, few.id],
    );
    await db.query(
      `insert into suppressions (address_hash, reason) select address_hash, 'manual' from subscribers
       where address like $1 and id % 1000 = 4`,
      [`plan-${age}-%`],
    );
    await db.query(
      `update subscriptions set topics = '{Rare}' where newsletter_id = $1 and subscriber_id % 1000 = 5`,
      [crowd.id],
    );
    await db.query(
      `insert into feedback_events (issue_id, subscriber_id, kind, day, at, source, provider)
       select 1, s.subscriber_id, case when s.subscriber_id % 1000 = 5 then 'full' else 'hard' end, now(), now(), 'mail', 'x'
       from subscriptions s where s.newsletter_id = $1 and s.subscriber_id % 5 = 0`,
      [crowd.id],
    );
    await ageStatistics(db, age);
    for (const filter of [
      { topic: 'Rare' },
      { topic: 'Rare', status: 'active' as const, newsletter: crowd.id },
      { problem: 'full' as const },
      { problem: 'bounced' as const },
    ]) {
      const page = (seen: Db) => listSubscribers({ db: seen }, { ...filter, limit: 50 });
      expect([filter, (await page(db)).data.length > 0]).toEqual([filter, filter.problem !== 'bounced']);
      expect([filter, await wasteful(page, 500)]).toEqual([filter, []]);
    }
    for (const status of [...subscriptionStatuses, undefined])
      for (const newsletter of [undefined, crowd.id, few.id]) {
        const page = (seen: Db) => listSubscribers({ db: seen }, { status, newsletter, limit: 50 });
        const found = (await page(db)).data;
        expect([status, newsletter, found.length > 0 || newsletter === few.id]).toEqual([
          status,
          newsletter,
          true,
        ]);
        expect([status, newsletter, await wasteful(page, 500)]).toEqual([status, newsletter, []]);
      }
  });

  test('a page of the queued deliveries of an issue that is being sent', async () => {
    const { db } = database;
    if (age === 'old') await db.query('analyze deliveries');
    const { issueId } = await issueFor(db, 8_000);
    await db.query(`update deliveries set state = 'accepted' where issue_id = $1 and batch < 8`, [issueId]);
    await ageStatistics(db, age);
    const readings: Reading[] = [];
    const page = await listDeliveries(
      explained(db, (reading) => readings.push(reading)),
      { issueId, state: 'queued', limit: 50 },
    );
    expect(page.data).toHaveLength(50);
    // It sorts a batch, and stops at the first of the next.
    expect(readings.filter(({ returned }) => returned > 501)).toEqual([]);
  });

  test('a page of the deliveries in one state reads none of another, and so for posts', async () => {
    const { db } = database;
    if (age === 'old') await db.query('analyze deliveries');
    const { issueId } = await issueFor(db, 8_000);
    await db.query(`update deliveries set state = 'accepted' where issue_id = $1`, [issueId]);
    await db.query(
      `update deliveries set state = 'refused', reason = 'refused' where issue_id = $1 and subscriber_id in
         (select max(subscriber_id) from deliveries where issue_id = $1)`,
      [issueId],
    );
    const { id: newsletterId } = await makeNewsletter(db);
    await makePosts(db, newsletterId, 3_000);
    await db.query(
      `update posts set state = 'excluded' where id = (select min(id) from posts where newsletter_id = $1)`,
      [newsletterId],
    );
    await ageStatistics(db, age);
    // The newest few are queued again, and one of them is under way.
    await db.query(
      `update deliveries set state = 'queued', batch = 17 where issue_id = $1 and subscriber_id in
         (select subscriber_id from deliveries where issue_id = $1 order by subscriber_id desc offset 1 limit 20)`,
      [issueId],
    );
    await db.query(
      `update deliveries set state = 'sending' where issue_id = $1 and state = 'queued' and subscriber_id in
         (select max(subscriber_id) - 1 from deliveries where issue_id = $1)`,
      [issueId],
    );
    for (const [state, found] of [
      ['refused', 1],
      ['queued', 19],
      ['sending', 1],
      ['bounced', 0],
      ['accepted', 50],
      [undefined, 50],
    ] as const) {
      const page = (seen: Db) => listDeliveries(seen, { issueId, state, limit: 50 });
      expect([state, (await page(db)).data.length]).toEqual([state, found]);
      expect([state, await wasteful(page, 100)]).toEqual([state, []]);
    }
    const sorted: string[] = [];
    const noteSorts = explained(db, ({ table, returned }) => {
      if (table === 'deliveries' && returned > 100) sorted.push(`${returned} of ${table}`);
    });
    await listDeliveries(noteSorts, { issueId, state: 'accepted', limit: 50 });
    expect(sorted).toEqual([]);
    const excluded = (seen: Db) => listPosts(seen, { newsletterId, state: 'excluded' });
    expect((await excluded(db)).data).toHaveLength(1);
    expect(await wasteful(excluded, 100)).toEqual([]);
  });
});
