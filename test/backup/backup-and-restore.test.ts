// `backup` and `restore` as commands: the restored database equals the original, and whatever does not fit is refused
// with a line, and nothing in the database has changed.
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { noteFrame } from '../../src/backup/frames.js';
import { manifestOf } from '../../src/backup/notes.js';
import type { Database } from '../../src/db.js';
import { drawPicture } from '../../src/demo/picture.js';
import { uploadLogo } from '../../src/images/upload-logo.js';
import { openKeys } from '../../src/keys/open-keys.js';
import { updateNewsletter } from '../../src/newsletters/update-newsletter.js';
import { run, type Run } from '../cli/run.js';
import { makeAccount } from '../console/browser-session.js';
import { hasDebianPostgres, startDebianPostgres } from '../support/debian-postgres.js';
import { temporaryFolder, testDatabase, type TestDatabase } from '../support/database.js';
import { baseUrl, issueFor, makeReaders, secretKey } from '../support/newsroom.js';

const passphrase = 'six words by dice are enough';

let from: TestDatabase;
let to: TestDatabase;
let folder: string;
let file: string;
beforeAll(async () => {
  from = await testDatabase();
  folder = await temporaryFolder();
  file = path.join(folder, 'whole.backup');
  const { db } = from;
  await openKeys(db, { secretKey, previousKeys: [] });
  await makeAccount(db, 'owner');
  const { newsletterId } = await issueFor(db, 40, { posts: 3 });
  const logo = await uploadLogo({ db, now: () => new Date(), baseUrl }, drawPicture('dawn'));
  if (!logo.ok) throw new Error(logo.code);
  await updateNewsletter({ db }, { id: newsletterId, patch: { look: { logo: logo.logo } } });
  await makeReaders(db, newsletterId, 5, { prefix: 'tab\\\\t-ünïcödé' });
  await db.query(`insert into audit (actor, action, subject) values ('test', 'backup.test', 'a\tb\nc\\N')`);
  await writeFile(path.join(folder, 'passphrase'), `${passphrase}\n`);
  const { status, stderr } = await backup(['--passphrase-file', path.join(folder, 'passphrase')]);
  if (status !== 0) throw new Error(stderr);
});
beforeEach(async () => {
  to = await testDatabase();
});
afterEach(() => to.close());
afterAll(async () => {
  await from.close();
  await rm(folder, { recursive: true, force: true });
});

const environment = (database: TestDatabase, dataDir: string, more: Record<string, string> = {}) => ({
  DATABASE_URL: database.url,
  DATA_DIR: path.join(folder, dataDir),
  ...more,
});
const backup = (options: string[], name = file): Promise<Run> =>
  run(['backup', name, '--json', ...options], environment(from, 'original', { SECRET_KEY: secretKey }));
const restore = (name: string, more: Record<string, string> = { SECRET_KEY: secretKey }, dataDir = 'new') =>
  run(['restore', name, '--json'], environment(to, dataDir, more));

/** Every row of every table as text. The restored database's place differs on purpose. */
async function contents(db: Database): Promise<Record<string, string[]>> {
  const tables = await db.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
       and relname <> 'migrations' order by 1`,
  );
  const all: Record<string, string[]> = {};
  for (const { name } of tables) {
    const omit = name === 'lifeline' ? `- 'place'` : '';
    const rows = await db.query<{ row: string }>(
      `select ((to_jsonb(t) ${omit}))::text as row from "${name}" t order by 1`,
    );
    all[name] = rows.map(({ row }) => row);
  }
  return all;
}

/** Triggers, constraints and the next value of each identity. */
const structure = (db: Database): Promise<object[]> =>
  db.query(
    `select tgrelid::regclass::text as "table", tgname::text as name, tgenabled::text as state
       from pg_trigger where not tgisinternal
     union all select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
       where connamespace = 'public'::regnamespace
     union all select 'sequence', sequencename, coalesce(last_value, 0)::text from pg_sequences
       where schemaname = 'public'
     order by 1, 2, 3`,
  );

test('the restored database equals the original, and goes on from there', async () => {
  const restored = await restore(file);
  expect(restored).toMatchObject({
    status: 0,
    json: { rows: { subscribers: 45, deliveries: 40, logos: 1, newsletter_logos: 1 } },
  });
  expect(await contents(to.db)).toEqual(await contents(from.db));
  expect(await structure(to.db)).toEqual(await structure(from.db));
  const verified = await run(
    ['audit', 'verify', '--json'],
    environment(to, 'new', { SECRET_KEY: secretKey }),
  );
  expect(verified.status).toBe(0);
  // The counts that triggers keep count once.
  const { id } = await to.db.one<{ id: string }>('select id from newsletters');
  await makeReaders(to.db, id, 1, { prefix: 'later' });
  const counted = await run(
    ['subscribers', 'count', '--json'],
    environment(to, 'new', { SECRET_KEY: secretKey }),
  );
  expect(counted.status).toBe(0);
});

test('the sealed SECRET_KEY comes back into an empty DATA_DIR, and only by its passphrase', async () => {
  const wrong = await restore(file, { BACKUP_PASSPHRASE: 'another passphrase' }, 'sealed');
  expect([wrong.status, wrong.json]).toMatchObject([1, { error: { code: 'wrong-passphrase' } }]);
  const without = await restore(file, {}, 'sealed');
  expect(without).toMatchObject({ status: 1, json: { error: { code: 'other-key' } } });
  expect(without.stdout).toMatch(/fingerprint [0-9a-f]{12}: set it, or give the passphrase/);
  expect(await restore(file, { BACKUP_PASSPHRASE: passphrase }, 'sealed')).toMatchObject({
    status: 0,
    json: { keys: true },
  });
  expect(await readFile(path.join(folder, 'sealed', 'secret-key'), 'utf8')).toBe(`${secretKey}\n`);
  expect(await run(['keys', '--json'], environment(to, 'sealed'))).toMatchObject({ status: 0 });
});

test('another SECRET_KEY is refused before anything is restored', async () => {
  const other = 'another key that is long enough for this test';
  const refused = await restore(file, { SECRET_KEY: other, BACKUP_PASSPHRASE: passphrase });
  expect(refused).toMatchObject({ status: 1, json: { error: { code: 'other-key' } } });
  expect(await to.db.query('select id from accounts')).toEqual([]);
});

test('a database that somebody uses, or that workers use, is left alone', async () => {
  await makeAccount(to.db, 'owner');
  const before = await contents(to.db);
  expect(await restore(file)).toMatchObject({ status: 1, json: { error: { code: 'database-in-use' } } });
  expect(await contents(to.db)).toEqual(before);
  const { db } = to;
  await db.query('delete from accounts');
  await db.query(`insert into delivery_workers (host, pid) values ('here', 1)`);
  expect(await restore(file)).toMatchObject({ status: 1, json: { error: { code: 'workers-run' } } });
});

const damages: Record<string, (whole: Buffer) => Buffer> = {
  'cut in the middle': (whole) => whole.subarray(0, whole.length / 2),
  'cut behind its last table': (whole) => gzipSync(gunzipSync(whole).subarray(0, -40)),
  'with one other octet': (whole) => {
    const damaged = Buffer.from(whole);
    damaged[Math.floor(whole.length / 2)] = (damaged[Math.floor(whole.length / 2)] ?? 0) ^ 0xff;
    return damaged;
  },
  'whose checksum alone is wrong': (whole) => {
    const damaged = Buffer.from(whole);
    damaged[whole.length - 8] = (damaged[whole.length - 8] ?? 0) ^ 0xff;
    return damaged;
  },
  'that goes on after its end': (whole) => gzipSync(Buffer.concat([gunzipSync(whole), noteFrame({})])),
  'that is empty': () => Buffer.alloc(0),
  'that is a text': () => Buffer.from('subscribers,email\n'),
  'of another program': () => gzipSync(Buffer.from('hello, this is no backup')),
};

test.each(Object.keys(damages))('a backup %s is refused by a line, and restores nothing', async (kind) => {
  const damaged = path.join(folder, 'damaged.backup');
  await writeFile(damaged, damages[kind]?.(await readFile(file)) ?? '');
  const before = await contents(to.db);
  const refused = await restore(damaged);
  expect(refused).toMatchObject({ status: 1, json: { error: { code: 'damaged-backup' } } });
  expect(refused.stderr + refused.stdout).not.toContain('    at ');
  expect(await contents(to.db)).toEqual(before);
  expect(await structure(to.db)).toEqual(expect.arrayContaining([expect.objectContaining({ state: 'O' })]));
  expect((await run(['restore', damaged, '--check', '--json'], environment(to, 'new'))).status).toBe(1);
});

test('a backup of a newer version, with an unknown column, or with strange values names what does not fit', async () => {
  const newer = path.join(folder, 'newer.backup');
  const manifest = {
    createdAt: new Date().toISOString(),
    migrations: ['001-schema.sql', '999-later.sql'],
    fingerprint: null,
    sealedKeys: null,
    sequences: [],
  };
  await writeFile(newer, gzipSync(noteFrame(manifestOf(manifest))));
  const later = await restore(newer);
  expect(later).toMatchObject({ status: 1, json: { error: { code: 'newer-backup' } } });
  expect(later.stdout).toContain('999-later.sql');
  const strange = gzipSync(
    Buffer.concat([
      noteFrame(manifestOf({ ...manifest, migrations: ['001-schema.sql'] })),
      noteFrame({ table: 'accounts', columns: ['id', 'shoe_size'] }),
      noteFrame({ end: true, rows: {} }),
    ]),
  );
  await writeFile(newer, strange);
  const unfit = await restore(newer);
  expect(unfit).toMatchObject({ status: 1, json: { error: { code: 'damaged-backup' } } });
  expect(unfit.stdout).toContain('no column shoe_size in accounts');

  const rows = gunzipSync(await readFile(file));
  const at = rows.indexOf('"table":"accounts"');
  const data = at + rows.subarray(at).indexOf('}D') + '}D'.length + 4;
  await writeFile(newer, gzipSync(rows.fill('\n', data, data + 4)));
  const before = await contents(to.db);
  const refused = await restore(newer);
  expect(refused).toMatchObject({ status: 1, json: { error: { code: 'damaged-backup' } } });
  expect(refused.stdout).toContain('does not fit into the database: invalid input syntax');
  expect(await contents(to.db)).toEqual(before);
});

test('a file is never overwritten, and `restore --check` reads a sound one', async () => {
  expect((await backup([])).status).toBe(2);
  const checked = await run(['restore', file, '--check', '--json'], environment(to, 'new'));
  expect(checked).toMatchObject({ status: 0, json: { keys: true, rows: { subscribers: 45 } } });
  expect(await to.db.query('select id from accounts')).toEqual([]);
});

const why = hasDebianPostgres ? '' : ' (postgresql is not installed)';
(hasDebianPostgres ? describe : describe.skip)(`the embedded database${why}`, () => {
  test('is restored on another version of PostgreSQL, and in another DATA_DIR', async () => {
    const embedded = (dataDir: string) => ({
      DATA_DIR: path.join(folder, dataDir),
      BACKUP_PASSPHRASE: passphrase,
    });
    const server = await startDebianPostgres();
    try {
      const created = await run(
        ['account', 'create', '--email', 'owner@example.org', '--password-stdin', '--json'],
        embedded('embedded'),
        'a good long password\n',
      );
      expect(created.status).toBe(0);
      const moved = path.join(folder, 'embedded.backup');
      expect((await run(['backup', moved, '--json'], embedded('embedded'))).status).toBe(0);
      for (const target of [{ ...embedded('debian'), DATABASE_URL: server.url }, embedded('second')]) {
        expect(await run(['restore', moved, '--json'], target)).toMatchObject({
          status: 0,
          json: { keys: true },
        });
        const accounts = await run(['account', 'list', '--json'], target);
        expect(accounts).toMatchObject({ status: 0, json: { data: [{ email: 'owner@example.org' }] } });
      }
    } finally {
      await server.close();
    }
  });
});
