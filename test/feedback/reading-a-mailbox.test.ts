// FEEDBACK_MAILBOX: mails come in once, are moved only after they are stored, and one process reads at a time.
import { readFeedbackMailbox, mailboxName } from '../../src/config/feedback-mailbox.js';
import { hour } from '../../src/durations.js';
import { FolderError, type MailFolder } from '../../src/feedback/mailbox/imap-folder.js';
import { checkMailbox } from '../../src/feedback/mailbox/check-mailbox.js';
import { openMailboxReader, type MailboxReaderDeps } from '../../src/feedback/mailbox/read-mailbox.js';
import { takeFolder } from '../../src/feedback/mailbox/take-folder.js';
import type { Message } from '../../src/languages/messages.js';
import { inEnglish } from '../../src/languages/translate.js';
import { mailboxTrouble } from '../../src/feedback/mailbox/trouble.js';
import { putFeedback, type IncomingFeedback } from '../../src/feedback/put.js';
import { envelopeSender } from '../../src/mail/verp.js';
import { openSecrets } from '../../src/secrets.js';
import { closeAfterTest, useDatabase } from '../support/fixture.js';
import { startDovecot, whyNoDovecot } from '../support/dovecot.js';
import { quiet, rememberingQueue, secretKey } from '../support/newsroom.js';
import { allowSlowTests } from '../support/time-limit.js';
import { waitUntil } from '../support/wait.js';

allowSlowTests();

const database = useDatabase();
const secrets = openSecrets(secretKey);
const ours = envelopeSender(
  secrets.derive('verp'),
  { kind: 'delivery', issueId: '1', subscriberId: '2' },
  'bounces.example.org',
);
const bounce = (more = '') =>
  `Delivered-To: ${ours}\nFrom: MAILER-DAEMON@mx.example.net\nSubject: failure notice\n${more}\nUser unknown.\n`;
const chatter = 'From: ada@example.net\nTo: bounces@example.org\nSubject: Hello\n\nHow are you?\n';

let clock: Date;
beforeEach(async () => {
  clock = new Date();
  await database.db.query('delete from feedback_mailboxes');
  await database.db.query('delete from feedback_inbox');
});

const put = (feedback: IncomingFeedback) =>
  putFeedback({ db: database.db, enqueue: rememberingQueue().enqueue, now: () => clock }, feedback);
const inbox = () =>
  database.db.query<{ source: string; octets: number }>(
    'select source, length(raw) as octets from feedback_inbox order by id',
  );

/** A folder whose server does as the test says. */
function folderOf(mails: readonly string[], uidValidity = 1n) {
  const uids = new Map(mails.map((mail, at) => [at + 1, Buffer.from(mail)]));
  const moved: [number, string][] = [];
  let isFull = false;
  const folder: MailFolder = {
    uidValidity,
    uidsFrom: (first) => Promise.resolve([...uids.keys()].filter((uid) => uid >= first)),
    async *read(wanted) {
      for (const uid of wanted) yield { uid, raw: (await Promise.resolve(uids.get(uid))) ?? Buffer.alloc(0) };
    },
    move(wanted, to) {
      if (isFull) return Promise.reject(new FolderError(new Error('over quota')));
      for (const uid of wanted) if (uids.delete(uid)) moved.push([uid, to]);
      return Promise.resolve();
    },
  };
  return { folder, moved, fill: (full: boolean) => (isFull = full) };
}

const folders = { mailbox: 'test', understood: 'Processed', unknown: 'Unknown' };
const takeDeps = (over: Partial<Parameters<typeof takeFolder>[0]> = {}) => ({
  db: database.db,
  log: quiet,
  secrets,
  put,
  stopping: () => false,
  ...over,
});

test('a mail is moved after it is stored: what is understood, and what is not', async () => {
  const { folder, moved } = folderOf([
    bounce(),
    chatter,
    'To: dmarc@bounces.example.org\nSubject: Report\n\n\n',
  ]);
  const away = takeDeps({ put: () => Promise.reject(new Error('the database is away')) });
  await expect(takeFolder(away, folder, folders, { all: true })).rejects.toThrow('the database is away');
  expect(moved).toEqual([]);
  expect(await takeFolder(takeDeps(), folder, folders, { all: true })).toBe(3);
  expect(moved).toEqual([
    [1, 'Processed'],
    [3, 'Processed'],
    [2, 'Unknown'],
  ]);
  expect(await inbox()).toHaveLength(3);
});

test('a mail that could not be moved is moved later, and is not taken twice', async () => {
  const { folder, moved, fill } = folderOf([bounce(), chatter]);
  fill(true);
  await expect(takeFolder(takeDeps(), folder, folders, { all: true })).rejects.toThrow('over quota');
  // Retention has removed the mails meanwhile. Without the kept UID they would count again.
  await database.db.query('delete from feedback_inbox');
  fill(false);
  expect(await takeFolder(takeDeps(), folder, folders, { all: false })).toBe(0);
  expect(moved).toEqual([]);
  expect(await takeFolder(takeDeps(), folder, folders, { all: true })).toBe(0);
  expect(moved).toHaveLength(2);
  expect(await inbox()).toEqual([]);
});

test('after a new UIDVALIDITY the UIDs begin again, and equal mails are known', async () => {
  const first = folderOf([bounce(), chatter]);
  first.fill(true);
  await expect(takeFolder(takeDeps(), first.folder, folders, { all: true })).rejects.toThrow('over quota');
  const { folder, moved } = folderOf([chatter, bounce(), bounce('X-New: yes\n')], 2n);
  expect(await takeFolder(takeDeps(), folder, folders, { all: false })).toBe(3);
  expect(moved).toHaveLength(3);
  expect(await inbox()).toHaveLength(3);
});

test.each([
  ['ENOTFOUND', {}, /^DNS knows no host imap\.example\.org$/],
  ['ECONNREFUSED', {}, /^nothing listens on imap\.example\.org, port 993$/],
  [
    '',
    { authenticationFailed: true, responseText: 'Denied' },
    /refuses the user bounces or the password: "Denied"/,
  ],
  ['', { mailboxMissing: true }, /^there is no folder INBOX/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', {}, /tlsName/],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', {}, /NODE_EXTRA_CA_CERTS/],
  ['ERR_SSL_WRONG_VERSION_NUMBER', {}, /use imap:\/\//],
])('the trouble %s %j in words', (code, more, words) => {
  const mailbox = readFeedbackMailbox('imaps://bounces:hunter2@imap.example.org');
  const said = inEnglish(mailboxTrouble(mailbox, Object.assign(new Error('raw words'), { code, ...more })));
  expect(said).toMatch(words);
  expect(said).not.toContain('hunter2');
});

test('without TLS only to this machine, or by an option', () => {
  const tlsOf = (url: string) => readFeedbackMailbox(url).tls;
  expect(tlsOf('imap://u:p@imap.example.org')).toBe('required');
  expect(tlsOf('imap://u:p@imap.example.org/?tls=off')).toBe('off');
  expect(tlsOf('imap://u:p@127.0.0.1')).toBe('off');
  expect(tlsOf('imap://u:p@localhost?tls=required')).toBe('required');
  expect(readFeedbackMailbox('imaps://a%40b.org:p%2F@h/Mail%20back?move=Done')).toMatchObject({
    user: 'a@b.org',
    pass: 'p/',
    port: 993,
    folder: 'Mail back',
    move: 'Done',
  });
});

(whyNoDovecot === '' ? describe : describe.skip)(`a mailbox of Dovecot${whyNoDovecot}`, () => {
  test('of two processes one reads, at once and in order, and the other goes on', async () => {
    const dovecot = closeAfterTest(await startDovecot());
    const mailbox = readFeedbackMailbox(dovecot.url);
    const name = mailboxName(mailbox);
    // So long between two looks that only IDLE tells of new mail.
    const pace = { renew: 100, look: hour };
    const reading = (reader: string, over: Partial<MailboxReaderDeps> = {}) =>
      closeAfterTest(
        openMailboxReader(
          {
            db: database.db,
            log: quiet,
            secrets,
            now: () => clock,
            random: () => 0.5,
            put,
            reader,
            pace,
            ...over,
          },
          mailbox,
        ),
      );
    const row = () =>
      database.db.one<{ reader: string | null; problem: Message | null; lookedAt: Date | null }>(
        'select reader, problem, looked_at from feedback_mailboxes where mailbox = $1',
        [name],
      );
    const moved = async () => [
      await dovecot.count('Processed'),
      await dovecot.count('Unknown'),
      await dovecot.count(),
    ];
    const arrive = (processed: number, unknown: number) =>
      waitUntil(async () => (await moved()).join() === [processed, unknown, 0].join(), 60_000, 'moved mails');

    await dovecot.deliver(bounce());
    const one = reading('one');
    await arrive(1, 0);
    reading('two', { put: () => Promise.reject(new Error('two must not read yet')) });
    const three = () => reading('three');
    await dovecot.deliver(chatter);
    await arrive(1, 1);
    await dovecot.deliver(Buffer.from('Subject: half\r\r\0\0=?utf-8?B?'));
    await arrive(1, 2);
    await dovecot.deliver(bounce(`X-Long: yes\n\n${'x'.repeat(60)}\n`.repeat(40_000)));
    await arrive(2, 2);
    // IMAP ends lines with CR LF.
    const sizes = (await inbox()).map(({ source, octets }) => [source, octets]);
    expect(sizes.toSpliced(2, 1)).toEqual([
      ['mailbox', bounce().replaceAll('\n', '\r\n').length],
      ['mailbox', chatter.replaceAll('\n', '\r\n').length],
      ['mailbox', 65_536],
    ]);
    expect(await row()).toMatchObject({ reader: 'one', problem: null });
    expect(await checkMailbox(database.db, mailbox, clock)).toEqual({ ok: true, encrypted: false, mails: 0 });
    clock = new Date(clock.getTime() + 1_000);
    await one.close();
    const hasLooked = async () => {
      const { reader, lookedAt } = await row();
      return reader === 'two' && lookedAt?.getTime() === clock.getTime();
    };
    await waitUntil(hasLooked, 60_000, 'the second reader');
    three();
    // The server is away: told in words, and no process tries before its time.
    await dovecot.stop();
    await waitUntil(
      async () => /closed the connection|nothing listens on 127/.test(inEnglish((await row()).problem ?? '')),
      60_000,
      'problem',
    );
    expect(await checkMailbox(database.db, mailbox, clock)).toMatchObject({ ok: false, cause: 'server' });
    await dovecot.start();
    clock = new Date(clock.getTime() + hour);
    await waitUntil(async () => (await row()).problem === null, 60_000, 'the mailbox');
  });
});
