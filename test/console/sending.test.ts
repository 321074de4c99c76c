// Sending from the console, and the page of an issue.
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { packageRoot } from '../../src/config/environment.js';
import { closeAfterAll, useApp, useDatabase } from '../support/fixture.js';
import { makeNewsletter, makePosts, makeReaders } from '../support/newsroom.js';
import { startWorker, type WorkerProcess } from '../support/worker-process.js';
import { waitUntil } from '../support/wait.js';
import { makeAccount, visitor, type Visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database, { publicUrl: 'http://digest.example.org' });
let worker: WorkerProcess | undefined;
let owner: Visitor;
let newsletterId: string;
const home = '/console/newsletters/the-daily-test';

beforeAll(async () => {
  newsletterId = (await makeNewsletter(database.db)).id;
  owner = visitor(app.url);
  await owner.signIn(await makeAccount(database.db, 'owner'));
});
closeAfterAll(() => worker?.end('SIGTERM'));

test('with nothing to send, the page says so and offers nothing', async () => {
  const page = await owner.get(home);
  expect(page.status).toBe(200);
  expect(page.text).toContain('Nothing new');
  expect(page.text).toContain('Add a feed to get your first posts.');
  expect(page.text).not.toContain('Send now…');
  const back = await owner.get(`${home}/send`);
  expect(back.location).toBe(`${home}?notice=no-readers`);
  expect((await owner.get(back.location ?? '')).text).toContain('has no active readers');
});

test('the next issue is shown in a sandbox, without scripts from feeds', async () => {
  await makeReaders(database.db, newsletterId, 3);
  await makePosts(database.db, newsletterId, [
    { title: 'The harbour opens' },
    { title: '<img src=x onerror=alert(1)>' },
  ]);
  const page = await owner.get(home);
  expect(page.text).toMatch(
    /<iframe sandbox title="[^"]+" src="\/console\/newsletters\/the-daily-test\/next">/,
  );
  expect(page.text).not.toContain('<img src=x');
  const preview = await owner.get(`${home}/next`);
  expect(preview.headers.get('content-security-policy')).toMatch(
    /^sandbox; default-src 'none'.*frame-ancestors 'self'/,
  );
  expect(preview.text).toContain('The harbour opens');
  expect(preview.text).not.toMatch(/<script|onerror="/);
});

test('send now asks first, says to how many, and a GET sends nothing', async () => {
  const asked = await owner.get(`${home}/send`);
  expect(asked.text).toContain('Send to 3 readers now?');
  expect(asked.text).toContain('The harbour opens');
  expect(await database.db.query('select 1 as one from issues')).toHaveLength(0);
});

test('without the form’s token, from elsewhere, or as a viewer, nothing is sent', async () => {
  await owner.get(`${home}/send`);
  expect((await owner.post(`${home}/send`, { csrf: 'guessed' })).status).toBe(403);
  expect((await owner.post(`${home}/send`, {}, { origin: 'https://evil.example' })).status).toBe(403);
  const viewer = visitor(app.url);
  await viewer.signIn(await makeAccount(database.db, 'viewer'));
  const viewed = await viewer.get(home);
  expect(viewed.text).toContain('Next issue (preview)');
  expect(viewed.text).not.toContain('Send now…');
  const looked = await viewer.get(`${home}/send`);
  expect(looked.text).toContain('Your role can view this page, but cannot send');
  const refused = await viewer.post(`${home}/send`);
  expect(refused.status).toBe(403);
  expect(refused.text).toContain('Your role is Viewer');
  expect(await database.db.query('select 1 as one from issues')).toHaveLength(0);
});

test('the button sends; the page shows where each reader stands, and each has one mail', async () => {
  worker = await startWorker({ databaseUrl: database.url, queueUrl: undefined, smtpUrl: app.sink.url });
  await owner.get(`${home}/send`);
  const sent = await owner.post(`${home}/send`);
  expect([sent.status, sent.location]).toEqual([303, expect.stringMatching(/^\/console\/issues\/\d+$/)]);
  const path = sent.location ?? '';
  const done = await waitUntil(async () => {
    const page = await owner.get(path);
    return page.text.includes('data-status="finished"') ? page : undefined;
  }, 20_000);
  expect(done.text).toContain('<dd data-stat="accepted">3</dd>');
  expect(done.text).toContain('<strong>3 of 3</strong> messages: 100 %');
  expect(done.text).toContain('No reader left from the day of this issue to the next issue.');
  // A finished issue needs neither script nor refresh.
  expect(done.text).not.toMatch(/console\.js|http-equiv="refresh"/);
  expect(app.sink.messages.flatMap(({ to }) => to).toSorted()).toEqual(
    [1, 2, 3].map((n) => `reader${n}@readers.example.org`),
  );
  const audit = await database.db.query<{ actor: string }>(
    `select actor from audit where action = 'issue.assemble'`,
  );
  expect(audit).toEqual([{ actor: expect.stringMatching(/^account:\d+$/) }]);

  const again = await owner.post(`${home}/send`);
  expect(again.location).toBe(`${home}?notice=nothing-new`);
  expect(app.sink.messages).toHaveLength(3);
});

test('the words beside the bar, its parts and the counts come from the same moment', async () => {
  const words = {
    textContent: '18 of 3,003',
    dataset: { words: '{done} of {of}' },
    replaceWith: () => (words.textContent = 'of another moment'),
  };
  const pace = { textContent: '', dataset: { pace: '', paceAndLeft: '{rate} a second, about {time} left' } };
  const part: Record<string, string> = {};
  const [bar, tile] = [
    {
      tagName: 'rect',
      dataset: { part: 'accepted' },
      setAttribute: (name: string, value: string) => (part[name] = value),
    },
    { dataset: { stat: 'accepted' }, textContent: '18' },
  ];
  const elements: Record<string, object> = { 'progress-count': words, pace };
  let tell: (event: { data: string }) => void = () => undefined;
  let fetched = 0;
  runInNewContext(readFileSync(new URL('templates/console/console.js', packageRoot), 'utf8'), {
    addEventListener: () => undefined,
    document: {
      querySelector: (of: string) =>
        of === '[data-issue]' ? { dataset: { issue: '1', status: 'sending' } } : null,
      querySelectorAll: (of: string) => (of === '[data-stat]' ? [tile] : of === '[data-part]' ? [bar] : []),
      documentElement: { lang: 'en' },
      getElementById: (id: string) => elements[id] ?? null,
    },
    EventSource: class {
      addEventListener(name: string, listener: typeof tell) {
        if (name === 'counts') tell = listener;
      }
    },
    location: { href: '/console/issues/1' },
    // The page that the script fetches for its other parts is of another moment.
    fetch: async () => ((fetched += 1), { ok: true, text: async () => '' }),
    DOMParser: class {
      parseFromString = () => ({ getElementById: () => ({}) });
    },
  });
  const counts = { candidates: 3003, excluded: 0, queued: 2960, sending: 10, deferred: 0, accepted: 33 };
  const moves = { ratePerSecond: 3, etaSeconds: 990 };
  tell({ data: JSON.stringify({ counts, status: 'sending', startedAt: 'now', ...moves }) });
  await waitUntil(async () => fetched > 0, 2_000);
  await new Promise((resolve) => setImmediate(resolve));
  expect([words.textContent, tile.textContent, part['x']]).toEqual(['33 of 3,003', '33', '0%']);
  expect(Number.parseFloat(part['width'] ?? '')).toBeCloseTo(1.1, 1);
  expect(pace.textContent).toBe(', 3 a second, about 17 min left');
});

test('a held issue waits for its approval; a cancelled one asks first', async () => {
  await app.api('PATCH', `/newsletters/${newsletterId}`, { schedule: { review: 'hold' } });
  await makePosts(database.db, newsletterId, 1);
  await owner.get(`${home}/send`);
  const path = (await owner.post(`${home}/send`)).location ?? '';
  const held = await waitUntil(async () => {
    const page = await owner.get(path);
    return page.text.includes('data-status="review"') ? page : undefined;
  }, 20_000);
  expect(held.text).toContain(`href="${path}/review/approve"`);
  const ask = await owner.get(`${path}/review/approve`);
  expect(ask.text).toMatch(/Approve, and send to \d+ readers?\?/);
  expect(ask.text).toContain(`action="${path}/review/approve"`);
  for (const page of [home, `${home}/send`]) {
    const { text } = await owner.get(page);
    expect(text).toMatch(new RegExp(`1 of these posts waits in <a href="${path}">issue No\\. \\d+</a>`));
  }
  expect((await owner.get(`${home}/send`)).text).toContain('>Assemble for review</button>');
  // A browser without JavaScript refreshes; a browser with JavaScript follows the events.
  expect(held.text).toContain('<noscript><meta http-equiv="refresh" content="5"></noscript>');
  expect(held.text).toContain('<script src="/assets/console.js" defer></script>');
  expect((await owner.get(`${path}/cancel`)).text).toContain('Cancel this issue?');
  expect((await owner.get(path)).text).toContain('data-status="review"');
  expect((await owner.post(`${path}/cancel`)).location).toBe(`${path}?notice=cancelled`);
  expect((await owner.get(path)).text).toContain('data-status="cancelled"');
  expect((await owner.post(`${path}/approve`)).location).toBe(`${path}?notice=wrong-state`);
});

test('a missing newsletter, issue or page gets a 404 page', async () => {
  for (const path of [
    '/console/newsletters/none',
    '/console/issues/999',
    '/console/issues/x',
    '/console/none',
  ]) {
    const page = await owner.get(path);
    expect(page.status).toBe(404);
    expect(page.headers.get('content-type')).toMatch('text/html');
  }
});
