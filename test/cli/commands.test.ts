// Runs the commands as a script calls them: each in its own process, on the database of a running start.
import { createServer, type Server } from 'node:http';
import { readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { packageRoot } from '../../src/config/environment.js';
import { holdDataDir } from '../../src/embedded/hold.js';
import { verpSender } from '../../src/mail/verp.js';
import { openSecrets } from '../../src/secrets.js';
import { report } from '../feedback/sample-mail.js';
import { temporaryFolder } from '../support/database.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import { secretKey } from '../support/newsroom.js';
import { startSink, type Sink } from '../support/smtp-sink.js';
import { run, type Run } from './run.js';

const database = useDatabase();
let folder: string;
let hold: ReturnType<typeof holdDataDir>;
let sink: Sink;
let site: Server;

beforeAll(async () => {
  folder = await temporaryFolder();
  // Another test run deletes a folder without a lock.
  hold = holdDataDir(folder);
  sink = await startSink();
  site = createServer((_req, res) =>
    res.setHeader('content-type', 'application/rss+xml').end(
      `<rss version="2.0"><channel><title>S</title><link>https://s.example/</link><description>d</description>
       <item><title>A post</title><link>https://s.example/1</link><guid>1</guid>
       <pubDate>${new Date().toUTCString()}</pubDate></item></channel></rss>`,
    ),
  ).listen(0, '127.0.0.1');
  await new Promise((resolve) => site.once('listening', resolve));
});
closeAfterAll(async () => {
  site.close();
  await sink.close();
  hold.release();
  await rm(folder, { recursive: true, force: true });
});

const digest = (args: string[], env: Record<string, string> = {}, input = ''): Promise<Run> =>
  run(
    args,
    {
      DATABASE_URL: database.url,
      DATA_DIR: folder,
      SECRET_KEY: secretKey,
      SMTP_URL: sink.url,
      ALLOW_PRIVATE_FEEDS: '127.0.0.1',
      ...env,
    },
    input,
  );

describe('usage', () => {
  test.each([
    [['--help'], 0, /issue send/],
    [['issue', 'send', '--help'], 0, /--dry-run/],
    [['api-key', 'create', '--help'], 0, /owner\|editor\|viewer/],
  ])('%j explains itself', async (args, status, words) => {
    const ran = await digest(args);
    expect(ran.status).toBe(status);
    expect(ran.stdout).toMatch(words);
  });

  test.each([
    [[], /Usage/],
    [['nonsense'], /Unknown command "nonsense"\. Commands: start, demo, /],
    [['nonsense', '--help'], /Unknown command "nonsense"/],
    [['issue'], /Unknown command "issue"\. Commands: issue list, issue preview, /],
    [['newsletter', 'edit'], /Unknown command "newsletter edit"\. Commands: newsletter create, /],
    [['newsletter', 'edit', '--name', 'N'], /Unknown command "newsletter edit"/],
    [['issue', 'send', '--nope'], /'--nope'/],
    [
      ['issue', 'list', '--limit', 'x'],
      /--limit <N>' argument 'x' is invalid\. It must be a whole number from 1 to 200/,
    ],
    [['issue', 'list', '--limit', '201'], /from 1 to 200/],
    [['api-key', 'create'], /Required option '--name <NAME>' not specified/],
    [['api-key', 'create', '--name', ''], /--name needs a value/],
    [
      ['api-key', 'create', '--name', 'n', '--role', 'king'],
      /'king' is invalid\. Allowed choices are owner, editor, viewer/,
    ],
    [['feed', 'add'], /Missing required argument 'url'/],
    [['feed', 'add', 'a', 'b'], /Too many arguments/],
    [['subscribers', 'import'], /Give a FILE/],
    [['subscribers', 'import', 'readers.csv', '--basis', ' '], /--basis is empty/],
    [['newsletter', 'create', '--name', 'N', '--from-address', 'x'], /--from-address: must be an e-mail/],
    [
      ['newsletter', 'create', '--name', 'N', '--from-address', 'a@b.example', '--send-time', '7'],
      /--send-time/,
    ],
    [['newsletter', 'form', '--fields', '{'], /--fields needs a JSON list/],
    [['newsletter', 'form', '--fields', '[{"name":"1"}]'], /--fields \(0/],
    [
      ['newsletter', 'form', '--confirm', 'never'],
      /'never' is invalid\. Allowed choices are double, imported-only/,
    ],
    [
      ['newsletter', 'archive', '--for', 'friends'],
      /'friends' is invalid\. Allowed choices are public, subscribers, none/,
    ],
    [['account', 'create', '--email', 'a@b.example', '--password', 'short'], /10 to 256/],
    [['start', '--web', '--workers'], /'--web' cannot be used with option '--workers'/],
  ])('%j is wrong usage: status 2, and stderr says why', async (args, words) => {
    const ran = await digest(args);
    expect([ran.status, ran.stdout]).toEqual([2, '']);
    expect(ran.stderr).toMatch(words);
  });

  test('with --json anywhere, wrong usage prints one JSON document', async () => {
    for (const args of [
      ['newsletter', 'edit', '--json'],
      ['--json', 'issue', 'send', '--nope'],
      ['feed', 'add', '--json'],
    ]) {
      const ran = await digest(args);
      expect([ran.status, ran.json]).toEqual([
        2,
        { error: { code: 'wrong-usage', detail: expect.stringMatching(/^[A-Z].*/) } },
      ]);
    }
  });

  test('--version prints the version of the package', async () => {
    const { version } = JSON.parse(await readFile(new URL('package.json', packageRoot), 'utf8')) as {
      version: string;
    };
    const ran = await digest(['--version']);
    expect([ran.status, ran.stdout]).toEqual([0, `${version}\n`]);
  });

  test('a wrong variable is one line that names it', async () => {
    const ran = await digest(['issue', 'list'], { PORT: 'many' });
    expect([ran.status, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr).toMatch(/^daily-digest: PORT is "many", but must be [^\n]*\n$/);
  });

  test('a database that is away is one line, and one document with --json', async () => {
    const ran = await digest(['issue', 'list', '--json'], {
      DATABASE_URL: 'postgres://x:secret@127.0.0.1:1/x',
    });
    expect(ran.status).toBe(1);
    expect(ran.json['error']).toMatchObject({ code: 'unavailable' });
    expect(ran.stderr).not.toMatch(/secret|\n.*\n/);
  });
});

test('from nothing to a digest in every inbox, by commands alone', async () => {
  const key = await digest(['api-key', 'create', '--name', 'script', '--role', 'viewer', '--json']);
  expect(key.json).toMatchObject({ apiKey: expect.stringMatching(/^dd_[\w-]{43}$/), role: 'viewer' });

  const account = await digest(
    ['account', 'create', '--email', 'me@example.org', '--password-stdin', '--json'],
    {},
    'correct horse\n',
  );
  expect(account.json).toMatchObject({ email: 'me@example.org', role: 'owner' });
  expect(account.json['password']).toBeUndefined();
  const twice = await digest(['account', 'create', '--email', 'ME@example.org', '--json']);
  expect([twice.status, twice.json['error']]).toEqual([1, expect.objectContaining({ code: 'email-taken' })]);
  const renewed = await digest(['account', 'password', 'ME@example.org', '--json']);
  expect(renewed.json).toMatchObject({
    email: 'me@example.org',
    password: expect.stringMatching(/^[\w-]{16}$/),
  });
  const removed = await digest(['account', 'remove', 'me@example.org', '--json']);
  expect([removed.status, removed.json['error']]).toEqual([
    1,
    expect.objectContaining({ code: 'last-owner' }),
  ]);
  const accounts = await digest(['account', 'list', '--json']);
  expect(accounts.json).toMatchObject({
    data: [{ email: 'me@example.org', role: 'owner', hasJoined: true }],
  });

  expect((await digest(['issue', 'send'])).stderr).toMatch(/There is no newsletter yet\./);
  const made = await digest([
    ...'newsletter create --name Commands --from-address digest@example.org --json'.split(' '),
    ...'--timezone Europe/Berlin --weekdays 1,3,5 --postal-address Street'.split(' '),
  ]);
  expect(made.json).toMatchObject({ slug: 'commands', schedule: { weekdays: [1, 3, 5] } });

  const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}/feed.xml`;
  const feed = await digest(['feed', 'add', url, '--json']);
  expect(feed.json).toMatchObject({ poll: { status: 'polled', created: 1 } });
  const polled = await digest(['feed', 'poll', '--json']);
  expect(polled.json).toMatchObject({ data: [{ status: 'polled', created: 0 }] });

  const file = path.join(folder, 'readers.csv');
  await writeFile(
    file,
    'email,name,status\na@readers.example.org,Ann,active\nb@readers.example.org,Bo,active\nbad,,active\n',
  );
  const dry = await digest(['subscribers', 'import', file, '--dry-run', '--json']);
  expect(dry.json).toMatchObject({ state: 'finished', rows: 3, dryRun: true });
  const { id: dryRunId } = dry.json as { id: string };
  const imported = await digest(['subscribers', 'import', '--run', dryRunId, '--basis', 'paper', '--json']);
  expect(imported.json).toMatchObject({ state: 'finished', rows: 3, created: 2, errors: [{ line: 4 }] });
  expect(imported.stderr).toMatch(/Importing 3\/3/);
  expect(imported.stderr).not.toContain('█');
  const exported = await digest(['subscribers', 'export']);
  expect(exported.stdout.split('\r\n')).toEqual([
    expect.stringMatching(/^email,name,status/),
    expect.stringMatching(/^a@readers.example.org,Ann,active/),
    expect.stringMatching(/^b@readers.example.org,Bo,active/),
    '',
  ]);

  const dryRun = await digest(['issue', 'send', '--dry-run', '--json']);
  expect(dryRun.json).toMatchObject({ status: 'would-send', readers: 2 });
  expect((await digest(['issue', 'preview'])).stdout).toMatch(/^Subject: A post/);
  expect((await digest(['issue', 'list', '--json'])).json).toEqual({ data: [] });

  // No worker runs, so the command starts one itself.
  const sent = await digest(['issue', 'send', '--wait', '--json']);
  expect(sent.stderr).toMatch(/No worker is running/);
  expect(sent.json).toMatchObject({ status: 'finished', counts: { candidates: 2, accepted: 2 } });
  expect(sent.status).toBe(0);
  // The account was mailed about its new password, too.
  const mailed = sink.messages.flatMap(({ to }) => to).filter((to) => to !== 'me@example.org');
  expect(mailed.toSorted()).toEqual(['a@readers.example.org', 'b@readers.example.org']);
  const again = await digest(['issue', 'send', '--json']);
  expect([again.status, again.json]).toEqual([0, { status: 'skipped', reason: 'nothing-new' }]);

  const listed = await digest(['issue', 'list', '--newsletter', 'commands']);
  expect(listed.stdout).toMatch(/finished\s+2\/2\s+A post/);
});

test('a look is seen in a file before it is used, and a mail is checked before it goes out', async () => {
  const file = path.join(folder, 'mail.html');
  const look = ['newsletter', 'look', '--brand-colour', '#2c6e49', '--preview', file, '--json'];
  const seen = await digest(look);
  expect(seen.status).toBe(0);
  expect(JSON.parse(seen.stdout)).toMatchObject({ file, dropped: { excerpts: 0, images: 0, posts: 0 } });
  const html = await readFile(file, 'utf8');
  expect(html).toContain('#2c6e49');
  expect(html).toContain('A post');
  expect((await digest(['newsletter', 'look'])).stdout).not.toContain('#2c6e49');

  const mjml = new URL('templates/email/digest-letter.mjml.hbs', packageRoot).pathname;
  expect((await digest(['template', 'check', mjml, '--preview', file])).status).toBe(0);
  expect(await readFile(file, 'utf8')).not.toBe(html);
  await writeFile(path.join(folder, 'bad.mjml'), '<mjml><mj-body></mj-body></mjml>');
  const refused = await digest(['template', 'check', path.join(folder, 'bad.mjml'), '--preview', file]);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toMatch(/unsubscribe/);

  const { data } = JSON.parse((await digest(['issue', 'list', '--json'])).stdout) as {
    data: { id: string }[];
  };
  const checked = await digest(['issue', 'check', data[0]?.id ?? '', '--json']);
  const { mailSize, linkReport } = JSON.parse(checked.stdout) as {
    mailSize: { bytes: number };
    linkReport: { silent: { url: string }[] };
  };
  expect(mailSize.bytes).toBeGreaterThan(1_000);
  // The post's address does not exist.
  expect(linkReport.silent.map(({ url }) => url)).toContain('https://s.example/1');
  expect(checked.status).toBe(1);
});

test('doctor names missing settings, and exits with an error status', async () => {
  const healthy = await digest(['doctor', '--json'], { BASE_URL: 'https://digest.example.org' });
  const { checks } = healthy.json as { checks: { check: string; result: string }[] };
  // What DNS says of example.org depends on this machine.
  const failed = checks.filter(({ result }) => result === 'fail').map(({ check }) => check);
  expect(failed.filter((check) => check !== 'mail of example.org')).toEqual([]);
  expect(healthy.json).toMatchObject({ ok: failed.length === 0 });
  expect(healthy.status).toBe(failed.length === 0 ? 0 : 1);
  expect(healthy.stdout).toContain('"check":"relay","result":"ok"');
  const sick = await digest(['doctor'], {
    SMTP_URL: 'smtp://127.0.0.1:1',
    BASE_URL: 'http://digest.example.org',
  });
  expect(sick.status).toBe(1);
  expect(sick.stdout).toMatch(/✗ relay: 127\.0\.0\.1:1: /);
  expect(sick.stdout).toMatch(/✗ BASE_URL: .*needs https/);
});

test('the form is shown and changed', async () => {
  const fields = [
    { name: 'city', label: 'Your city', type: 'text' },
    { name: 'adult', label: 'I am over 18', type: 'checkbox', required: true },
  ];
  const file = path.join(folder, 'fields.json');
  await writeFile(file, JSON.stringify(fields));
  const from = ['--from-address', 'digest@form.example', '--slug', 'form', '--json'];
  expect((await digest(['newsletter', 'create', '--name', 'Form', ...from])).status).toBe(0);
  const form = ['newsletter', 'form', '--newsletter', 'form'];
  const changed = await digest([...form, '--fields', `@${file}`, '--topics', 'A, B', '--json']);
  expect(changed.json).toMatchObject({ topics: ['A', 'B'], confirm: 'double', customFields: fields });
  const shown = await digest(form);
  expect(shown.stdout).toMatch(
    /topics\s+A, B[\s\S]*city\s+text\s+Your city\s+at most 200[\s\S]*adult\s+checkbox\s+required/,
  );
  const cleared = await digest([
    ...form,
    '--fields',
    '[]',
    '--topics',
    '',
    '--confirm',
    'imported-only',
    '--challenge',
    'always',
    '--json',
  ]);
  expect(cleared.json).toMatchObject({
    topics: [],
    confirm: 'imported-only',
    challenge: 'always',
    customFields: [],
  });
  const asBefore = await digest([...form, '--challenge', 'default', '--json']);
  expect(asBefore.json).toMatchObject({ challenge: null, confirm: 'imported-only' });
  const archive = ['newsletter', 'archive', '--newsletter', 'form'];
  expect((await digest([...archive, '--json'])).json).toEqual({ archive: 'public' });
  expect((await digest([...archive, '--for', 'subscribers'])).stdout).toContain(
    'Only subscribers can read the issues of Form on the web, by the link in each mail.',
  );
  expect((await digest([...archive, '--json'])).json).toEqual({ archive: 'subscribers' });
});

test('feedback read: a line for each mail, with its delivery, and nothing is changed', async () => {
  const keys = openSecrets(secretKey).derive('verp');
  const sender = verpSender(keys, { issueId: '12', subscriberId: '345' }, 'bounces.example.org');
  const bounce = path.join(folder, 'bounce.eml');
  const letter = path.join(folder, 'letter.eml');
  await writeFile(
    bounce,
    report('x', 'Final-Recipient: rfc822; ada@example.net\nAction: failed\nStatus: 5.1.1').replace(
      /^/,
      `Delivered-To: ${sender}\n`,
    ),
  );
  await writeFile(letter, 'From: ada@example.net\nSubject: thanks\n\nA letter.\n');
  // DATABASE_URL leads nowhere: the command needs no database.
  const ran = await digest(['feedback', 'read', bounce, letter, '--json'], {
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
  });
  expect(ran.status).toBe(0);
  expect(
    ran.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([
    {
      file: bounce,
      kind: 'hard',
      recipients: [{ address: 'ada@example.net', kind: 'hard', status: '5.1.1', code: null }],
      delivery: '12-345',
    },
    { file: letter, kind: 'none', recipients: [], delivery: null },
  ]);
  const missing = await digest(['feedback', 'read', path.join(folder, 'missing.eml')]);
  expect([missing.status, missing.stderr]).toEqual([1, expect.stringMatching(/cannot be read: ENOENT/)]);
});
