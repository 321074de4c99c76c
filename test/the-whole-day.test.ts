// The whole way, through HTTP, a worker process, both queues, a real feed and a real relay. A reader
// subscribes, confirms and gets the day's posts once. A reader who left gets none; no reader gets a post
// twice.
import { openQueues, type Queues } from '../src/queues.js';
import { signToken } from '../src/subscribers/tokens.js';
import { startFeedServer, type FeedServer } from './support/feed-server.js';
import { startApp, type TestApp } from './support/app.js';
import { testDatabase, type TestDatabase } from './support/database.js';
import { baseUrl, links, quiet } from './support/newsroom.js';
import { onEachQueue, startQueueBackend, type TestQueueBackend } from './support/queues.js';
import { waitUntil } from './support/wait.js';
import { startWorker, type WorkerProcess } from './support/worker-process.js';

const hour = 3_600_000;

function item(slug: string, title: string, age: number | undefined, guid = slug): string {
  const date =
    age === undefined ? '' : `<pubDate>${new Date(Date.now() - age * hour).toUTCString()}</pubDate>`;
  return `<item><title>${title}</title><link>https://news.example.org/${slug}</link><guid isPermaLink="false">${guid}</guid>
    <description>&lt;p&gt;All about ${slug}.&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;</description>${date}</item>`;
}

const feed = (...items: string[]) =>
  `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>News</title>
   <link>https://news.example.org/</link>${items.join('')}</channel></rss>`;

const firstItems = [
  item('bridge', 'Harbour bridge reopens', 1),
  item('choir', 'Chœur d’été – l’affiche', 3),
  item('undated', 'No date at all', undefined),
  item('bridge', 'Harbour bridge reopens', 1),
  item('ancient', 'Older than the newsletter', 90),
];

onEachQueue('the whole day', (backend) => {
  let database: TestDatabase;
  let queue: TestQueueBackend;
  let queues: Queues;
  let app: TestApp;
  let site: FeedServer;
  let worker: WorkerProcess;
  let newsletterId = '';
  let feedId = '';
  let document = feed(...firstItems);

  const subscribers = [
    'ana@readers.example',
    'björn@readers.example',
    'chiara@readers.example',
    'dan@readers.example',
  ];
  const here = (url: string) => url.replace(baseUrl, app.url);
  const linksOf = (text: string) =>
    [...new Set(text.match(/https:\/\/digest\.example\.org\/[^\s"<>]+/g))].map(here);
  const finished = (issueId: string) =>
    waitUntil(
      async () => (await app.api('GET', `/issues/${issueId}`)).body['status'] === 'finished',
      60_000,
      'the issue to finish',
    );
  const digests = () => app.sink.messages.filter(({ raw }) => raw.includes('List-Unsubscribe-Post'));
  /** Rows that a click could change. */
  const facts = () =>
    database.db.query(
      `select s.id, s.confirmed_at, s.unsubscribed_at, s.paused_until, s.topics, s.read_through,
         (select count(*) from consents) as consents, (select count(*) from issues) as issues from subscriptions s order by s.id`,
    );

  beforeAll(async () => {
    database = await testDatabase();
    queue = await startQueueBackend(backend);
    app = await startApp(database, { queueUrl: queue.queueUrl });
    queues = openQueues({ queueUrl: queue.queueUrl, databaseUrl: database.url, log: quiet });
    site = await startFeedServer((_request, response) => {
      response.setHeader('content-type', 'application/rss+xml').end(document);
    });
    worker = await startWorker({
      databaseUrl: database.url,
      queueUrl: queue.queueUrl,
      smtpUrl: app.sink.url,
    });
  });
  afterAll(async () => {
    await worker.end('SIGKILL');
    await queues.close();
    await app.close();
    await site.close();
    await queue.close();
    await database.close();
  });

  test('a publisher makes a newsletter with a feed', async () => {
    const made = await app.api('POST', '/newsletters', {
      name: 'The Morning Post',
      siteUrl: 'https://news.example.org',
      from: { name: 'The Morning Post', address: 'digest@news.example.org' },
      postalAddress: '1 Test Street, 12345 Testville',
      timezone: 'UTC',
    });
    expect(made.status).toBe(201);
    newsletterId = made.body.id ?? '';
    const added = await app.api('POST', `/newsletters/${newsletterId}/feeds`, {
      url: `${site.url}/feed.xml`,
    });
    expect(added.status).toBe(201);
    feedId = added.body.id ?? '';
    await app.api('POST', `/feeds/${feedId}/poll`);
    const posts = await app.api('GET', `/newsletters/${newsletterId}/posts`);
    const states = posts.body.data?.map(({ title, state }) => [title, state]);
    expect(states?.toSorted()).toEqual([
      ['Chœur d’été – l’affiche', 'eligible'],
      ['Harbour bridge reopens', 'eligible'],
      ['No date at all', 'eligible'],
      ['Older than the newsletter', 'known'],
    ]);
  });

  test('readers subscribe and are asked to confirm; opening the link confirms nothing', async () => {
    for (const email of subscribers) {
      const answer = await fetch(`${app.url}/n/the-morning-post/subscribe`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email }),
      });
      expect([answer.status, await answer.json()]).toEqual([202, { status: 'accepted' }]);
    }
    const mails = await app.sink.waitFor(subscribers.length, 60_000);
    const before = await facts();
    for (const mail of mails) {
      const { text = '', html = '' } = await mail.parsed();
      const found = linksOf(`${text} ${html}`);
      expect(found).toContainEqual(expect.stringContaining('/confirm/'));
      for (const link of found) await fetch(link);
    }
    expect(await facts()).toEqual(before);
    for (const mail of mails) {
      const { text = '' } = await mail.parsed();
      const link = linksOf(text).find((url) => url.includes('/confirm/')) ?? '';
      expect((await fetch(link, { method: 'POST' })).status).toBe(200);
    }
    const active = await app.api('GET', `/subscribers?newsletter=${newsletterId}&status=active`);
    expect(active.body.data).toHaveLength(subscribers.length);
  });

  test('a reader who leaves between assembling and hand-over gets no digest; the others get one each', async () => {
    app.sink.clear();
    const made = await app.api('POST', `/newsletters/${newsletterId}/issues`, { review: 'hold' });
    expect([made.status, made.body['status']]).toEqual([201, 'review']);
    const issueId = made.body.id ?? '';
    const raw = await app.api('GET', `/issues/${issueId}/preview?part=html`);
    expect(raw.text).toContain('Harbour bridge reopens');
    const dan = await app.api('GET', '/subscribers?email=dan@readers.example');
    const [subscription] = (dan.body.data?.[0]?.['subscriptions'] ?? []) as { id: string }[];
    const leave = `${app.url}/unsubscribe/${signToken(links.key, 'unsubscribe', subscription?.id ?? '')}`;
    // RFC 8058 section 3.2
    const answer = await fetch(leave, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'List-Unsubscribe=One-Click',
      redirect: 'manual',
    });
    expect(answer.status).toBe(200);
    await app.api('POST', `/issues/${issueId}/approve`);
    await finished(issueId);
    const recipients = digests().flatMap(({ to }) => to);
    const others = subscribers.filter((address) => !address.startsWith('dan'));
    expect(recipients.filter((to) => to.startsWith('dan'))).toEqual([]);
    expect(recipients).toHaveLength(others.length);
    expect(new Set(recipients).size).toBe(others.length);
  });

  test('the digest has the feed’s posts, once each, and nothing hostile', async () => {
    expect(digests()).not.toEqual([]);
    for (const message of digests()) {
      const { text = '', html = '' } = await message.parsed();
      for (const slug of ['bridge', 'choir', 'undated']) {
        expect(text.split(`https://news.example.org/${slug}\n`)).toHaveLength(2);
        expect(html).toContain(`https://news.example.org/${slug}"`);
      }
      expect(`${text} ${html}`).not.toContain('ancient');
      expect(html).not.toMatch(/<script|alert\(1\)/);
    }
  });

  test('no GET of any link of any mail changes anything', async () => {
    const before = await facts();
    expect(digests()).not.toEqual([]);
    for (const message of digests()) {
      const { text = '', html = '' } = await message.parsed();
      const header = message.raw.subarray(0, message.raw.indexOf('\r\n\r\n')).toString();
      const found = linksOf(`${text} ${html} ${header}`);
      for (const kind of ['/unsubscribe/', '/preferences/'])
        expect(found).toContainEqual(expect.stringContaining(kind));
      for (const link of found) expect((await fetch(link)).status).toBe(200);
    }
    expect(await facts()).toEqual(before);
  });

  test('a second poll and a second "send now" send nothing', async () => {
    app.sink.clear();
    const polled = await app.api('POST', `/feeds/${feedId}/poll`);
    expect(polled.body).toMatchObject({ created: 0 });
    const again = await app.api('POST', `/newsletters/${newsletterId}/issues`);
    expect([again.status, again.body]).toMatchObject([200, { status: 'skipped', reason: 'nothing-new' }]);
    expect(app.sink.messages).toEqual([]);
  });

  test('the late and back-dated post goes out at the next slot, alone', async () => {
    app.sink.clear();
    document = feed(item('late', 'Found in a drawer', 2_000), ...firstItems);
    expect((await app.api('POST', `/feeds/${feedId}/poll`)).body).toMatchObject({ created: 1 });
    // The slot was a minute ago, and the planner last ran an hour ago.
    const due = new Date(Date.now() - 60_000);
    const sendTime = due.toISOString().slice(11, 16);
    await app.api('PATCH', `/newsletters/${newsletterId}`, { schedule: { sendTime } });
    await database.db.query(`update newsletters set planned_through = now() - interval '1 hour'`);
    await queues.enqueue('issues', { kind: 'plan' });
    const messages = await app.sink.waitFor(3, 60_000);
    for (const message of messages) {
      const { text = '', subject } = await message.parsed();
      expect(subject).toBe('Found in a drawer');
      expect(text).not.toContain('bridge');
    }
    const [issue] = (await app.api('GET', `/newsletters/${newsletterId}/issues`)).body.data ?? [];
    expect(issue).toMatchObject({ kind: 'scheduled', number: 2 });
    await finished(String(issue?.['id']));
    expect(app.sink.messages).toHaveLength(3);
  });
});
