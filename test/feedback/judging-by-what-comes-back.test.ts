// What comes back decides about providers and issues, and the accounts hear of it.
import { alarmMails, type AlarmKind } from '../../src/deliverability/alarm-mail.js';
import { alarmsOf } from '../../src/deliverability/alarms.js';
import { tellAlarms } from '../../src/deliverability/watch.js';
import { sumsAgree } from '../../src/delivery/counts.js';
import { createProviderGuard } from '../../src/delivery/guard-provider.js';
import { day, hour } from '../../src/durations.js';
import { putFeedback } from '../../src/feedback/put.js';
import { takeMails } from '../../src/feedback/take-mails.js';
import { envelopeSender } from '../../src/mail/verp.js';
import { listProviderPauses, resumeProvider } from '../../src/providers/pauses.js';
import { getIssueProgress } from '../../src/reports/progress.js';
import { openSecrets } from '../../src/secrets.js';
import { createTransport } from 'nodemailer';
import { checkFeedback } from '../../src/cli/doctor-mail.js';
import type { Context } from '../../src/cli/context.js';
import { listenForFeedback } from '../../src/feedback/listen.js';
import { openKeys } from '../../src/keys/open-keys.js';
import { run } from '../cli/run.js';
import { makeAccount } from '../console/browser-session.js';
import { testDataDir } from '../support/worker-process.js';
import { closeAfterTest, useDatabase } from '../support/fixture.js';
import { startSink } from '../support/smtp-sink.js';
import { makeNewsletter, quiet, rememberingQueue, secretKey } from '../support/newsroom.js';
import { acceptedIssue as accepted, bounce, type AcceptedReader } from './three-times.js';

const database = useDatabase();
const secrets = openSecrets(secretKey);
const { enqueue } = rememberingQueue();

let clock: Date;
const now = () => clock;
beforeEach(() => {
  clock = new Date();
});
const acceptedIssue = (readers: number) => accepted(database.db, readers, clock);

/** Mails of these words come back for some of the readers. */
async function returned(issueId: string, readers: readonly AcceptedReader[], words: string) {
  for (const { subscriberId, address } of readers)
    await putFeedback(
      { db: database.db, enqueue, now },
      {
        raw: Buffer.from(bounce(address, '5.0.0', words)),
        source: 'command',
        recipient: envelopeSender(
          secrets.derive('verp'),
          { kind: 'delivery', issueId, subscriberId },
          'bounces.example.org',
        ),
      },
    );
  const deps = { db: database.db, log: quiet, now };
  const providers = createProviderGuard(deps, { every: 0 });
  await takeMails({ ...deps, secrets, providers, stopping: () => false });
}

const pauses = () => listProviderPauses(database.db);

test('a provider that returns more than a fifth as unwanted is paused, for readers of that provider alone', async () => {
  const { issueId, readers } = await acceptedIssue(120);
  const domain = readers[0]?.address.split('@')[1] ?? '';
  await returned(issueId, readers.splice(0, 19), '550 5.7.1 refused by our policy');
  expect(await pauses()).toEqual([]);
  await returned(issueId, readers.splice(0, 1), '550 5.7.1 refused by our policy');
  // Twenty of 120.
  expect(await pauses()).toEqual([]);
  await returned(issueId, readers.splice(0, 4), '550 5.7.1 refused by our policy');
  expect(await pauses()).toEqual([]);
  // One mail, as the worker judges several at once.
  await returned(issueId, readers.splice(0, 1), '550 5.7.1 refused by our policy');
  expect(await pauses()).toMatchObject([{ groupKey: domain, cause: 'policy', bad: 25, ends: 120 }]);
  expect(await resumeProvider({ db: database.db }, { provider: domain })).toBe(true);
  // A person has looked at these messages. What comes back of them later changes nothing.
  await returned(issueId, readers.splice(0, 20), '550 5.7.1 refused by our policy');
  expect(await pauses()).toEqual([]);
});

test('returned mail that is not authenticated pauses the issue; a throttled one slows the provider', async () => {
  const { issueId, readers } = await acceptedIssue(40);
  await database.db.query(
    `update deliveries set state = 'queued' where issue_id = $1 and subscriber_id = $2`,
    [issueId, readers.at(-1)?.subscriberId],
  );
  await returned(issueId, readers.splice(0, 1), '450 4.7.0 too many messages, slow down');
  const slowed = () => database.db.query('select group_key from domain_slowdowns');
  expect(await slowed()).toEqual([{ groupKey: readers[0]?.address.split('@')[1] }]);
  await returned(issueId, readers.splice(0, 19), '550 5.7.26 Unauthenticated email is not accepted');
  // One mail, as the worker judges several at once: each may not see the others yet.
  await returned(issueId, readers.splice(0, 1), '550 5.7.26 Unauthenticated email is not accepted');
  expect(await pauses()).toMatchObject([{ cause: 'auth' }]);
  expect(await database.db.one('select paused_by, guard_kind from issues where id = $1', [issueId])).toEqual({
    pausedBy: 'guard',
    guardKind: 'not-authenticated',
  });
  const counts = (await getIssueProgress(database.db, issueId))?.counts;
  expect([counts?.bounced, counts && sumsAgree(counts)]).toEqual([20, true]);
});

test('the accounts are told of many bounces, many complaints and of silence: once in a period', async () => {
  const { db } = database;
  await db.query('delete from newsletters');
  await db.query('truncate feedback_inbox, feedback_totals');
  await makeAccount(db, 'owner');
  const deps = { db, now, takesFeedback: true };
  const told = async () => {
    await tellAlarms(deps);
    const rows = await db.query<{ kind: string }>(
      `select kind from account_mails where kind <> 'provider-refuses' order by kind`,
    );
    return rows.map(({ kind }) => kind);
  };
  const render = async (kind: AlarmKind, subjectId: string) =>
    (await alarmMails({ db, now, baseUrl: 'https://x.example' })[kind]({ subjectId, accountId: '1' }))?.text;
  const doctor = async (feedbackListen?: object) => {
    const config = { relays: [{}], ...(feedbackListen && { feedbackListen }) };
    return (await checkFeedback({ config, db, now } as unknown as Context)).map(({ result, detail }) => [
      result,
      detail.slice(0, 30),
    ]);
  };
  expect(await doctor()).toEqual([['warn', 'nothing takes in bounces and c']]);
  expect(await doctor({})).toEqual([['ok', 'bounces are taken in. Prove it']]);
  const { issueId, readers } = await acceptedIssue(150);
  await returned(issueId, readers.splice(0, 3), '550 5.1.1 User unknown');
  expect(await told()).toEqual([]);
  await returned(issueId, readers.splice(0, 3), '550 5.1.1 User unknown');
  expect(await told()).toEqual(['many-hard-bounces']);
  expect(await told()).toEqual(['many-hard-bounces']);
  expect(await render('many-hard-bounces', 'news.example.org')).toMatch(/6 of 150 messages.*\(4%\)/s);
  expect(await render('many-complaints', 'news.example.org')).toBeUndefined();

  // Two weeks later: 5,000 messages, and not one came back.
  clock = new Date(clock.getTime() + 15 * day);
  const { issueId: large } = await acceptedIssue(1);
  await db.query('update issue_counts set accepted = 4999 where issue_id = $1', [large]);
  clock = new Date(clock.getTime() + 2 * hour);
  expect(await told()).toEqual(['many-hard-bounces']);
  await db.query('update issue_counts set accepted = 5000 where issue_id = $1', [large]);
  deps.takesFeedback = false;
  await db.query('truncate feedback_totals');
  expect(await told()).toEqual(['many-hard-bounces']);
  deps.takesFeedback = true;
  expect(await told()).toEqual(['many-hard-bounces', 'nothing-came-back']);
  expect(await told()).toEqual(['many-hard-bounces', 'nothing-came-back']);
  expect(await doctor({})).toEqual([['warn', 'relays accepted 5000 messages ']]);
  expect(await render('nothing-came-back', 'installation')).toContain('5,000 messages');
});

test.each([
  [{ ends: 5_000, hardBounces: 100, complaints: 5 }, []],
  [{ ends: 5_000, hardBounces: 101, complaints: 6 }, ['many-hard-bounces', 'many-complaints']],
  [{ ends: 99, hardBounces: 99, complaints: 0 }, []],
  [{ ends: 999, hardBounces: 0, complaints: 9 }, []],
])('shares that the accounts hear of: %j', (week, alarms) => {
  expect(alarmsOf({ domain: 'example.org', ...week })).toEqual(alarms);
});

const environment = (smtpUrl: string) => ({
  DATABASE_URL: database.url,
  DATA_DIR: testDataDir(),
  SECRET_KEY: secretKey,
  SMTP_URL: smtpUrl,
});

test('feedback test mails an address that bounces, and waits for the bounce; without a way in it says so', async () => {
  const { db } = database;
  await db.query('truncate feedback_totals, feedback_inbox');
  await makeNewsletter(db);
  const real = await openKeys(db, { secretKey, previousKeys: [] });
  const deps = { db, log: quiet, now: () => new Date() };
  const listener = closeAfterTest(
    await listenForFeedback(
      {
        log: quiet,
        verpKeys: real.derive('verp'),
        async put(feedback) {
          await putFeedback({ ...deps, enqueue }, feedback);
          await takeMails({
            ...deps,
            secrets: real,
            providers: createProviderGuard(deps),
            stopping: () => false,
          });
        },
      },
      { protocol: 'smtp', host: '127.0.0.1', port: 0 },
    ),
  );
  const toListener = createTransport({ host: '127.0.0.1', port: listener.port, ignoreTLS: true });
  const relay = closeAfterTest(
    await startSink({
      reply(stage, { from, to: [to = ''] }) {
        if (stage === 'dot')
          void toListener.sendMail({
            envelope: { from: '', to: [from] },
            raw: bounce(to, '5.1.1', '550 5.1.1 User unknown'),
          });
        return undefined;
      },
    }),
  );
  const env = environment(relay.url);
  const test = ['feedback', 'test', '--json', '--timeout'];
  const without = await run([...test, '60'], env);
  expect([without.status, without.json]).toMatchObject([1, { error: { code: 'no-way-in' } }]);
  const done = await run([...test, '60'], { ...env, FEEDBACK_LISTEN: `smtp://127.0.0.1:${listener.port}` });
  expect(done.json).toMatchObject({ ok: true, tests: [{ result: 'came-back', source: 'listener' }] });
  expect([done.status, done.stderr]).toEqual([0, expect.stringContaining('Waiting for the bounce')]);
  expect(relay.messages).toHaveLength(1);
  // The relay now takes the mail and keeps it.
  relay.onStage(undefined);
  const lost = await run([...test, '1'], { ...env, FEEDBACK_LISTEN: `smtp://127.0.0.1:${listener.port}` });
  expect([lost.status, lost.json]).toMatchObject([1, { ok: false, tests: [{ result: 'nothing-came' }] }]);
});
