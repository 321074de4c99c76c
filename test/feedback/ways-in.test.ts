// How mail that comes back gets in: by SMTP, by LMTP and by the command.
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { listenForFeedback, type ListenOptions } from '../../src/feedback/listen.js';
import { putFeedback, type IncomingFeedback } from '../../src/feedback/put.js';
import { envelopeSender } from '../../src/mail/verp.js';
import { openSecrets } from '../../src/secrets.js';
import { run } from '../cli/run.js';
import { temporaryFolder } from '../support/database.js';
import { closeAfterTest, useDatabase } from '../support/fixture.js';
import { quiet, rememberingQueue, secretKey } from '../support/newsroom.js';
import { talk } from './talk.js';

const database = useDatabase();
const verpKeys = openSecrets(secretKey).derive('verp');
const ours = envelopeSender(
  verpKeys,
  { kind: 'delivery', issueId: '1', subscriberId: '2' },
  'bounces.example.org',
);

async function listening(
  options: Partial<ListenOptions> = {},
  put: (feedback: IncomingFeedback) => Promise<unknown> = (feedback) =>
    putFeedback({ db: database.db, enqueue: rememberingQueue().enqueue, now: () => new Date() }, feedback),
) {
  const listener = await listenForFeedback(
    { log: quiet, verpKeys, put },
    { protocol: 'smtp', host: '127.0.0.1', port: 0, ...options },
  );
  return closeAfterTest(listener);
}

const inbox = () =>
  database.db.query<{ source: string; recipient: string | null }>(
    'select source, recipient from feedback_inbox order by id',
  );

afterEach(async () => {
  await database.db.query('delete from feedback_inbox');
});

test('the listener takes mail to our tokens and roles alone, and says 250 after the commit', async () => {
  const { port } = await listening();
  const replies = await talk(port, [
    'EHLO mx.example.net',
    'MAIL FROM:<>',
    'RCPT TO:<ada@bounces.example.org>',
    `RCPT TO:<${ours.replace(/.(?=@)/, (last) => (last === '0' ? '1' : '0'))}>`,
    `RCPT TO:<${ours.toUpperCase()}>`,
    'RCPT TO:<fbl@bounces.example.org>',
    'DATA',
    'Subject: failure notice\r\n\r\nIt failed.\r\n.',
  ]);
  expect(replies.map((line) => line.slice(0, 9))).toEqual([
    expect.stringMatching(/^220/),
    expect.stringMatching(/^250/),
    expect.stringMatching(/^250/),
    '550 5.1.1',
    '550 5.1.1',
    expect.stringMatching(/^250/),
    expect.stringMatching(/^250/),
    expect.stringMatching(/^354/),
    expect.stringMatching(/^250/),
  ]);
  expect(await inbox()).toMatchObject([
    { source: 'listener', recipient: expect.stringMatching(/^bounces\+/i) },
    { source: 'listener', recipient: 'fbl@bounces.example.org' },
  ]);
});

test('without the database the sender keeps the mail, also by LMTP, which answers for each recipient', async () => {
  let isAway = true;
  const { port } = await listening({ protocol: 'lmtp' }, () =>
    isAway ? Promise.reject(new Error('the database is away')) : Promise.resolve(),
  );
  const mail = [
    'LHLO mx.example.net',
    'MAIL FROM:<>',
    `RCPT TO:<${ours}>`,
    'DATA',
    'Subject: x\r\n\r\nx\r\n.',
  ];
  expect((await talk(port, mail)).at(-1)).toMatch(/^451 /);
  isAway = false;
  expect((await talk(port, mail)).at(-1)).toMatch(/^250 /);
});

test('a caller that tries many addresses, or sends too much, is cut off', async () => {
  const { port } = await listening();
  const tries = Array.from({ length: 12 }, (_, at) => `RCPT TO:<ada${at}@bounces.example.org>`);
  const replies = await talk(port, ['EHLO x.example', 'MAIL FROM:<>', ...tries]);
  expect(replies.filter((line) => line.startsWith('550'))).toHaveLength(10);
  expect(replies.at(-1)).toMatch(/^421/);
  const large = await talk(port, ['EHLO x.example', 'MAIL FROM:<> SIZE=2000000']);
  expect(large.at(-1)).toMatch(/^552/);
  const to = ['EHLO x.example', 'MAIL FROM:<>', `RCPT TO:<${ours}>`, 'DATA'];
  expect((await talk(port, [...to, `${'y'.repeat(2_000_000)}\r\n.`])).at(-1)).toMatch(/^552/);
  // The connection ends before the final dot.
  await talk(port, to);
  expect(await inbox()).toEqual([]);
  for (const odd of [
    'Subject: \0\0x\r\n\r\n\0',
    'Subject: x\r\rb\r',
    'Subject: x\n\nb\n.\nQUIT',
    `X: ${'y'.repeat(1_000_000)}`,
  ])
    expect((await talk(port, [...to, `${odd}\r\n.`])).at(-1)).toMatch(/^250/);
  expect(await inbox()).toHaveLength(4);
});

test('feedback take: exit 0 once stored, 75 if it cannot be, each mail once', async () => {
  const folder = await temporaryFolder();
  closeAfterTest({ close: () => rm(folder, { recursive: true, force: true }) });
  const maildir = path.join(folder, 'mail');
  await mkdir(path.join(maildir, 'new'), { recursive: true });
  const env = {
    DATABASE_URL: database.url,
    DATA_DIR: folder,
    SECRET_KEY: secretKey,
    SMTP_URL: 'smtp://127.0.0.1:9',
  };
  const mail = `Delivered-To: ${ours}\nSubject: failure notice\n\nIt failed.\n`;
  await writeFile(path.join(maildir, 'new', '1.host'), mail);
  await writeFile(path.join(maildir, 'new', '2.host:2,'), `${mail}more\n`);
  await writeFile(path.join(maildir, 'new', '3.host'), Buffer.alloc(10_000_000, 'x\n\0'));
  const first = await run(['feedback', 'take', '--recipient', ours, '--json'], env, mail);
  expect([first.status, first.json]).toEqual([0, { taken: 1, known: 0 }]);
  const again = await run(['feedback', 'take', '--recipient', ours, '--json'], env, mail);
  expect([again.status, again.json]).toEqual([0, { taken: 0, known: 1 }]);
  const all = await run(['feedback', 'take', '--maildir', maildir, '--json'], env);
  expect([all.status, all.json]).toEqual([0, { taken: 3, known: 0 }]);
  expect(await readdir(path.join(maildir, 'cur'))).toEqual(['1.host:2,S', '2.host:2,S', '3.host:2,S']);
  const away = await run(
    ['feedback', 'take'],
    { ...env, DATABASE_URL: 'postgres://x@127.0.0.1:1/none' },
    mail,
  );
  expect([away.status, away.stderr]).toEqual([75, expect.stringMatching(/try again later/)]);
  expect(await inbox()).toHaveLength(4);
});
