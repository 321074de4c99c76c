// WebSub (W3C Recommendation, 23 January 2018): a hub, and a publisher's site, on this machine.
import { createHmac } from 'node:crypto';
import { text } from 'node:stream/consumers';
import express from 'express';
import type { AddressInfo } from 'node:net';
import { minute, hour } from '../../src/durations.js';
import { askHub, hubSecret, nextAskAfter } from '../../src/feeds/ask-hub.js';
import { isSigned } from '../../src/feeds/hub-calls.js';
import { getFeed } from '../../src/feeds/list-feeds.js';
import { closeParser } from '../../src/formats/parse.js';
import { pollDueFeeds } from '../../src/feeds/poll-due-feeds.js';
import { isPublicBase } from '../../src/outbound/reachable-base.js';
import { removeFeed } from '../../src/feeds/remove-feed.js';
import { webSubRoutes } from '../../src/feeds/routes-websub.js';
import { openSecrets } from '../../src/secrets.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import { quiet } from '../support/newsroom.js';
import { type FeedServer, startFeedServer } from '../support/feed-server.js';
import { feedNewsroom, rss, start } from './feed-newsroom.js';

const secrets = openSecrets('s'.repeat(40));
const database = useDatabase();
let site: FeedServer;
let hub: FeedServer;
/** The requests that the hub received. */
let asked: URLSearchParams[];
let hubAnswers: number;

closeAfterAll(closeParser);
beforeEach(async () => {
  asked = [];
  hubAnswers = 202;
  hub = await startFeedServer((request, response) => {
    const hear = async (): Promise<void> => {
      asked.push(new URLSearchParams(await text(request)));
      response.writeHead(hubAnswers).end('No, thank you');
    };
    void hear();
  });
  const links = `<atom:link rel="hub" href="${hub.url}/hub"/><atom:link rel="self" href="https://blog.example/feed"/>`;
  site = await startFeedServer((_, response) => response.end(rss([], links)));
});
afterEach(async () => {
  await site.close();
  await hub.close();
});

async function room() {
  const newsroom = await feedNewsroom(database.db);
  const deps = { ...newsroom.deps, secrets };
  const app = express().use(webSubRoutes({ ...deps, log: quiet }));
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const us = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const feedId = await newsroom.add(`${site.url}/feed`);
  const ask = () => askHub(deps, { feedId });
  /** The hub calls our callback address. */
  const call = async (query: Record<string, string> = {}, path?: string) => {
    const callback = new URL(asked.at(-1)?.get('hub.callback') ?? 'http://x/');
    const parameters = new URLSearchParams({
      'hub.mode': 'subscribe',
      'hub.topic': 'https://blog.example/feed',
      'hub.challenge': '<b>42</b>',
      'hub.lease_seconds': '86400',
      ...query,
    });
    return fetch(`${us}${path ?? callback.pathname}?${parameters.toString()}`);
  };
  const tell = (body: string, signature?: string) => {
    const { pathname } = new URL(asked.at(-1)?.get('hub.callback') ?? 'http://x/');
    return fetch(`${us}${pathname}`, {
      method: 'POST',
      body,
      headers: signature === undefined ? {} : { 'x-hub-signature': signature },
    });
  };
  const sign = (body: string, method = 'sha256') =>
    `${method}=${createHmac(method, asked.at(-1)?.get('hub.secret') ?? '')
      .update(body)
      .digest('hex')}`;
  const close = () => new Promise((resolve) => server.close(resolve));
  return { ...newsroom, deps, feedId, ask, call, tell, sign, close };
}

/** A newsroom whose subscription the hub has verified. */
async function agreed() {
  const newsroom = await room();
  await newsroom.poll(newsroom.feedId);
  await newsroom.ask();
  expect((await newsroom.call()).status).toBe(200);
  newsroom.queue.jobs.length = 0;
  return newsroom;
}

test('a hub is asked for the topic it knows, with a secret, and its question answered', async () => {
  const { poll, feedId, ask, call, deps, queue, db, close } = await room();
  await poll(feedId);
  await pollDueFeeds(deps);
  expect(queue.jobs).toContainEqual({ queue: 'feeds', payload: { kind: 'ask-hub', feedId } });
  expect(await ask()).toEqual({ status: 'asked' });
  expect(await ask()).toEqual({ status: 'not-due' });
  expect(Object.fromEntries(asked[0] ?? [])).toEqual({
    'hub.mode': 'subscribe',
    'hub.topic': 'https://blog.example/feed',
    'hub.callback': expect.stringMatching(/^https:\/\/digest\.example\/hooks\/websub\/[\w-]{22}$/),
    'hub.lease_seconds': '864000',
    'hub.secret': expect.stringMatching(/^[\da-f]{64}$/),
  });
  expect((await getFeed(db, feedId, deps.now()))?.pushedUntil).toBeNull();
  const answer = await call();
  expect([answer.status, await answer.text()]).toEqual([200, '<b>42</b>']);
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
  expect(await getFeed(db, feedId, deps.now())).toMatchObject({
    pushedUntil: new Date(start.getTime() + 24 * hour).toISOString(),
  });
  await close();
});

test.each<[string, Record<string, string>, string | undefined]>([
  ['another topic', { 'hub.topic': 'https://blog.example/other' }, undefined],
  ['an unsubscription', { 'hub.mode': 'unsubscribe' }, undefined],
  ['no challenge', { 'hub.challenge': '' }, undefined],
  ['an address that was never given', {}, '/hooks/websub/AAAAAAAAAAAAAAAAAAAAAA'],
])('a question about %s is answered with no', async (_, query, path) => {
  const { poll, feedId, ask, call, db, close } = await room();
  await poll(feedId);
  await ask();
  expect((await call(query, path)).status).toBe(404);
  expect((await getFeed(db, feedId, new Date()))?.pushedUntil).toBeNull();
  await close();
});

test('news that the hub has signed make the feed due; polls are rare otherwise', async () => {
  const { poll, feedId, deps, db, queue, pass, tell, sign, close, titles } = await agreed();
  await poll(feedId);
  expect((await getFeed(db, feedId, deps.now()))?.nextPollAt).toBe(
    new Date(start.getTime() + hour).toISOString(),
  );
  pass(5 * minute);
  site.answer = (_, response) => void response.end(rss([{ guid: 'a' }]));
  expect((await tell('<rss/>', sign('<rss/>'))).status).toBe(202);
  expect(queue.jobs).toEqual([{ queue: 'feeds', payload: { kind: 'poll', feedId } }]);
  expect(await getFeed(db, feedId, deps.now())).toMatchObject({ nextPollAt: deps.now().toISOString() });
  expect(await poll(feedId)).toMatchObject({ created: 1 });
  expect(await titles()).toEqual(['a']);
  await close();
});

test.each<[string, (sign: (body: string) => string) => string | undefined]>([
  ['without a signature', () => undefined],
  ['with one of other words', (sign) => sign('other')],
  ['with nonsense', () => 'sha256=zz'],
  ['with a method that nobody knows', (sign) => sign('x').replace('sha256', 'md5')],
])('news %s are acknowledged and ignored', async (_, signature) => {
  const { tell, sign, queue, close } = await agreed();
  expect((await tell('x', signature(sign))).status).toBe(202);
  expect(queue.jobs).toEqual([]);
  await close();
});

test('news that come while the feed is being polled are not lost', async () => {
  const { poll, feedId, pass, tell, sign, deps, db, close } = await agreed();
  pass(5 * minute);
  site.answer = (_, response) => {
    void tell('x', sign('x')).then(() => response.end(rss([])));
  };
  await poll(feedId);
  // This document no longer names the hub, but the agreed subscription still counts.
  expect(Date.parse((await getFeed(db, feedId, deps.now()))?.nextPollAt ?? '')).toBe(deps.now().getTime());
  await close();
});

test('a hub that floods us makes us poll twice a minute at most', async () => {
  const { poll, feedId, tell, sign, deps, db, close } = await agreed();
  await poll(feedId);
  await tell('x', sign('x'));
  expect(Date.parse((await getFeed(db, feedId, deps.now()))?.nextPollAt ?? '') - deps.now().getTime()).toBe(
    30_000,
  );
  await close();
});

test('a lease is renewed in time; without that polls are as before', async () => {
  const { pass, ask, feedId, poll, db, deps, close } = await agreed();
  expect(await ask()).toEqual({ status: 'not-due' });
  pass(20 * hour);
  expect(await ask()).toEqual({ status: 'asked' });
  pass(5 * hour);
  await poll(feedId);
  expect(Date.parse((await getFeed(db, feedId, deps.now()))?.nextPollAt ?? '') - deps.now().getTime()).toBe(
    10 * minute,
  );
  await close();
});

test('a hub that refuses is asked less and less', async () => {
  const { poll, feedId, ask, db, close } = await room();
  await poll(feedId);
  hubAnswers = 404;
  expect(await ask()).toEqual({ status: 'failed', error: 'The hub answered 404 No, thank you' });
  expect(
    await db.one('select failures, last_error, next_ask_at from feed_hubs where feed_id = $1', [feedId]),
  ).toEqual({
    failures: 1,
    lastError: 'The hub answered 404 No, thank you',
    nextAskAt: new Date(start.getTime() + hour),
  });
  expect(nextAskAfter(start, 20).getTime() - start.getTime()).toBe(7 * 24 * hour);
  await close();
});

test('a hub that denies has no lease', async () => {
  const { call, feedId, db, close } = await agreed();
  expect((await call({ 'hub.mode': 'denied', 'hub.reason': 'too many' })).status).toBe(200);
  expect((await getFeed(db, feedId, new Date()))?.pushedUntil).toBeNull();
  await close();
});

test('a feed that is removed, or names its hub no more, wants nothing from it', async () => {
  const one = await agreed();
  await removeFeed(one.deps, { feedId: one.feedId });
  expect((await one.tell('x', one.sign('x'))).status).toBe(410);
  await one.close();
  const two = await agreed();
  site.answer = (_, response) => void response.end(rss([]));
  await two.poll(two.feedId);
  expect((await two.tell('x', two.sign('x'))).status).toBe(410);
  await two.close();
});

test('a hub at a private address is not asked', async () => {
  const { poll, feedId, deps, close } = await room();
  await poll(feedId);
  const strict = { ...deps, allowPrivateFeeds: [] };
  expect(await askHub(strict, { feedId })).toMatchObject({
    status: 'failed',
    error: expect.stringContaining('private address'),
  });
  expect(asked).toEqual([]);
  await close();
});

test('a hub may redirect, but not inward', async () => {
  const { poll, feedId, ask, close } = await room();
  await poll(feedId);
  hub.answer = (_, response) => void response.writeHead(307, { location: 'http://[::1]:1/' }).end();
  expect(await ask()).toMatchObject({ status: 'failed', error: expect.stringContaining('private address') });
  await close();
});

test('nobody is asked to call an address that cannot be reached', async () => {
  const { poll, feedId, deps, db, close } = await room();
  await poll(feedId);
  const { count } = await db.one<{ count: number }>(
    'select count(*)::int from feed_hubs where feed_id = $1',
    [feedId],
  );
  expect(count).toBe(1);
  await close();
  expect(deps.baseUrl).toBe('https://digest.example');
  for (const base of [
    'http://localhost:3000',
    'http://127.0.0.1',
    'http://[::1]',
    'http://10.1.2.3',
    'http://digest',
    'https://digest.local',
    'nonsense',
  ])
    expect(isPublicBase(base)).toBe(false);
  for (const base of ['https://digest.example.org', 'http://93.184.215.14:8080'])
    expect(isPublicBase(base)).toBe(true);
});

test('signatures of every method that the standard names', () => {
  const secret = hubSecret(secrets.derive('websub').current, 'token');
  const body = Buffer.from('words');
  for (const method of ['sha1', 'sha256', 'sha384', 'sha512'])
    expect(isSigned(`${method}=${createHmac(method, secret).update(body).digest('hex')}`, body, secret)).toBe(
      true,
    );
  expect(isSigned(undefined, body, secret)).toBe(false);
});
