// What an anonymous request may cost: a look at its host and its token, before anything reads its body.
import { connect } from 'node:net';
import { signToken } from '../../src/subscribers/tokens.js';
import { cpuTime } from '../support/cpu-time.js';
import { startApp, type TestApp } from '../support/app.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import { links, makeNewsletter, makeReaders } from '../support/newsroom.js';
import { limits } from '../support/site.js';

const database = useDatabase();
let app: TestApp;
let subscriptionId: string;
beforeAll(async () => {
  const { id } = await makeNewsletter(database.db);
  await makeReaders(database.db, id, 1);
  subscriptionId = (await database.db.one<{ id: string }>('select id::text as id from subscriptions')).id;
  const subscribeLimits = limits({ linksPerCaller: { times: 3, withinSeconds: 3600 } });
  app = await startApp(database, { settings: { subscribeLimits } });
});
closeAfterAll(() => app.close());

/** Sends exactly this text and returns the answer's status line, without waiting for the end of the body. */
function statusOf(request: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1', () => socket.write(request));
    socket.once('data', (data) => {
      resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(data.toString('latin1'))?.[1]));
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

const header = (path: string, ...headers: string[]) =>
  [`POST ${path} HTTP/1.1`, ...headers, '', 'a=1'].join('\r\n');

test.each([
  ['/preferences/x', 404],
  ['/address/x', 404],
  ['/unsubscribe/x', 404],
  ['/review/x/save', 404],
  ['/held/x/release', 404],
  ['/hooks/websub/x', 410],
  ['/console/issues/1/review/save', 303],
  ['/console/newsletters/x/imports', 303],
  ['/api/v1/newsletters', 401],
])('%s answers a stranger before the body has come', async (path, status) => {
  const type = 'Content-Type: application/x-www-form-urlencoded';
  expect(await statusOf(header(path, 'Host: a.example', type, 'Content-Length: 100000'))).toBe(status);
});

test('one click leaves, whatever the body says', async () => {
  const token = signToken(links.key, 'unsubscribe', subscriptionId);
  const answer = await fetch(`${app.url}/unsubscribe/${token}`, {
    method: 'POST',
    body: 'a&'.repeat(100_000),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  expect(answer.status).toBe(200);
});

test.each([
  ['two hosts', ['Host: a.example', 'Host: b.example'], 400],
  ['the same host twice', ['Host: a.example', 'host: a.example'], 400],
  ['a list of hosts', ['Host: a.example, b.example'], 400],
  ['a host with a path', ['Host: a.example/b'], 400],
  ['no host', [], 400],
  ['a name', ['Host: a.example'], 200],
  ['an IPv6 address with a port', ['Host: [2001:db8::1]:3000'], 200],
])('RFC 9112 section 3.2: %s', async (_, headers, status) => {
  const request = ['GET /healthz HTTP/1.1', ...headers, '', ''].join('\r\n');
  expect(await statusOf(request)).toBe(status);
});

const limited = [
  '/confirm/x',
  '/confirm/x/again',
  '/preferences/x',
  '/address/x',
  '/review/x/save',
  '/held/x/known',
];

test.each(limited)('%s has a limit by caller', async (path) => {
  const from = `198.51.100.${limited.indexOf(path)}`;
  const post = () =>
    fetch(app.url + path, { method: 'POST', headers: { 'x-forwarded-for': from }, redirect: 'manual' });
  for (let time = 0; time < 3; time += 1) expect((await post()).status).toBe(404);
  const refused = await post();
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('the links share one limit, and leaving has none', async () => {
  const post = (path: string) =>
    fetch(app.url + path, { method: 'POST', headers: { 'x-forwarded-for': '198.51.100.200' } });
  for (const path of ['/confirm/x', '/preferences/x', '/address/x']) await post(path);
  expect((await post('/confirm/y')).status).toBe(429);
  const token = signToken(links.key, 'unsubscribe', subscriptionId);
  for (let time = 0; time < 5; time += 1) expect((await post(`/unsubscribe/${token}`)).status).toBe(200);
});

test('256 kB of repeated names cost little, and other requests are answered meanwhile', async () => {
  const body = 'a&'.repeat(127_000);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const token = signToken(links.key, 'preferences', subscriptionId);
  for (const path of ['/n/the-daily-test/subscribe', `/preferences/${token}`]) {
    const used = await cpuTime(async () => {
      const [flood, health] = await Promise.all([
        fetch(app.url + path, { method: 'POST', headers, body }),
        fetch(`${app.url}/healthz`),
      ]);
      expect([flood.status, health.status]).toEqual([413, 200]);
    });
    expect(used).toBeLessThan(1_000);
  }
});
