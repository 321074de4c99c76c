// Before an issue goes out, the link check requests its links. The reviewers learn which ones do not answer.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { assembleNow } from '../../src/issues/assemble-now.js';
import { assemble } from '../../src/issues/assemble.js';
import { approveIssue } from '../../src/issues/change-issue.js';
import { checkIssueLinks } from '../../src/issues/check-issue-links.js';
import { editIssue } from '../../src/issues/edit-issue.js';
import { translator } from '../../src/languages/translate.js';
import { checkLinks, type LinkDeps } from '../../src/links/check-links.js';
import { recordPosts } from '../../src/posts/record-posts.js';
import { makeAccount, visitor } from '../console/browser-session.js';
import { startApp, type TestApp } from '../support/app.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import { assembleDeps, baseUrl, makeNewsletter, makeReaders, rememberingQueue } from '../support/newsroom.js';

const database = useDatabase();
let app: TestApp;
let server: Server;
let site: string;
const asked: string[] = [];
/** If set, the next request waits for `release`. */
let arrived: (() => void) | undefined;
let release = (): void => undefined;
let atOnce = 0;
let mostAtOnce = 0;

beforeAll(async () => {
  app = await startApp(database);
  server = createServer((request, response) => {
    const path = request.url ?? '/';
    asked.push(path);
    atOnce += 1;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    response.on('close', () => (atOnce -= 1));
    const status = Number(/^\/(\d{3})\b/.exec(path)?.[1] ?? 200);
    if (path === '/moved') response.writeHead(301, { location: '/200/there' });
    else if (path === '/inward') response.writeHead(302, { location: 'http://169.254.169.254/latest' });
    else if (path === '/round') response.writeHead(302, { location: '/round' });
    // Succeeds on the second try.
    else if (path === '/moment')
      response.writeHead(asked.filter((one) => one === path).length > 1 ? 200 : 503);
    else response.writeHead(status);
    const end = () => response.end('x'.repeat(100_000));
    if (arrived === undefined) setTimeout(end, 20);
    else {
      release = end;
      arrived();
      arrived = undefined;
    }
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
closeAfterAll(async () => {
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  await app.close();
});

const deps = (): LinkDeps => ({ baseUrl, allowPrivateFeeds: ['127.0.0.1'], now: () => new Date() });
const linksTo = (...urls: string[]) =>
  urls.map((url) => `<a class="x" href="${url.replaceAll('&', '&amp;')}">a</a>`).join('');

test('links that work, that refuse programs, and that do not work, each with the reason', async () => {
  const html = linksTo(
    ...[
      '/200',
      '/200/query?a=1&b=2',
      '/moved',
      '/moment',
      '/403',
      '/429',
      '/404',
      '/410',
      '/500',
      '/round',
    ].map((path) => site + path),
    `${site}/inward`,
    'http://10.0.0.1/intranet',
    'http://nowhere.invalid/',
    'http://127.0.0.1:1/',
  );
  const report = await checkLinks(deps(), html);
  expect(report).toMatchObject({ links: 14, unclear: 2 });
  expect(
    Object.fromEntries(
      report.silent.map(({ url, reason }) => [url.replace(site, ''), translator('en').say(reason)]),
    ),
  ).toEqual({
    '/404': 'The page does not exist (404)',
    '/410': 'The page has been removed (410)',
    '/500': 'The site has an error (500)',
    '/round': 'The server redirected more than 8 times',
    '/inward': 'The link leads into a private network',
    'http://10.0.0.1/intranet': 'The link leads into a private network',
    'http://nowhere.invalid/': 'Cannot find nowhere.invalid. Check the spelling',
    'http://127.0.0.1:1/': '127.0.0.1 refuses connections',
  });
  expect(asked).toContain('/200/query?a=1&b=2');
});

test('each is asked once, a few at a time; those to us, to mailboxes and to nothing are left alone', async () => {
  asked.length = 0;
  mostAtOnce = 0;
  const many = Array.from({ length: 200 }, (_, number) => `${site}/200/${number}`);
  const html = linksTo(
    ...[...many.slice(0, 10), ...many].map((url) => `${url}#part`),
    `${baseUrl}/unsubscribe/token`,
    'mailto:a@example.org',
    '#',
    'javascript:alert(1)',
  );
  const seen: number[] = [];
  const report = await checkLinks(deps(), html, (done) => seen.push(done));
  expect(report).toMatchObject({ links: 150, unclear: 0, silent: [] });
  expect(new Set(asked).size).toBe(150);
  expect(asked).toHaveLength(150);
  expect(mostAtOnce).toBeLessThanOrEqual(4);
  expect(seen.at(-1)).toBe(150);
}, 120_000);

test('an issue in review is checked in the background, again when it changes, and never when it is on its way', async () => {
  const { id: newsletterId } = await makeNewsletter(database.db, {
    siteUrl: site,
    schedule: { review: 'hold' },
  });
  await recordPosts(
    { db: database.db, now: () => new Date() },
    {
      newsletterId,
      feed: null,
      posts: [
        { guid: 'a', url: `${site}/200/a`, title: 'A' },
        { guid: 'b', url: `${site}/404`, title: 'B' },
      ],
    },
  );
  await makeReaders(database.db, newsletterId, 1);
  const queue = rememberingQueue();
  const made = await assembleNow(assembleDeps(database.db, queue.enqueue), { newsletterId });
  if (made.status !== 'created') throw new Error(made.status);
  const { issueId } = made;
  await assemble(assembleDeps(database.db, queue.enqueue), issueId);
  const job = { queue: 'feeds', payload: { kind: 'check-links', issueId } };
  expect(queue.jobs).toContainEqual(job);
  const reportOf = async () =>
    (await app.api('GET', `/issues/${issueId}`)).body['linkReport'] as { silent: { url: string }[] } | null;
  expect(await reportOf()).toBeNull();

  const check = { ...deps(), db: database.db };
  await checkIssueLinks(check, issueId);
  expect((await reportOf())?.silent).toEqual([
    { url: `${site}/404`, reason: 'The page does not exist (404)' },
  ]);

  await makeAccount(database.db, 'owner');
  const owner = visitor(app.url);
  await owner.signIn('owner@example.org');
  const page = (await owner.get(`/console/issues/${issueId}/review`)).text;
  expect(page).toContain('2 links work, 1 link does not work');
  expect(page).toContain(`${site}/404`);
  expect(page).toMatch(/\d+ kB: [a-z ]+ the 90 kB/);
  // Behind the number: each link by its post, and what the check found.
  const list = /<details class="links">[^]*?<\/details>/.exec(page)?.[0] ?? '';
  expect(list).toContain('<summary>3 links</summary>');
  expect(list).toMatch(new RegExp(`href="${site}/404"[^]*?The page does not exist \\(404\\)\\.`));
  expect(list.match(/class="wrong"/g)).toHaveLength(1);
  const again = await owner.post(`/console/issues/${issueId}/review/check-links`);
  expect(again.location).toBe(`/console/issues/${issueId}/review?notice=links-asked`);

  queue.jobs.length = 0;
  const posts = (await app.api('GET', `/issues/${issueId}`)).body['posts'] as { id: string; title: string }[];
  const kept = posts.filter(({ title }) => title === 'A').map(({ id }) => id);
  expect(
    await editIssue(assembleDeps(database.db, queue.enqueue), { by: 'cli', issueId, posts: kept }),
  ).toEqual({
    ok: true,
  });
  expect(queue.jobs).toContainEqual(job);
  expect(await reportOf()).toBeNull();
  await checkIssueLinks(check, issueId);
  expect((await reportOf())?.silent).toEqual([]);

  // The issue changed during the check, so the result does not belong to this mail.
  const held = new Promise<void>((resolve) => (arrived = resolve));
  const checking = checkIssueLinks(check, issueId);
  await held;
  await editIssue(assembleDeps(database.db, queue.enqueue), { by: 'cli', issueId, subject: 'Another' });
  release();
  await checking;
  expect(await reportOf()).toBeNull();

  expect((await app.api('POST', `/issues/${issueId}/check-links`)).status).toBe(200);
  await approveIssue(assembleDeps(database.db, queue.enqueue), { by: 'cli', issueId });
  expect((await app.api('POST', `/issues/${issueId}/check-links`)).body.code).toBe('wrong-state');
  const before = asked.length;
  await checkIssueLinks(check, issueId);
  expect(asked).toHaveLength(before);
});
