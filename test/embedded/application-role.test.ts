// The service uses the embedded PostgreSQL with a role that is no superuser, and can neither change nor empty
// what proves who did what.
import { readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { recordAudit } from '../../src/accounts/audit.js';
import { forgetAudit } from '../../src/accounts/forget-audit.js';
import { verifyAudit } from '../../src/accounts/verify-audit.js';
import { readConfig } from '../../src/config/environment.js';
import { readRetention } from '../../src/config/retention.js';
import { wrong } from '../../src/config/values.js';
import { openDatabase, type Database } from '../../src/db.js';
import { holdDataDir } from '../../src/embedded/hold.js';
import { migrateSupplied } from '../../src/embedded/migrate-supplied.js';
import { destroyPostgres, startPostgres } from '../../src/embedded/postgres.js';
import { supply, type Supplies } from '../../src/embedded/supply.js';
import { migrate } from '../../src/migrate.js';
import { openQueues } from '../../src/queues.js';
import { temporaryFolder } from '../support/database.js';
import { closeAfterAll } from '../support/fixture.js';
import { issueFor, makeNewsletter, makeReaders, quiet } from '../support/newsroom.js';
import { waitUntil } from '../support/wait.js';

const config = (dataDir: string) => readConfig({ DATA_DIR: dataDir, SMTP_URL: 'smtp://127.0.0.1:1' });
const supplied = (dataDir: string) =>
  supply({ config: config(dataDir), log: quiet, catcher: 'find', durable: false });

let dataDir: string;
let supplies: Supplies;
let db: Database;

beforeAll(async () => {
  dataDir = await temporaryFolder();
  holdDataDir(dataDir).describe('by a test');
  // As a version before the role left it: its superuser made the tables and the queue.
  const before = await startPostgres({ dataDir, log: quiet, durable: false });
  const owner = openDatabase({ url: before.url, max: 1 });
  await migrate(owner);
  await makeNewsletter(owner);
  await owner.query('create schema bullmq');
  await owner.query('drop role daily_digest_app');
  await owner.end();
  const file = path.join(dataDir, 'postgres.json');
  const { applicationPassword: _, ...remembered } = JSON.parse(readFileSync(file, 'utf8')) as Record<
    string,
    unknown
  >;
  writeFileSync(file, JSON.stringify(remembered));
  // The older version still runs when the first command of this one starts.
  supplies = await supplied(dataDir);
  await migrateSupplied(supplies);
  await before.stop();
  db = openDatabase({ url: supplies.config.databaseUrl });
});
closeAfterAll(async () => {
  await db.end();
  await supplies.stop();
  await destroyPostgres(dataDir);
  await rm(dataDir, { recursive: true, force: true });
});

test('the role has no special right', async () => {
  expect(
    await db.one(
      `select rolname, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls from pg_roles where rolname = current_user`,
    ),
  ).toEqual({
    rolname: 'daily_digest_app',
    rolsuper: false,
    rolcreatedb: false,
    rolcreaterole: false,
    rolreplication: false,
    rolbypassrls: false,
  });
});

test.each([
  `copy (select 1) to program 'true'`,
  `select pg_read_file('postgresql.conf')`,
  'create role other superuser',
  'alter role daily_digest_app superuser',
  'set role daily_digest',
  'create table here (a int)',
  'drop table audit',
  'alter table audit disable trigger user',
  'alter table consents disable trigger all',
  'drop trigger chain_audit on audit',
  'create or replace function chain_audit() returns trigger language plpgsql as $$ begin return new; end $$',
  'alter function forget_audit(timestamptz, integer) security invoker',
  `update audit set action = 'x'`,
  'delete from audit',
  'truncate audit',
  `update audit_chain set last_hash = ''`,
  'delete from audit_chain',
  `update consents set event = 'confirmed'`,
  'delete from consents',
  'truncate consents',
  'truncate subscribers cascade',
  'truncate deliveries',
  `delete from migrations`,
  `set session_replication_role = replica`,
])('%s is denied', async (statement) => {
  await expect(db.query(statement)).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|42P17)$/) });
});

test('the service does its work with it: an issue, readers that go, the audit log, retention, the queue', async () => {
  await issueFor(db, 3);
  const { id } = await makeNewsletter(db);
  await makeReaders(db, id, 2, { prefix: 'gone' });
  await db.query(
    `insert into consents (subscription_id, event, via, ip) select id, 'confirmed', 'page', '192.0.2.1' from subscriptions`,
  );
  await db.query('update consents set ip = null');
  await db.query(`delete from subscribers where address like 'gone%'`);
  expect(await db.query('select 1 as one from consents')).toHaveLength(3);
  const at = (days: number) => ({ db, now: () => new Date(Date.now() - days * 86_400_000) });
  for (const days of [1200, 1])
    await recordAudit(at(days), { actor: { kind: 'cli', role: 'owner' }, action: 'post.change' });
  expect(await forgetAudit({ ...at(0), retention: readRetention(undefined, wrong) })).toBe(1);
  expect(await verifyAudit(db)).toMatchObject({ ok: true, entries: 1 });
  const queues = openQueues({ queueUrl: undefined, databaseUrl: supplies.config.databaseUrl, log: quiet });
  // False: it took too long, as on a busy machine.
  await waitUntil(() => queues.enqueue('upkeep', { kind: 'sweep' }), 60_000, 'a job in the queue');
  await queues.close();
  await db.query('analyze (skip_locked) deliveries');
});

test('a table of the session cannot stand in for the end of the chain', async () => {
  await db.transaction(async (tx) => {
    await tx.query(
      `create temporary table audit_chain (one boolean, last_id bigint, last_hash bytea) on commit drop`,
    );
    await tx.query(`insert into pg_temp.audit_chain values (true, 90, 'x')`);
    await recordAudit(
      { db: tx, now: () => new Date() },
      { actor: { kind: 'cli', role: 'owner' }, action: 'post.change' },
    );
  });
  expect(await verifyAudit(db)).toMatchObject({ ok: true, entries: 2 });
});

test('a later start finds everything done', async () => {
  const again = await supplied(dataDir);
  expect(await migrateSupplied(again)).toEqual([]);
  expect(again.config.databaseUrl).toBe(supplies.config.databaseUrl);
  await again.stop();
});
