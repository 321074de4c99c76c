// Two versions work side by side on one database and one queue while an issue is being sent: the build before this
// one, and the working tree's with one more migration. The old processes end one by one, one of them by SIGKILL.
import { rm } from 'node:fs/promises';
import { openDatabase, type Database } from '../../src/db.js';
import { second } from '../../src/durations.js';
import { ownCluster, temporaryFolder, type OwnCluster } from '../support/database.js';
import { secretKey } from '../support/newsroom.js';
import { proveNobodyMissedNobodyTwice, waitForFinish } from '../support/proof.js';
import { onEachQueue, startQueueBackend, type TestQueueBackend } from '../support/queues.js';
import { connections, uncertainPerDeath } from '../support/scene.js';
import { startSink, type Sink } from '../support/smtp-sink.js';
import { allowSlowTests } from '../support/time-limit.js';
import { waitUntil } from '../support/wait.js';
import { makeNext, makePrevious, whyNoPrevious, type Release, type Running } from './releases.js';

allowSlowTests();

const readers = 2_500;
/** Milliseconds that the relay takes for an answer at most: the issue outlasts the upgrade. */
const pace = 500;

/** A column in each table, as expanding allows: a statement of the old program must not trip over any of them. */
const migration = {
  name: '999-of-a-test.sql',
  sql: `do $$
declare each regclass;
begin
  for each in select oid from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
      and relname <> 'migrations' order by relname
  loop
    execute format('alter table %s add column of_a_test text default ''new''', each);
  end loop;
end $$;
`,
};

const title =
  whyNoPrevious === undefined ? 'a rolling upgrade' : `a rolling upgrade (skipped: ${whyNoPrevious})`;

(whyNoPrevious === undefined ? describe : describe.skip)(title, () => {
  let previous: Release;
  let next: Release;
  let cluster: OwnCluster;
  beforeAll(async () => {
    previous = await makePrevious();
    next = await makeNext(migration);
    // Four workers with the queue in the database need more connections than the tests' server has.
    cluster = await ownCluster({ connections: 300 });
  });
  afterAll(async () => {
    await cluster.close();
    previous.remove();
    next.remove();
  });

  onEachQueue('while an issue is being sent', (backend) => {
    let db: Database;
    let queue: TestQueueBackend;
    let sink: Sink;
    let dataDir: string;
    let env: Record<string, string>;
    let running: Running[];

    beforeEach(async () => {
      const url = Object.assign(new URL(cluster.url), { pathname: `/upgrade_${backend}` }).href;
      const admin = openDatabase({ url: cluster.url, max: 1 });
      await admin.query(`create database upgrade_${backend}`);
      await admin.end();
      db = openDatabase({ url });
      queue = await startQueueBackend(backend);
      sink = await startSink();
      dataDir = await temporaryFolder();
      running = [];
      env = {
        DATABASE_URL: url,
        ...(queue.queueUrl === undefined ? {} : { QUEUE_URL: queue.queueUrl }),
        SMTP_URL: `${sink.url}?connections=${connections}`,
        SECRET_KEY: secretKey,
        DATA_DIR: dataDir,
        PORT: '0',
        WORKERS: '1',
        LOG_LEVEL: 'warn',
      };
    });
    afterEach(async () => {
      await Promise.all(running.map((each) => each.kill()));
      await sink.close();
      await queue.close();
      await db.end();
      await rm(dataDir, { recursive: true, force: true });
    });

    const start = async (release: Release, what: 'web' | 'workers'): Promise<Running> => {
      const started = await release.start([`--${what}`], env);
      running.push(started);
      return started;
    };
    const siteOf = (web: Running): string => /Site\s+(\S+)/.exec(web.log())?.[1] ?? '';

    /** Calls the API of a web process, which must answer with success. */
    async function call(
      web: Running,
      key: string,
      path: string,
      sent?: { body: string; type?: string },
    ): Promise<Record<string, unknown>> {
      const answer = await fetch(`${siteOf(web)}/api/v1${path}`, {
        method: sent === undefined ? 'GET' : 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          ...(sent === undefined ? {} : { 'content-type': sent.type ?? 'application/json' }),
        },
        ...(sent === undefined ? {} : { body: sent.body }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
      return JSON.parse(text) as Record<string, unknown>;
    }
    const json = (body: object) => ({ body: JSON.stringify(body) });

    /** A newsletter with posts and readers, made by the old program alone. Returns its id. */
    async function fill(web: Running, key: string): Promise<string> {
      const { id } = await call(
        web,
        key,
        '/newsletters',
        json({
          name: 'Upgrade',
          slug: 'upgrade',
          from: { address: 'digest@example.org' },
          postalAddress: '1 Test Street, 12345 Testville',
        }),
      );
      const posts = [1, 2, 3].map((n) => ({
        guid: `post-${n}`,
        title: `Post ${n}`,
        url: `https://example.org/${n}`,
      }));
      await call(web, key, `/newsletters/${String(id)}/posts`, json(posts));
      const addresses = Array.from({ length: readers }, (_, n) => `reader${n + 1}@readers.example.org`);
      const begun = await call(web, key, `/newsletters/${String(id)}/imports?basis=paper`, {
        body: `email\n${addresses.join('\n')}\n`,
        type: 'text/csv',
      });
      await waitUntil(
        async () => (await call(web, key, `/imports/${String(begun['id'])}`))['state'] === 'finished',
        60 * second,
        'the import',
      );
      return String(id);
    }

    /** Joins through a web process, and waits for the confirmation, which any worker may send. */
    async function join(web: Running, email: string): Promise<void> {
      const answer = await fetch(`${siteOf(web)}/n/upgrade/subscribe`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email }),
      });
      expect([email, answer.status]).toEqual([email, 202]);
      await waitUntil(() => sink.messagesTo(email).length > 0, 60 * second, `the confirmation to ${email}`);
    }

    test('loses no reader and mails none twice, and the old program refuses to start again', async () => {
      const migrated = await previous.run(['migrate'], env);
      expect([migrated.status, migrated.stderr]).toEqual([0, '']);
      const made = await previous.run(
        ['api-key', 'create', '--name', 'upgrade', '--role', 'owner', '--json'],
        env,
      );
      const key = (JSON.parse(made.stdout) as { apiKey: string }).apiKey;
      const [oldWeb, stopped, killed] = await Promise.all([
        start(previous, 'web'),
        start(previous, 'workers'),
        start(previous, 'workers'),
      ]);
      const newsletterId = await fill(oldWeb, key);
      sink.onStage((stage) =>
        stage === 'rcpt' || stage === 'dot' ? Math.round(Math.random() * pace) : undefined,
      );
      const issue = await call(oldWeb, key, `/newsletters/${newsletterId}/issues`, json({}));
      const issueId = String(issue['id']);
      await sink.waitFor(readers / 20, 60 * second);

      const upgraded = await next.run(['migrate'], env);
      expect([upgraded.status, upgraded.stderr]).toEqual([0, '']);
      expect(upgraded.stdout).toContain(migration.name);
      const [newWeb] = await Promise.all([
        start(next, 'web'),
        start(next, 'workers'),
        start(next, 'workers'),
      ]);
      // All four workers send.
      await sink.waitFor(sink.messages.length + 4 * connections, 60 * second);
      for (const web of [oldWeb, newWeb])
        expect(await call(web, key, `/issues/${issueId}`)).toMatchObject({ id: issueId, status: 'sending' });
      await join(oldWeb, 'joined-on-the-old@example.org');
      await join(newWeb, 'joined-on-the-new@example.org');

      expect(await stopped.stop()).toBe(0);
      await killed.kill();
      expect(await oldWeb.stop()).toBe(0);
      // Otherwise nothing is left for the new program alone.
      expect(sink.messages.length).toBeLessThan(readers - 4 * connections);
      sink.onStage(undefined);
      await waitForFinish(db, issueId, 120 * second);
      const counts = await proveNobodyMissedNobodyTwice(db, issueId, sink, {
        readers,
        uncertainAtMost: uncertainPerDeath,
      });
      expect(counts.accepted + counts.uncertain).toBe(readers);
      for (const each of running)
        expect(each.log()).not.toMatch(/column|relation|cached plan|deadlock|unknown payload/);

      for (const args of [
        ['start', '--workers'],
        ['start', '--web'],
        ['issue', 'list'],
      ]) {
        const refused = await previous.run(args, env);
        expect([refused.status, refused.stdout]).toEqual([1, '']);
        expect(refused.stderr).toMatch(
          /^daily-digest: the database is newer than this program, which does not know the migration \d{3}-[\w-]+\.sql: [^\n]*\n$/,
        );
      }
    });
  });
});
