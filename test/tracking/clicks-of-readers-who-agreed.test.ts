// Clicks, from the mail to the statistics: counted for readers who agreed, for as long as they agree.
import { connect } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { openClickRecorder } from '../../src/tracking/record-clicks.js';
import { minute } from '../../src/durations.js';
import { cutoff, defaultRetention } from '../../src/config/retention.js';
import { deleteNewsletter } from '../../src/newsletters/delete-newsletter.js';
import { updateNewsletter } from '../../src/newsletters/update-newsletter.js';
import { eraseSubscriber } from '../../src/people/erase-subscriber.js';
import { exportSubscriber } from '../../src/people/export-subscriber.js';
import { mergeSubscribers } from '../../src/people/merge-subscribers.js';
import { addClicks } from '../../src/statistics/keep-sums.js';
import { signToken } from '../../src/subscribers/tokens.js';
import { linkIdOf, signClick } from '../../src/tracking/click-token.js';
import { forgetClicks } from '../../src/tracking/forget-clicks.js';
import { settleClicks } from '../../src/tracking/settle-clicks.js';
import { useApp, useDatabase, useSink, useWorkers } from '../support/fixture.js';
import {
  assembleDeps,
  fanOutNext,
  links,
  makeNewsletter,
  makePosts,
  makeReaders,
  quiet,
  sendAll,
} from '../support/newsroom.js';

const database = useDatabase();
// Readers click a minute after the workers sent: nobody reads a mail in the second in which it was accepted.
const app = useApp(database, { now: () => new Date(Date.now() + minute) });
const sink = useSink();
const makeWorker = useWorkers(database);
const browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0';

interface Reader {
  id: string;
  subscriberId: string;
  address: string;
}

/** The Save button of the preferences page. */
const choose = (subscriptionId: string, fields: Record<string, string>) =>
  fetch(`${app.url}/preferences/${signToken(links.key, 'preferences', subscriptionId)}`, {
    method: 'POST',
    body: new URLSearchParams({ ...fields, action: 'save' }),
  });

/** An issue that was sent to readers, of whom the first `agreed` agreed. */
async function sent(
  prefix: string,
  { tracking = 'consent' as const, readers = 2, agreed = 1, posts = 4 } = {},
) {
  const { db } = database;
  const newsletter = await makeNewsletter(db, { tracking });
  await makeReaders(db, newsletter.id, readers, { prefix });
  const rows = await db.query<Reader>(
    `select s.id, s.subscriber_id, r.address from subscriptions s join subscribers r on r.id = s.subscriber_id
     where s.newsletter_id = $1 order by s.id`,
    [newsletter.id],
  );
  for (const { id } of rows.slice(0, agreed))
    expect((await choose(id, { tracking: 'yes' })).status).toBe(200);
  await makePosts(db, newsletter.id, posts);
  const issueId = await fanOutNext(assembleDeps(db), newsletter.id);
  const worker = await makeWorker(sink.url);
  await sendAll(worker, issueId);
  return { newsletter, issueId, readers: rows };
}

/** The addresses of the links in a reader's mail. */
async function linksIn({ address }: Reader): Promise<string[]> {
  const [message] = sink.messagesTo(address);
  const { html = '' } = (await message?.parsed()) ?? {};
  return [...html.matchAll(/<a\b[^>]*\shref="([^"]*)"/g)].map(([, href = '']) =>
    href.replaceAll('&amp;', '&'),
  );
}
const counted = (urls: string[]) => [...new Set(urls.filter((url) => url.includes('/c/')))];

const follow = (url: string, { method = 'GET', agent = browser, purpose = '' } = {}) =>
  fetch(app.url + new URL(url).pathname + new URL(url).search, {
    method,
    redirect: 'manual',
    headers: { 'user-agent': agent, 'sec-purpose': purpose },
  });

/** Writes and judges all clicks, as if minutes had passed. */
async function settle() {
  await app.clicks.flush();
  const now = () => new Date(Date.now() + 5 * minute);
  await settleClicks({ db: database.db, now, addClicks });
}

async function clicksOf(issueId: string) {
  const { body } = await app.api('GET', `/issues/${issueId}/statistics`);
  return body['clicks'] as { url: string; people: number; machines: number }[];
}

/** Sends a request as it is written, and reads until the server ends the connection. */
async function statusLine(request: string): Promise<string> {
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  socket.write(request);
  const [, status = ''] = /^HTTP\/1\.1 (.*)$/m.exec(await readText(socket)) ?? [];
  return status.trim();
}

const rows = () => database.db.query<{ rule: string | null }>('select rule from clicks order by id');

test('those who agreed have counted links and the others plain ones; ours are never counted', async () => {
  const { issueId, readers } = await sent('who');
  const [ana, ben] = readers as [Reader, Reader];
  const [ours, plain] = [await linksIn(ana), await linksIn(ben)];
  expect(plain.join(' ')).not.toContain('/c/');
  expect(plain.filter((url) => url.startsWith('https://news.example.org/posts/')).length).toBeGreaterThan(3);
  expect(ours).toHaveLength(plain.length);
  for (const [at, url] of ours.entries()) {
    const was = plain[at] ?? '';
    const isOurs = was.startsWith('https://digest.example.org/');
    expect(url).toMatch(
      isOurs ? /org\/(unsubscribe|preferences|n)\// : /^https:\/\/digest\.example\.org\/c\/[\w-]{28}$/,
    );
    if (isOurs) continue;
    const answer = await follow(`${url}?url=https://evil.example/&to=https://evil.example/`);
    expect([answer.status, answer.headers.get('location')]).toEqual([302, new URL(was).href]);
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('set-cookie')).toBeNull();
  }
  const [mail] = sink.messagesTo(ana.address);
  expect((await mail?.parsed())?.text).not.toContain('/c/');
  // The issue's page, and the mail that the console shows, have nobody's links.
  const page = plain.find((url) => url.includes('/issues/')) ?? '';
  expect(await (await fetch(app.url + new URL(page).pathname)).text()).not.toContain('/c/');
  const { html } = await database.db.one<{ html: string }>('select html from variants where issue_id = $1', [
    issueId,
  ]);
  expect(html).not.toContain('/c/');
  const forged = counted(ours)[0]?.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')) ?? '';
  // The last character holds unused bits: change one in the middle.
  const other = forged.replace(/\/c\/./, '/c/_');
  expect((await follow(other)).status).toBe(404);
  expect((await follow('https://digest.example.org/c/https://evil.example')).status).toBe(404);
  await settle();
  expect((await clicksOf(issueId)).every(({ machines }) => machines > 0)).toBe(true);
});

test('a person is counted, a scanner apart; the consent is on record', async () => {
  const { issueId, readers } = await sent('man', { readers: 1 });
  const [ana] = readers as [Reader];
  const { wording, detail } = await database.db.one<{ wording: string; detail: object }>(
    'select wording, detail from consents where subscription_id = $1',
    [ana.id],
  );
  expect(wording).toMatch(/click/i);
  expect(detail).toMatchObject({ tracking: true });
  const [first = '', second = ''] = counted(await linksIn(ana));
  await follow(first);
  await follow(second, { method: 'HEAD' });
  await follow(second, { agent: 'Mozilla/5.0 (compatible; Barracuda)' });
  await follow(second, { purpose: 'prefetch' });
  await settle();
  await settle();
  const clicks = await clicksOf(issueId);
  expect(clicks.map(({ people, machines }) => [people, machines])).toEqual([
    [1, 0],
    [0, 3],
  ]);
});

test('a click is answered however its request is written, as every request is', async () => {
  const { readers } = await sent('odd', { readers: 1 });
  const [first = ''] = counted(await linksIn((readers as [Reader])[0]));
  const { pathname } = new URL(first);
  const { host } = new URL(app.url);
  const counts = async () => (await app.clicks.flush(), await rows()).length;
  const before = await counts();
  const get = (line: string, ...headers: string[]) =>
    // The body never comes.
    statusLine(
      `${line} HTTP/1.1\r\n${[`Host: ${host}`, `User-Agent: ${browser}`, 'Content-Length: 1', ...headers].join('\r\n')}\r\n\r\n`,
    );
  const odd = pathname.replace(/\w$/, (last) => `%${last.charCodeAt(0).toString(16)}`);
  for (const target of [pathname, `${pathname}?utm_source=x`, odd, `http://${host}${pathname}`])
    expect([target, await get(`GET ${target}`)]).toEqual([target, '302 Found']);
  expect(await counts()).toBe(before + 4);

  expect(await get(`GET ${pathname}`, 'Host: elsewhere.example')).toBe('400 Bad Request');
  expect(await get(`PUT ${pathname}`, 'Connection: close')).toBe('404 Not Found');
  expect(await get(`GET ${pathname.slice(0, -1)}A`, 'Connection: close')).toBe('404 Not Found');
  expect(await counts()).toBe(before + 4);

  // The address of the caller, behind a proxy: a network of scanners.
  await get(`GET ${pathname}`, 'X-Forwarded-For: 40.94.1.2');
  await app.clicks.flush();
  expect((await rows()).at(-1)).toEqual({ rule: 'microsoft-network' });
});

test('every link within seconds is a machine, also when it looks like a browser', async () => {
  const { issueId, readers } = await sent('all', { readers: 1 });
  const urls = counted(await linksIn((readers as [Reader])[0]));
  expect(urls.length).toBeGreaterThan(3);
  for (const url of urls) await follow(url);
  await settle();
  expect((await clicksOf(issueId)).map(({ people, machines }) => [people, machines])).toEqual(
    urls.map(() => [0, 1]),
  );
});

test('withdrawing stops the counting at once, in mails that are out and in the next; so does the newsletter', async () => {
  const { newsletter, issueId, readers } = await sent('off', { readers: 2, agreed: 2 });
  const [ana, ben] = readers as [Reader, Reader];
  const [ofAna = '', ofBen = ''] = await Promise.all(
    [ana, ben].map(async (one) => counted(await linksIn(one))[0]),
  );
  await choose(ana.id, { tracking: 'no' });
  expect((await follow(ofAna)).status).toBe(302);
  await settle();
  expect(await clicksOf(issueId)).toEqual([]);
  await updateNewsletter(database, { id: newsletter.id, patch: { tracking: 'off' } });
  expect((await follow(ofBen)).status).toBe(302);
  await settle();
  expect(await clicksOf(issueId)).toEqual([]);
  // The page offers the choice only where it means something.
  const page = await fetch(`${app.url}/preferences/${signToken(links.key, 'preferences', ben.id)}`);
  expect(await page.text()).not.toContain('name="tracking"');
  await makePosts(database.db, newsletter.id, 1);
  const next = await fanOutNext(assembleDeps(database.db), newsletter.id);
  sink.messages.length = 0;
  await sendAll(await makeWorker(sink.url), next);
  expect(counted(await linksIn(ben))).toEqual([]);
});

test('a link works after its reader is erased and its newsletter deleted, and the click is not kept', async () => {
  const { db } = database;
  const { newsletter, issueId, readers } = await sent('gone', { readers: 2, agreed: 2 });
  const [ana, ben] = readers as [Reader, Reader];
  const [url = ''] = counted(await linksIn(ana));
  const [other = ''] = counted(await linksIn(ben));
  await follow(url);
  await app.clicks.flush();
  const kept = () => db.query('select 1 from clicks where issue_id = $1', [issueId]);
  expect(await kept()).toHaveLength(1);
  expect(await eraseSubscriber({ db, now: () => new Date() }, { id: ana.subscriberId })).toBe(true);
  expect(await kept()).toEqual([]);
  await follow(url);
  await db.query('delete from issues where id = $1', [issueId]);
  await deleteNewsletter({ db }, { id: newsletter.id });
  expect(await db.query('select 1 from newsletters where id = $1', [newsletter.id])).toEqual([]);
  for (const one of [url, other]) {
    const answer = await follow(one);
    expect([answer.status, answer.headers.get('location')]).toEqual([
      302,
      expect.stringContaining('news.example.org'),
    ]);
  }
  await app.clicks.flush();
  expect(await kept()).toEqual([]);
});

test('two readers who become one keep their clicks, and the links of both go on to count', async () => {
  const { db } = database;
  const { issueId, readers } = await sent('two', { readers: 2, agreed: 2 });
  const [ana, other] = readers as [Reader, Reader];
  const [ofAna = ''] = counted(await linksIn(ana));
  const [, ofOther = ''] = counted(await linksIn(other));
  await follow(ofOther);
  await app.clicks.flush();
  await db.transaction((tx) =>
    mergeSubscribers(tx, { subscriberId: ana.subscriberId, otherId: other.subscriberId }),
  );
  await follow(ofAna);
  await follow(ofOther);
  await settle();
  expect((await clicksOf(issueId)).map(({ people, machines }) => [people, machines])).toEqual([
    [2, 0],
    [1, 0],
  ]);
  const about = await exportSubscriber({ db }, { id: ana.subscriberId });
  expect(about?.clicks).toHaveLength(3);
});

test('clicks are forgotten after 90 days; their sums and links stay', async () => {
  const { db } = database;
  const { issueId, readers } = await sent('age', { readers: 1 });
  const [url = ''] = counted(await linksIn((readers as [Reader])[0]));
  await follow(url);
  await settle();
  const now = () => new Date(Date.now() + 91 * 24 * 60 * minute);
  expect(cutoff(defaultRetention, 'clicks', now())?.getTime()).toBeGreaterThan(Date.now());
  await forgetClicks({ db, retention: defaultRetention, now });
  expect(await rows()).toEqual([]);
  expect(await clicksOf(issueId)).toMatchObject([{ people: 1 }]);
  expect((await follow(url)).status).toBe(302);
});

test('clicks that cannot be written, or find no room, are dropped and counted', async () => {
  const failing = { change: () => Promise.reject(new Error('no database')) } as never;
  const recorder = openClickRecorder({ db: failing, log: quiet }, { atMost: 3 });
  const click = {
    linkId: linkIdOf('1', 'https://a.example/'),
    subscriptionId: '1',
    at: new Date(),
    rule: null,
  };
  for (let count = 0; count < 5; count += 1) recorder.record(click);
  expect(recorder.dropped()).toBe(2);
  await recorder.close();
  expect(recorder.dropped()).toBe(5);
  const token = signClick(links.key, click);
  expect((await follow(`https://digest.example.org/c/${token}`)).status).toBe(404);
  expect(await (await fetch(`${app.url}/metrics`)).text()).toMatch(/^digest_clicks_dropped_total 0$/m);
});
