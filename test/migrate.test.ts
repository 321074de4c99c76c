// A migration updates the schema, or refuses the database and leaves it untouched.
import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { packageRoot } from '../src/config/environment.js';
import { openDatabase } from '../src/db.js';
import { appliedMigrations, migrate, MigrationError } from '../src/migrate.js';
import { run } from './cli/run.js';
import { secretKey } from './support/newsroom.js';
import { temporaryFolder, testDatabase, type TestDatabase } from './support/database.js';
import { allowSlowTests } from './support/time-limit.js';
import { waitUntil } from './support/wait.js';

allowSlowTests();

let database: TestDatabase;
let dataDir: string;
const names = readdirSync(new URL('src/migrations/', packageRoot))
  .filter((name) => name.endsWith('.sql'))
  .toSorted();

beforeEach(async () => {
  database = await testDatabase();
  dataDir = await temporaryFolder();
});
afterEach(async () => {
  await database.close();
  await rm(dataDir, { recursive: true, force: true });
});

const digest = (...args: string[]) =>
  run(args, {
    DATABASE_URL: database.url,
    DATA_DIR: dataDir,
    SECRET_KEY: secretKey,
    SMTP_URL: 'smtp://127.0.0.1:9',
    PORT: '0',
  });

/** A database of a development version, before the migrations became one file. */
async function makeOld(): Promise<void> {
  await database.db.query('drop schema public cascade');
  await database.db.query('create schema public');
  await database.db.query(
    'create table migrations (name text primary key, applied_at timestamptz not null default now())',
  );
  await database.db.query('create table newsletters (id bigint primary key, slug text not null)');
  await database.db.query(`insert into newsletters values (1, 'daily')`);
  await database.db.query(
    `insert into migrations (name) values ('001-first.sql'), ('002-subscribing.sql'), ('003-relays.sql')`,
  );
}

/** A database of the next version. */
async function makeNewer(): Promise<void> {
  await database.db.query('create table of_the_future (id bigint primary key)');
  await database.db.query(`insert into migrations (name) values ('999-of-the-future.sql')`);
}

/** All definitions, and all rows with the transaction that wrote them: a rewritten row differs. */
async function everything(): Promise<unknown> {
  const { db } = database;
  const own = `relnamespace::regnamespace::text !~ '^(pg_|information_schema)'`;
  const tables = await db.query<{ name: string }>(
    `select oid::regclass::text as name from pg_class where relkind = 'r' and ${own} order by 1`,
  );
  const rows: unknown[] = [];
  for (const { name } of tables)
    rows.push(
      name,
      await db.query(`select xmin::text, ctid::text, t::text as row from ${name} t order by t.ctid`),
    );
  return {
    rows,
    namespaces: await db.query(`select oid, nspname from pg_namespace where nspname !~ '^pg_' order by oid`),
    classes: await db.query(
      `select oid, relname, relkind, relfilenode, xmin::text from pg_class where ${own} and relkind <> 'r' order by oid`,
    ),
    columns: await db.query(
      `select attrelid, attname, atttypid, attnotnull, a.xmin::text from pg_attribute a join pg_class c on c.oid = attrelid
       where ${own} order by attrelid, attnum`,
    ),
    functions: await db.query(
      `select oid, xmin::text from pg_proc where pronamespace = 'public'::regnamespace order by oid`,
    ),
  };
}

test('an empty database gets the whole schema, once, also when several processes begin at the same time', async () => {
  await database.db.query('drop schema public cascade');
  await database.db.query('create schema public');

  const applied = await Promise.all([migrate(database.db), migrate(database.db), migrate(database.db)]);

  expect(applied.flat()).toEqual(names);
  expect(await appliedMigrations(database.db)).toEqual(names);
  const before = await everything();
  expect(await migrate(database.db)).toEqual([]);
  expect(await everything()).toEqual(before);
});

describe.each([
  {
    of: 'an unreleased version',
    make: makeOld,
    line: /^daily-digest: the database comes from an unreleased version of Daily Digest \(it holds the migration 001-first\.sql, but not 001-schema\.sql\) and cannot be upgraded: use an empty database\n$/,
  },
  {
    of: 'a newer version',
    make: makeNewer,
    line: /^daily-digest: the database is newer than this program, which does not know the migration 999-of-the-future\.sql: run the newer version of Daily Digest\n$/,
  },
])('a database of $of', ({ make, line }) => {
  test.each(['migrate', 'start', 'issue list'])(
    'is refused by "%s" with one line, and does not change',
    async (command) => {
      await make();
      const before = await everything();

      const { status, stderr, stdout } = await digest(...command.split(' '));

      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(line);
      expect(await everything()).toEqual(before);
    },
  );

  test('is refused with an error of its own', async () => {
    await make();
    await expect(migrate(database.db)).rejects.toThrow(MigrationError);
  });
});

test('a migration that waits too long for a lock gives up, and changes nothing', async () => {
  await database.db.query('drop schema public cascade');
  await database.db.query('create schema public');
  await database.db.query(
    'create table migrations (name text primary key, applied_at timestamptz not null default now())',
  );
  const before = await everything();
  const other = openDatabase({ url: database.url, max: 1 });
  try {
    await other.transaction(async (tx) => {
      // The lock permits reads of the table and blocks writes.
      await tx.query('lock table migrations in share mode');
      await expect(migrate(database.db, { lockTimeout: 1 })).rejects.toThrow(
        /^a migration could not lock the tables within 1 s and gave up, and nothing has changed/,
      );
    });
  } finally {
    await other.end();
  }
  expect(await everything()).toEqual(before);
  expect(await migrate(database.db)).toEqual(names);
});

test('a worker that locks tables in another order goes on, and the migration is tried again', async () => {
  await database.db.query('drop schema public cascade');
  await database.db.query('create schema public');
  const [first = '', ...later] = names;
  await migrate(database.db, { only: [first] });
  const worker = openDatabase({ url: database.url, max: 1 });
  try {
    let migrating: Promise<string[]> | undefined;
    await worker.transaction(async (tx) => {
      await tx.query('select from subscriptions');
      migrating = migrate(database.db);
      const { earlier } = await tx.one<{ earlier: string }>(
        `select min(oid)::regclass::text as earlier from pg_class
         where relkind = 'r' and relnamespace = 'public'::regnamespace`,
      );
      const isLocked = async (): Promise<boolean> =>
        (await tx.maybeOne(
          `select 1 from pg_locks where relation = $1::regclass and mode = 'AccessExclusiveLock' and granted`,
          [earlier],
        )) !== undefined;
      await waitUntil(isLocked, 10_000, 'the lock of the first table');
      // The migration waits for subscriptions, and this statement for the migration: PostgreSQL would end this one.
      await tx.query(`select from ${earlier}`);
    });
    expect(await migrating).toEqual(later);
  } finally {
    await worker.end();
  }
});

test('a migration waits for the locks longer now and then, so that an autovacuum gives way', async () => {
  await database.db.query('drop schema public cascade');
  await database.db.query('create schema public');
  const [first = '', ...later] = names;
  await migrate(database.db, { only: [first] });
  const other = openDatabase({ url: database.url, max: 1 });
  try {
    let longest = 0;
    let migrating: Promise<string[]> | undefined;
    await other.transaction(async (tx) => {
      await tx.query('lock table issues in share update exclusive mode');
      migrating = migrate(database.db);
      const waited = async (): Promise<boolean> => {
        const { ms } = await tx.one<{ ms: number }>(
          `select coalesce(max(extract(epoch from clock_timestamp() - waitstart)) * 1000, 0)::float8 as ms
           from pg_locks where relation = 'issues'::regclass and not granted`,
        );
        longest = Math.max(longest, ms);
        return longest > 1_100;
      };
      await waitUntil(waited, 20_000, 'a wait of more than deadlock_timeout');
    });
    expect(await migrating).toEqual(later);
  } finally {
    await other.end();
  }
});
