// What the planner knows of the tables: it must choose well whatever their statistics say.
import type { Db } from '../../src/db.js';

/** no: nobody has analyzed the tables. old: they were analyzed before they grew. fresh: they were analyzed after it. */
export const statisticsAges = ['no', 'old', 'fresh'] as const;
export type StatisticsAge = (typeof statisticsAges)[number];

/** Called after the tables have grown. A test with old statistics has analyzed them before. */
export async function ageStatistics(db: Db, age: StatisticsAge): Promise<void> {
  if (age === 'fresh') await db.query('analyze');
  if (age !== 'no') return;
  await db.query(
    `select pg_clear_relation_stats(schemaname, tablename) from pg_tables where schemaname = 'public'`,
  );
  await db.query(
    `select pg_clear_attribute_stats(schemaname, tablename, attname, inherited) from pg_stats where schemaname = 'public'`,
  );
}
