// Forgetting an issue's deliveries as the product does, against dropping a partition; and what partitions cost the statements
// that run all day. Both tables have the same columns, indexes and rows.
import type { Db } from '../../src/db.js';
import { defaultRetention } from '../../src/config/retention.js';
import { forgetDeliveries } from '../../src/delivery/forget-deliveries.js';
import { recordAndClaim } from '../../src/delivery/record-and-claim.js';
import { makeNewsletter, noted } from '../../test/support/newsroom.js';
import type { Figure } from '../figure.js';
import { cpuSeconds } from '../machine.js';
import type { Servers } from '../servers.js';
import { costFigures, costOf, type Server } from './cost.js';

/** A daily newsletter's issues in the two years for which deliveries are kept. */
const partitions = 730;
const batchSize = 500;
const lot = 20;
const turns = 1_000;
const [forgotten, kept] = ['1', '2'];

async function makeIssues(db: Db): Promise<void> {
  const { id } = await makeNewsletter(db);
  await db.query(
    `insert into issues (newsletter_id, number, kind, slot, created_at, subject, review, frozen_at, approved_at, fanned_out_at)
     select $1, n, 'manual', now(), now(), 'Issue ' || n, 'auto', now(), now(), now() from generate_series(1, $2::int) n`,
    [id, partitions],
  );
}

/** In the place of the ledger comes a table with a partition for each issue, and with the same indexes and trigger. */
async function partition(db: Db): Promise<void> {
  const indexes = await db.query<{ definition: string }>(
    `select pg_get_indexdef(indexrelid) as definition from pg_index where indrelid = 'deliveries'::regclass and not indisprimary`,
  );
  await db.query('drop table deliveries cascade');
  // `cascade` has taken the foreign key of attempts. A turn that only claims does not touch that table.
  await db.query(
    'create table deliveries (like deliveries_before including defaults including constraints, primary key (issue_id, subscriber_id)) partition by list (issue_id)',
  );
  for (const { definition } of indexes) await db.query(definition);
  for (let n = 1; n <= partitions; n += 1)
    await db.query(`create table deliveries_of_${n} partition of deliveries for values in (${n})`);
  await db.query(
    `create trigger count_changed_deliveries after update on deliveries
     referencing old table as before_change new table as changed for each statement execute function count_changed_deliveries()`,
  );
}

const insert = (db: Db, issueId: string | undefined, readers: number): Promise<unknown> =>
  db.query(
    `insert into deliveries (issue_id, subscriber_id, subscription_id, variant_id, batch, read_from)
     select $1::bigint, n, n, 1, 1 + (n - 1) / $3::int, 0 from generate_series(1, $2::int) n`,
    [issueId, readers, batchSize],
  );

/** Milliseconds of PostgreSQL's CPU for a turn that claims a lot, with its kept plan: others use the disk as well. */
async function claim(db: Db, readers: number, postgresPid: number): Promise<number> {
  const take = (n: number): Promise<unknown> =>
    recordAndClaim(
      { db, noteRefusals: noted },
      {
        issueId: kept ?? '',
        batch: 1 + (n % Math.floor(readers / batchSize)),
        limit: lot,
        workerId: '1',
        notDomains: [],
      },
      [],
    );
  // The first turn plans.
  await take(0);
  const before = cpuSeconds(postgresPid);
  for (let n = 1; n <= turns; n += 1) await take(n);
  return ((cpuSeconds(postgresPid) - before) * 1000) / turns;
}

/** Sweeps until the issue is forgotten. A sweep ends after three seconds. */
async function forgetInSweeps(db: Db, readers: number): Promise<void> {
  await db.query(`update issues set finished_at = now() - interval '800 days' where id = $1`, [forgotten]);
  const count = async (): Promise<number> =>
    (await db.one<{ count: number }>('select coalesce(sum(count), 0)::int as count from delivery_totals'))
      .count;
  while ((await count()) < readers)
    await forgetDeliveries({ db, retention: defaultRetention, now: () => new Date() });
}

async function countLeft(db: Db, readers: number): Promise<void> {
  const { left } = await db.one<{ left: number }>('select count(*)::int as left from deliveries');
  if (left !== readers) throw new Error(`${left} deliveries are left, not ${readers}`);
}

async function measureTable(
  server: Server,
  { name, readers, forget }: { name: string; readers: number; forget: () => Promise<unknown> },
): Promise<Figure[]> {
  const { db, postgresPid } = server;
  await insert(db, forgotten, readers);
  const inserting = await costOf(server, () => insert(db, kept, readers));
  await db.query('vacuum analyze deliveries');
  await db.query('checkpoint');
  const claimed = await claim(db, readers, postgresPid);
  await db.query('checkpoint');
  const forgetting = await costOf(server, forget);
  const vacuum = await costOf(server, () => db.query('vacuum deliveries'));
  await countLeft(db, readers);
  return [
    ...costFigures(`${name}: inserting an issue's deliveries`, inserting),
    { what: `${name}: CPU in PostgreSQL of a turn that claims ${lot}`, value: claimed, unit: 'ms' },
    ...costFigures(`${name}: forgetting an issue`, forgetting),
    ...costFigures(`${name}: the vacuum after it`, vacuum),
  ];
}

export async function forgettingByPartition(
  servers: Servers,
  readers: number,
  say: (text: string) => void,
): Promise<Figure[]> {
  const { db, close } = await servers.freshDatabase();
  const server = { db, postgresPid: servers.postgresPid };
  try {
    await makeIssues(db);
    await db.query('create table deliveries_before (like deliveries including all)');
    await db.query('alter table deliveries set (autovacuum_enabled = false)');
    const plain = await measureTable(server, {
      name: 'one table',
      readers,
      forget: () => forgetInSweeps(db, readers),
    });
    say(`${partitions} partitions`);
    await partition(db);
    const parted = await measureTable(server, {
      name: `${partitions} partitions`,
      readers,
      forget: () => db.query(`drop table deliveries_of_${forgotten}`),
    });
    return [...plain, ...parted];
  } finally {
    await close();
  }
}
