// Postfix as Debian ships it takes an issue, bounces some of it later, and returns it: to our listener, to a mailbox of
// Dovecot that we read, and to a Maildir that the command takes.
import { mkdir, readdir, readFile, rm, chown } from 'node:fs/promises';
import path from 'node:path';
import { readFeedbackMailbox } from '../../src/config/feedback-mailbox.js';
import { createVariantCache } from '../../src/delivery/variant-cache.js';
import { openLinks } from '../../src/delivery/message.js';
import { sumsAgree } from '../../src/delivery/counts.js';
import { hour } from '../../src/durations.js';
import { listenForFeedback } from '../../src/feedback/listen.js';
import { openMailboxReader } from '../../src/feedback/mailbox/read-mailbox.js';
import { eventsOf } from '../../src/feedback/events.js';
import { putFeedback, type IncomingFeedback } from '../../src/feedback/put.js';
import { takeMails } from '../../src/feedback/take-mails.js';
import { getIssueProgress } from '../../src/reports/progress.js';
import { openSecrets } from '../../src/secrets.js';
import { run } from '../cli/run.js';
import { makeAccount, visitor } from '../console/browser-session.js';
import { temporaryFolder } from '../support/database.js';
import { startDovecot, whyNoDovecot, type TestMailbox } from '../support/dovecot.js';
import { closeAfterAll, useApp, useDatabase, useWorkers } from '../support/fixture.js';
import {
  assembleDeps,
  baseUrl,
  fanOutNext,
  issueFor,
  makePosts,
  quiet,
  rememberingQueue,
  secretKey,
  sendAll,
} from '../support/newsroom.js';
import { startPostfix, whyNoPostfix, type TestPostfix } from '../support/postfix.js';
import { allowSlowTests } from '../support/time-limit.js';
import { waitUntil } from '../support/wait.js';
import { talk } from './talk.js';

allowSlowTests();

const why = whyNoPostfix || whyNoDovecot;
(why === '' ? describe : describe.skip)(`a real Postfix${why}`, () => {
  const database = useDatabase();
  const app = useApp(database);
  const workers = useWorkers(database);
  const secrets = openSecrets(secretKey);
  const links = openLinks(secrets, baseUrl, undefined, true);
  const now = () => new Date();
  const put = (feedback: IncomingFeedback) =>
    putFeedback({ db: database.db, enqueue: rememberingQueue().enqueue, now }, feedback);
  const take = () => takeMails({ db: database.db, log: quiet, now, secrets, stopping: () => false });

  let postfix: TestPostfix;
  let dovecot: TestMailbox;
  let folder: string;
  const maildir = (name: string): string => path.join(folder, name);

  beforeAll(async () => {
    folder = await temporaryFolder();
    await chown(folder, 65_534, 65_534);
    const listener = await listenForFeedback(
      { log: quiet, verpKeys: secrets.derive('verp'), put },
      { protocol: 'smtp', host: '127.0.0.1', port: 0 },
    );
    closeAfter(() => listener.close());
    dovecot = await startDovecot();
    closeAfter(() => dovecot.close());
    postfix = await startPostfix({
      transports: {
        'unknown.test': 'error:5.1.1 User unknown in local recipient table',
        'full.test': 'error:5.2.2 The mailbox is full',
        'later.test': 'retry:4.2.0 Greylisted, please try again later',
        'listener.example': `smtp:[127.0.0.1]:${listener.port}`,
      },
      maildirs: {
        'mailbox.example': dovecot.maildir,
        'command.example': maildir('command'),
        'good.test': maildir('good'),
      },
    });
    closeAfter(() => postfix.close());
  });

  const closers: (() => Promise<void>)[] = [];
  const closeAfter = (close: () => Promise<void>): void => void closers.push(close);
  closeAfterAll(async () => {
    for (const close of closers.toReversed()) await close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Sends an issue whose mail comes back to this domain. */
  async function sentIssue(bounceDomain: string, readers: Record<string, number>) {
    const issue = await issueFor(database.db, readers, {
      from: { name: 'Harbour', address: `digest@${bounceDomain}` },
    });
    const worker = await workers(postfix.url);
    await sendAll(
      { ...worker, links, variants: createVariantCache({ db: database.db, links }) },
      issue.issueId,
    );
    await worker.progress.flush();
    return issue;
  }

  const readersOf = (issueId: string) =>
    database.db.query<{ id: string; domain: string; state: string; suppressed: string | null }>(
      `select r.id, r.domain, d.state, u.reason as suppressed from deliveries d join subscribers r on r.id = d.subscriber_id
       left join suppressions u using (address_hash) where d.issue_id = $1 order by r.domain`,
      [issueId],
    );

  /** Waits for the events of the issue, and takes what is in the inbox meanwhile. */
  const cameBack = (issueId: string, events: number) =>
    waitUntil(
      async () => {
        await take();
        const { count } = await database.db.one<{ count: number }>(
          'select count(*)::int as count from feedback_events where issue_id = $1',
          [issueId],
        );
        return count >= events;
      },
      120_000,
      'returned mail',
    ).catch(async (error: unknown) => {
      throw new Error(`${String(error)}\n${await postfix.log()}`);
    });

  async function countsOf(issueId: string) {
    const progress = await getIssueProgress(database.db, issueId);
    if (progress === undefined) throw new Error('no issue');
    const { accepted, bounced, refused } = progress.counts;
    return { accepted, bounced, refused, agree: sumsAgree(progress.counts) };
  }

  async function nextIssueNames(newsletterId: string): Promise<string[]> {
    await makePosts(database.db, newsletterId, 1);
    const issueId = await fanOutNext(assembleDeps(database.db), newsletterId);
    return (await readersOf(issueId)).map(({ domain }) => domain);
  }

  test('what it returns to our listener: unknown, full and delayed each have their effect', async () => {
    const readers = { 'good.test': 1, 'unknown.test': 1, 'full.test': 1, 'later.test': 1 };
    const { issueId, newsletterId } = await sentIssue('listener.example', readers);
    expect(await countsOf(issueId)).toEqual({ accepted: 4, bounced: 0, refused: 0, agree: true });
    await cameBack(issueId, 3);
    expect(await countsOf(issueId)).toEqual({ accepted: 2, bounced: 2, refused: 0, agree: true });
    const rows = await readersOf(issueId);
    expect(rows.map(({ domain, state, suppressed }) => [domain, state, suppressed])).toEqual([
      ['full.test', 'bounced', null],
      ['good.test', 'accepted', null],
      ['later.test', 'accepted', null],
      ['unknown.test', 'bounced', 'bounce'],
    ]);
    const about = async (domain: string) =>
      eventsOf(database.db, rows.find((row) => row.domain === domain)?.id ?? '');
    expect(await about('full.test')).toMatchObject([{ kind: 'full', status: '5.2.2' }]);
    expect(await about('later.test')).toMatchObject(
      [{ kind: 'note', status: '4.2.0', words: /Greylisted/ }].map((event) => ({
        ...event,
        words: expect.stringMatching(event.words),
      })),
    );
    const { get, signIn } = visitor(app.url);
    await signIn(await makeAccount(database.db, 'owner'));
    const unknown = rows.find(({ domain }) => domain === 'unknown.test');
    expect((await get(`/console/subscribers/${unknown?.id}`)).text).toContain(
      'User unknown in local recipient table',
    );
    expect(await nextIssueNames(newsletterId)).toEqual(['full.test', 'good.test', 'later.test']);
  });

  test('what it returns to a mailbox that we read', async () => {
    const reader = openMailboxReader(
      {
        db: database.db,
        log: quiet,
        secrets,
        now,
        random: () => 0.5,
        put,
        reader: 'test',
        pace: { renew: 100, look: hour },
      },
      readFeedbackMailbox(dovecot.url),
    );
    try {
      const { issueId, newsletterId } = await sentIssue('mailbox.example', {
        'good.test': 1,
        'unknown.test': 1,
      });
      await cameBack(issueId, 1);
      expect(await countsOf(issueId)).toEqual({ accepted: 1, bounced: 1, refused: 0, agree: true });
      expect(await nextIssueNames(newsletterId)).toEqual(['good.test']);
      expect([await dovecot.count(), await dovecot.count('Processed')]).toEqual([0, 1]);
    } finally {
      await reader.close();
    }
  });

  test('what it returns to a Maildir that the command takes', async () => {
    const { issueId, newsletterId } = await sentIssue('command.example', {
      'good.test': 1,
      'unknown.test': 1,
    });
    const arrived = () => readdir(path.join(maildir('command'), 'new')).catch(() => []);
    await waitUntil(async () => (await arrived()).length === 1, 60_000, 'a mail in the Maildir');
    const env = {
      DATABASE_URL: database.url,
      DATA_DIR: maildir('data'),
      SECRET_KEY: secretKey,
      SMTP_URL: postfix.url,
    };
    await mkdir(maildir('data'));
    const taken = await run(['feedback', 'take', '--maildir', maildir('command'), '--json'], env);
    expect([taken.status, taken.json]).toEqual([0, { taken: 1, known: 0 }]);
    await cameBack(issueId, 1);
    expect(await countsOf(issueId)).toEqual({ accepted: 1, bounced: 1, refused: 0, agree: true });
    expect(await nextIssueNames(newsletterId)).toEqual(['good.test']);
  });

  test("Apple's button: a mail without subject and text to the address in List-Unsubscribe", async () => {
    const { issueId, address } = await sentIssue('listener.example', { 'good.test': 1 });
    const arrived = async () => {
      const names = await readdir(path.join(maildir('good'), 'new')).catch(() => []);
      const mails = await Promise.all(
        names.map((name) => readFile(path.join(maildir('good'), 'new', name), 'utf8')),
      );
      return mails.find((mail) => mail.includes(address(1)));
    };
    const mail = await waitUntil(arrived, 60_000, 'the digest');
    const to = /<mailto:(unsubscribe\+[^?>]+)/.exec(mail.replaceAll(/\r?\n[ \t]/g, ''))?.[1] ?? '';
    const replies = await talk(postfix.port, [
      'EHLO phone.example',
      `MAIL FROM:<${address(1)}>`,
      `RCPT TO:<${to}>`,
      'DATA',
      `From: <${address(1)}>\r\nTo: <${to}>\r\nSubject: \r\n\r\n.`,
      'QUIT',
    ]);
    expect(replies.map((line) => line.slice(0, 1)).join('')).toBe('2222322');
    const left = async () => {
      await take();
      const { count } = await database.db.one<{ count: number }>(
        `select count(*)::int as count from subscriptions s join deliveries d on d.subscription_id = s.id
         where d.issue_id = $1 and s.unsubscribed_at is not null`,
        [issueId],
      );
      return count === 1;
    };
    await waitUntil(left, 60_000, 'the end of the subscription');
  });
});
