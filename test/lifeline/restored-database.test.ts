// A database is restored from a backup that is older than today's digest. Today's issues are not sent again,
// and every caller learns the reason.
import { mkdtemp, cp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openDatabase, type Database } from '../../src/db.js';
import { day } from '../../src/durations.js';
import { beatFile } from '../../src/embedded/beat-file.js';
import { assemble } from '../../src/issues/assemble.js';
import { assembleNow } from '../../src/issues/assemble-now.js';
import { beatNote } from '../../src/lifeline/beat-note.js';
import { createLifeline, getHold, type Witness } from '../../src/lifeline/lifeline.js';
import { plan } from '../../src/issues/plan.js';
import { releaseSending, stopSending } from '../../src/hold.js';
import { finishIfDone } from '../../src/delivery/finish.js';
import { recordPosts } from '../../src/posts/record-posts.js';
import { startApp } from '../support/app.js';
import { makeAccount, visitor } from '../console/browser-session.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import {
  assembleDeps,
  deliveryDeps,
  makeNewsletter,
  makeReaders,
  quiet,
  rememberingQueue,
  sendAll,
} from '../support/newsroom.js';
import { beatAt } from '../support/signs-of-life.js';
import { startSink, type Sink } from '../support/smtp-sink.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

let database: TestDatabase;
let sink: Sink;
let dataDir: string;
beforeEach(async () => {
  database = await testDatabase();
  sink = await startSink();
  dataDir = await mkdtemp(path.join(tmpdir(), 'daily-digest-beat-'));
});
afterEach(async () => {
  await sink.close();
  await database.close();
  await rm(dataDir, { recursive: true });
});

/** Does the work of pg_dump and pg_restore without these programs: copies the whole database. */
async function backup(): Promise<{ restore(): Promise<Database>; close(): Promise<void> }> {
  const name = `backup_${Math.random().toString(36).slice(2)}`;
  const original = new URL(database.url).pathname.slice(1);
  const admin = openDatabase({
    url: Object.assign(new URL(database.url), { pathname: '/postgres' }).href,
    max: 1,
  });
  await admin.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()',
    [original],
  );
  await admin.query(`create database ${name} template ${original}`);
  const restored = openDatabase({ url: Object.assign(new URL(database.url), { pathname: `/${name}` }).href });
  return {
    restore: () => Promise.resolve(restored),
    async close() {
      await restored.end();
      await admin.query(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}

const lifelineOf = (db: Database, witnesses: Witness[] = [], now = () => new Date()) =>
  createLifeline({ db, log: quiet, now, witnesses, stop: stopSending });

/** The newsletter sends at 07:00, and at 18:30 to one reader. It is planned through 06:00 of 1 June. */
async function newsroom(db: Database): Promise<string> {
  const { id } = await makeNewsletter(db, {
    timezone: 'UTC',
    schedule: { sendTime: '07:00', lateAfterMinutes: 1440 },
    now: () => new Date('2020-06-01T06:00:00Z'),
  });
  await makeReaders(db, id, 2, { prefix: 'morning' });
  await makeReaders(db, id, 1, { prefix: 'evening' });
  const { id: reading } = await db.one<{ id: string }>(
    `insert into reading_times (newsletter_id, frequency, send_time, timezone) values ($1, 'daily', '18:30', 'UTC')
     returning id`,
    [id],
  );
  await db.query(
    `update subscriptions set reading_time_id = $1 where subscriber_id =
       (select id from subscribers where address_key = 'evening1@readers.example.org')`,
    [reading],
  );
  return id;
}

const release = (db: Database, as: 'sent' | 'unsent') =>
  releaseSending({ db, enqueue: rememberingQueue().enqueue, now: () => new Date() }, { as });

const daysAgo = (days: number) => new Date(Date.now() - days * day);

/** Stores posts as a poll does. After a restore, the same posts arrive again. */
async function poll(
  db: Database,
  newsletterId: string,
  posts: Record<string, string>,
  now: string,
): Promise<void> {
  await recordPosts(
    { db, now: () => new Date(now) },
    {
      newsletterId,
      feed: null,
      posts: Object.entries(posts).map(([title, at]) => ({
        guid: title,
        url: `https://news.example.org/${title}`,
        title,
        html: '<p>…</p>',
        publishedAt: new Date(at),
      })),
    },
  );
}

/** Runs the planner's minute and the work that follows; returns each reader's posts. */
async function minuteAt(db: Database, now: string): Promise<Record<string, string[]>> {
  const queue = rememberingQueue();
  const deps = assembleDeps(db, queue.enqueue, () => new Date(now));
  await plan(deps);
  const got: Record<string, string[]> = {};
  for (const { payload } of queue.jobs) {
    if (payload.kind !== 'assemble') continue;
    await assemble(deps, payload.issueId);
    const delivery = await deliveryDeps(db, sink.url);
    await sendAll(delivery, payload.issueId);
    await finishIfDone(delivery, payload.issueId);
    await delivery.close();
    const rows = await db.query<{ name: string; titles: string[] }>(
      `select split_part(r.address, '@', 1) as name, array(select p.post->>'title' from issue_posts p
         where p.issue_id = d.issue_id and p.post_id = any (v.post_ids) order by 1) as titles
       from deliveries d join variants v on v.id = d.variant_id join subscribers r on r.id = d.subscriber_id
       where d.issue_id = $1 and d.state = 'accepted'`,
      [payload.issueId],
    );
    for (const { name, titles } of rows) got[name] = titles;
  }
  return got;
}

const june1 = { breakfast: '2020-06-01T05:00:00Z' };
const all = { ...june1, lunch: '2020-06-01T12:00:00Z', tea: '2020-06-01T16:00:00Z' };

test('a running service notices at its next beat; nothing is sent, and every interface says why', async () => {
  const { db } = database;
  const id = await newsroom(db);
  await poll(db, id, june1, '2020-06-01T06:30:00Z');
  const witness = beatFile(dataDir);
  await lifelineOf(db, [witness]).beat();
  const { restore, close } = await backup();
  const before = lifelineOf(db, [witness]);
  for (let beat = 0; beat < 3; beat += 1) await before.beat();
  expect(Object.keys(await minuteAt(db, '2020-06-01T07:00:30Z'))).toHaveLength(2);

  const restored = await restore();
  // The copy itself shows no sign of the restore. The first beat finds it, before any work starts.
  await lifelineOf(restored, [witness]).beat();
  const hold = await getHold(restored);
  expect(hold?.reason).toMatch(/^the database was restored to .* digests of that time again$/);
  expect(await minuteAt(restored, '2020-06-01T07:05:00Z')).toEqual({});
  const deps = assembleDeps(restored);
  expect(await assembleNow(deps, { newsletterId: id })).toEqual({ status: 'sending-held' });
  expect((await assembleNow(deps, { newsletterId: id, dryRun: true })).status).toBe('would-send');
  // Further beats keep the hold and do not set it anew.
  await lifelineOf(restored, [witness]).beat();
  await lifelineOf(restored, [witness]).beat();
  expect((await getHold(restored))?.heldAt).toEqual(hold?.heldAt);

  const app = await startApp({ db: restored, url: database.url }, { publicUrl: 'http://digest.example.org' });
  expect((await app.api('GET', '/sending')).body).toMatchObject({ held: true, reason: hold?.reason });
  const ready = await fetch(`${app.url}/readyz`);
  expect([ready.status, await ready.json()]).toMatchObject([200, { sending: 'held' }]);
  expect(await (await fetch(`${app.url}/metrics`)).text()).toContain('digest_sending_held 1');
  expect((await app.api('POST', `/newsletters/${id}/issues`)).body.code).toBe('sending-held');
  const owner = visitor(app.url);
  await owner.signIn(await makeAccount(restored, 'owner'));
  expect((await owner.get('/console')).text).toContain('Sending is on hold:');
  expect((await owner.get('/console/sending')).text).toContain('Were these issues sent?');
  const asked = await owner.get('/console/sending/release');
  expect(asked.text).toMatch(/<h1>Continue, and send to up to 3 readers\?<\/h1>/);
  const released = await owner.post('/console/sending/release', { as: 'sent' });
  expect(released.location).toBe('/console?notice=released');
  expect((await app.api('GET', '/sending')).body).toMatchObject({ held: false });
  expect((await app.api('POST', '/sending/release', { as: 'sent' })).body.code).toBe('not-held');
  await app.close();
  await close();
});

test('released as sent: readers who were due get nothing twice, and the others miss nothing', async () => {
  const { db } = database;
  const id = await newsroom(db);
  await poll(db, id, june1, '2020-06-01T06:30:00Z');
  let clock = '2020-06-01T06:31:00Z';
  const now = () => new Date(clock);
  const witness = beatFile(dataDir);
  await lifelineOf(db, [witness], now).beat();
  await beatAt(db, now());
  const { restore, close } = await backup();
  expect(await minuteAt(db, '2020-06-01T07:00:30Z')).toEqual({
    morning1: ['breakfast'],
    morning2: ['breakfast'],
  });
  clock = '2020-06-01T15:00:00Z';
  const live = lifelineOf(db, [witness], now);
  await live.beat();

  const restored = await restore();
  clock = '2020-06-01T15:30:00Z';
  await lifelineOf(restored, [witness], now).beat();
  expect(await getHold(restored)).toMatchObject({
    lostFrom: new Date('2020-06-01T06:31:00Z'),
    lostUntil: new Date('2020-06-01T15:00:00Z'),
  });
  await poll(restored, id, all, '2020-06-01T16:30:00Z');
  expect(await release(restored, 'sent')).toEqual({ ok: true });
  // The evening reader had no issue yet. The morning readers had the post "breakfast".
  expect(await minuteAt(restored, '2020-06-01T18:31:00Z')).toEqual({
    evening1: ['breakfast', 'lunch', 'tea'],
  });
  expect(await minuteAt(restored, '2020-06-02T07:01:00Z')).toEqual({
    morning1: ['lunch', 'tea'],
    morning2: ['lunch', 'tea'],
  });
  await close();
});

test('released as unsent: sending continues, and the missed issues are sent', async () => {
  const { db } = database;
  const id = await newsroom(db);
  await poll(db, id, june1, '2020-06-01T06:30:00Z');
  const witness = beatFile(dataDir);
  const { restore, close } = await backup();
  await lifelineOf(db, [witness]).beat();
  const restored = await restore();
  // The copy is older than the first beat, so its id differs. A beat with that id raises no hold.
  await lifelineOf(restored, [witness]).beat();
  expect(await getHold(restored)).toBeUndefined();
  await restored.query('update lifeline set database_id = (select $1::uuid), beat = 0', [
    (await db.one<{ id: string }>('select database_id as id from lifeline')).id,
  ]);
  await lifelineOf(restored, [witness]).beat();
  expect(await getHold(restored)).toBeDefined();
  await release(restored, 'unsent');
  expect(await minuteAt(restored, '2020-06-01T07:05:00Z')).toEqual({
    morning1: ['breakfast'],
    morning2: ['breakfast'],
  });
  await close();
});

test('an issue that was under way is uncertain for the readers that are open', async () => {
  const { db } = database;
  const id = await newsroom(db);
  await poll(db, id, june1, '2020-06-01T06:30:00Z');
  const queue = rememberingQueue();
  const deps = assembleDeps(db, queue.enqueue, () => new Date('2020-06-01T07:00:30Z'));
  await plan(deps);
  const [job] = queue.jobs;
  const issueId = job?.payload.kind === 'assemble' ? job.payload.issueId : '';
  await assemble(deps, issueId);
  const witness = beatFile(dataDir);
  await lifelineOf(db, [witness]).beat();
  const { restore, close } = await backup();
  await lifelineOf(db, [witness]).beat();
  const restored = await restore();
  await lifelineOf(restored, [witness]).beat();
  // During the hold a worker claims no delivery of the issue.
  const delivery = await deliveryDeps(restored, sink.url);
  await sendAll(delivery, issueId);
  expect(sink.messages).toEqual([]);
  await release(restored, 'sent');
  await sendAll(delivery, issueId);
  await finishIfDone(delivery, issueId);
  expect(sink.messages).toEqual([]);
  expect(
    await restored.query('select state, reason, count(*)::int as readers from deliveries group by 1, 2'),
  ).toEqual([{ state: 'uncertain', reason: 'restored', readers: 2 }]);
  expect(
    await restored.one('select finished_at is not null as finished from issues where id = $1', [issueId]),
  ).toEqual({ finished: true });
  await delivery.close();
  await close();
});

test('feeds are polled before anything counts as sent', async () => {
  const { db } = database;
  const id = await newsroom(db);
  await db.query(
    `insert into feeds (newsletter_id, url, last_polled_at) values ($1, 'https://a.example.org/feed', now())`,
    [id],
  );
  const witness = beatFile(dataDir);
  await lifelineOf(db, [witness]).beat();
  await db.query('update lifeline set beat = 0');
  await lifelineOf(db, [witness]).beat();
  expect(await release(db, 'sent')).toEqual({ ok: false, code: 'feeds-not-polled', feeds: 1 });
  const [feed] = await db.query<{ due: boolean }>('select next_poll_at <= now() as due from feeds');
  expect(feed?.due).toBe(true);
  await db.query('update feeds set last_polled_at = now()');
  expect(await release(db, 'sent')).toEqual({ ok: true });
});

describe('no false alarm', () => {
  test('after a long stop, with or without a witness', async () => {
    const { db } = database;
    await newsroom(db);
    await lifelineOf(db, [beatFile(dataDir)]).beat();
    await beatAt(db, daysAgo(40));
    await lifelineOf(db, [beatFile(dataDir)]).beat();
    await beatAt(db, daysAgo(40));
    await lifelineOf(db, []).beat();
    expect(await getHold(db)).toBeUndefined();
  });

  test('of several processes that beat at once', async () => {
    const { db } = database;
    const lines = Array.from({ length: 4 }, () => lifelineOf(db, [beatFile(dataDir)]));
    for (let round = 0; round < 10; round += 1) await Promise.all(lines.map((line) => line.beat()));
    expect(await getHold(db)).toBeUndefined();
  });

  test('of a database that moved while nothing was due, or together with its witness', async () => {
    const { db } = database;
    await newsroom(db);
    const witness = beatFile(dataDir);
    await lifelineOf(db, [witness]).beat();
    const { restore, close } = await backup();
    const moved = await restore();
    // Moved to another database of the same server, a minute later, without a witness.
    await lifelineOf(moved, []).beat();
    expect(await getHold(moved)).toBeUndefined();
    await close();
  });
});

test('a database that is elsewhere, without a witness, and for which an issue was due meanwhile', async () => {
  const { db } = database;
  await newsroom(db);
  await lifelineOf(db, []).beat();
  await beatAt(db, daysAgo(2));
  const { restore, close } = await backup();
  const moved = await restore();
  await lifelineOf(moved, []).beat();
  expect((await getHold(moved))?.reason).toMatch(/^the database has moved since .* was due or under way\./);
  await close();
});

test('a DATA_DIR that was restored with the database is no witness', async () => {
  const { db } = database;
  await newsroom(db);
  const witness = beatFile(dataDir);
  await lifelineOf(db, [witness]).beat();
  const { id } = await db.one<{ id: string }>('select database_id as id from lifeline');
  expect(await witness.read(id)).toMatchObject({ beat: 1, copied: false });
  // Simulates tomorrow: the file says that it was written yesterday, and the copy is from today.
  const copy = await mkdtemp(path.join(tmpdir(), 'daily-digest-beat-'));
  const { readFile, writeFile } = await import('node:fs/promises');
  const text = await readFile(path.join(dataDir, 'last-beat.json'), 'utf8');
  const yesterday = daysAgo(1);
  await writeFile(
    path.join(dataDir, 'last-beat.json'),
    text.replace(/"writtenAt":"[^"]+"/, `"writtenAt":"${yesterday.toISOString()}"`),
  );
  await cp(path.join(dataDir, 'last-beat.json'), path.join(copy, 'last-beat.json'), {
    preserveTimestamps: true,
  });
  await utimes(path.join(copy, 'last-beat.json'), yesterday, yesterday);
  expect(await beatFile(copy).read(id)).toMatchObject({ beat: 1, copied: true });
  await rm(copy, { recursive: true });
});

test('a witness beside the queue remembers; an unreachable witness does not count', async () => {
  const { db } = database;
  await newsroom(db);
  const kept = new Map<string, string>();
  const notes = {
    read: (name: string) => Promise.resolve(kept.get(name) ?? null),
    write: (name: string, text: string) => Promise.resolve(void kept.set(name, text)),
  };
  const away: Witness = {
    read: () => Promise.reject(new Error('away')),
    write: () => Promise.reject(new Error('away')),
  };
  await lifelineOf(db, [beatNote(notes), away]).beat();
  await lifelineOf(db, [beatNote(notes), away]).beat();
  expect(await getHold(db)).toBeUndefined();
  await db.query('update lifeline set beat = 0');
  await lifelineOf(db, [away, beatNote(notes)]).beat();
  expect(await getHold(db)).toBeDefined();
});
