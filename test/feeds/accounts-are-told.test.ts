// Mails to accounts about held posts and failing feeds.
import { minute, hour } from '../../src/durations.js';
import { accountMailRenderers } from '../../src/account-mail-renderers.js';
import { enqueueAccountMails, sendAccountMails } from '../../src/account-mails/send-account-mails.js';
import { createAccount } from '../../src/accounts/create-account.js';
import { closeParser } from '../../src/formats/parse.js';
import { settleFeed } from '../../src/feeds/settle-feed.js';
import { createMailer } from '../../src/mail/send.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { testRelays } from '../support/newsroom.js';
import { startSink, type Sink } from '../support/smtp-sink.js';
import { waitUntil } from '../support/wait.js';
import { type FeedServer, startFeedServer } from '../support/feed-server.js';
import { feedNewsroom, rss } from './feed-newsroom.js';

let database: TestDatabase;
let site: FeedServer;
let sink: Sink;
let relays: ReturnType<typeof testRelays>;
beforeEach(async () => {
  database = await testDatabase();
  site = await startFeedServer((_, response) => response.end(rss([])));
  sink = await startSink();
  relays = testRelays(sink.url);
  for (const role of ['owner', 'editor', 'viewer'] as const)
    await createAccount(
      { db: database.db },
      { email: `${role}@example.org`, password: 'correct horse battery', role },
    );
});
afterEach(async () => {
  await relays.close();
  await sink.close();
  await site.close();
  await database.close();
});
afterAll(closeParser);

async function room() {
  const newsroom = await feedNewsroom(database.db);
  const feedId = await newsroom.add(`${site.url}/feed`);
  await newsroom.poll(feedId);
  const mailer = createMailer({ relays, now: newsroom.deps.now });
  const tell = () => sendAccountMails({ ...newsroom.deps, mailer }, accountMailRenderers(newsroom.deps));
  return { ...newsroom, feedId, tell };
}

const archive = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ guid: `old ${index}`, hoursAgo: 24 * (index + 2) }));

test('of posts that are held, once, with links by which they are decided about', async () => {
  const { poll, feedId, tell, deps, queue, pass } = await room();
  site.answer = (_, response) => void response.end(rss(archive(40)));
  await poll(feedId);
  queue.jobs.length = 0;
  await enqueueAccountMails(deps);
  expect(queue.jobs).toEqual([{ queue: 'issues', payload: { kind: 'send-account-mails' } }]);
  expect(await tell()).toBe(2);
  expect(await tell()).toBe(0);
  expect(sink.messages.flatMap(({ to }) => to).toSorted()).toEqual([
    'editor@example.org',
    'owner@example.org',
  ]);
  const mail = await sink.messages[0]?.parsed();
  expect(mail?.subject).toBe('40 new posts of The Daily Test are held');
  expect(mail?.text).toMatch(
    /Mark as already published:\nhttps:\/\/digest\.example\/held\/[\w-]{50}\?do=known\n/,
  );
  expect(mail?.text).toMatch(/Release:\nhttps:\/\/digest\.example\/held\/[\w-]{50}\?do=release\n/);
  expect(mail?.text).toContain('… and 30 more');
  expect(mail?.html).toContain('>old 9<');

  // More held posts on the same day cause no second mail.
  pass(hour);
  site.answer = (_, response) => void response.end(rss([...archive(80)]));
  await poll(feedId);
  expect(await tell()).toBe(0);
  expect(await settleFeed(deps, { feedId, action: 'known' })).toMatchObject({ posts: 80 });
});

test('of nothing that was settled meanwhile', async () => {
  const { poll, feedId, tell, deps } = await room();
  site.answer = (_, response) => void response.end(rss(archive(40)));
  await poll(feedId);
  await settleFeed(deps, { feedId, action: 'release' });
  expect(await tell()).toBe(0);
  expect(sink.messages).toHaveLength(0);
});

test('of a feed that is gone', async () => {
  const { poll, feedId, tell } = await room();
  site.answer = (_, response) => void response.writeHead(410).end();
  await poll(feedId);
  expect(await tell()).toBe(2);
  expect((await sink.messages[0]?.parsed())?.subject).toBe('A feed of The Daily Test is gone');
});

test('of a feed that fails for a day, once until it answers again', async () => {
  const { poll, feedId, tell, pass } = await room();
  site.answer = (_, response) => void response.writeHead(503).end();
  await poll(feedId);
  expect(await tell()).toBe(0);
  pass(25 * hour);
  await poll(feedId);
  expect(await tell()).toBe(2);
  expect((await sink.messages[0]?.parsed())?.text).toContain('The last 2 polls failed');
  pass(48 * hour);
  await poll(feedId);
  expect(await tell()).toBe(0);
  site.answer = (_, response) => void response.end(rss([]));
  await poll(feedId);
  pass(30 * hour);
  site.answer = (_, response) => void response.writeHead(503).end();
  await poll(feedId);
  expect(await tell()).toBe(2);
});

test('while the relay is away nothing is lost', async () => {
  const { poll, feedId, tell, pass } = await room();
  site.answer = (_, response) => void response.end(rss(archive(40)));
  await poll(feedId);
  const { port } = new URL(sink.url);
  await sink.close();
  expect(await tell()).toBe(0);
  sink = await startSink({ port: Number(port) });
  let told = 0;
  await waitUntil(async () => {
    pass(6 * minute);
    told += await tell();
    return told >= 2;
  });
  expect(sink.messages.flatMap(({ to }) => to).toSorted()).toEqual([
    'editor@example.org',
    'owner@example.org',
  ]);
});
