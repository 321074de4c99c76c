// Malformed requests to the public pages get an immediate answer in words, never a 5xx of a bug.
import { connect } from 'node:net';
import { useApp, useDatabase } from '../support/fixture.js';
import { links, makeNewsletter, makeReaders } from '../support/newsroom.js';
import { signToken } from '../../src/subscribers/tokens.js';
import { subscriptionOf } from '../support/site.js';

const database = useDatabase();
const app = useApp(database);
let newsletterId: string;
let paths: string[];

beforeAll(async () => {
  const { id, slug } = await makeNewsletter(database.db, {
    customFields: [{ name: 'city', label: 'City', type: 'text' }],
  });
  newsletterId = id;
  await makeReaders(database.db, id, 1);
  const subscription = await subscriptionOf(database.db, id, 'reader1@readers.example.org');
  const signed = (purpose: 'unsubscribe' | 'preferences') => signToken(links.key, purpose, subscription.id);
  paths = [
    `/n/${slug}/subscribe`,
    '/subscribe',
    `/preferences/${signed('preferences')}`,
    `/unsubscribe/${signed('unsubscribe')}`,
    '/confirm/AAAAAAAAAAAAAAAAAAAAAA',
    '/confirm/AAAAAAAAAAAAAAAAAAAAAA/again',
    '/address/AAAAAAAAAAAAAAAAAAAAAA',
  ];
});

const urlencoded = 'application/x-www-form-urlencoded';
const post = (path: string, body: string | Buffer, type: string) =>
  fetch(app.url + path, { method: 'POST', body, headers: { 'content-type': type, accept: 'text/html' } });
const storedName = async (address: string) => (await subscriptionOf(database.db, newsletterId, address)).name;

const many = Array.from({ length: 3_000 }, (_, n) => `field${n}=x`).join('&');

test.each<[string, string | Buffer, string]>([
  ['nothing', '', urlencoded],
  ['no type', 'email=a@b.example', ''],
  ['a NUL', 'email=a%00b@b.example&name=%00&action=save&customFields.city=%00&comment=%00', urlencoded],
  ['half an escape', 'email=%e&name=%&action=%zz', urlencoded],
  ['half of a character', `{"email":"a@b.example","name":"\\ud800"}`, 'application/json'],
  ['JSON in UTF-16', Buffer.from('{"email":"a@b.example"}', 'utf16le'), 'application/json'],
  [
    'JSON in Latin-1',
    Buffer.from('{"email":"a@b.example","name":"J\u00fcrgen"}', 'latin1'),
    'application/json',
  ],
  ['JSON as deep as it gets', '['.repeat(100_000), 'application/json'],
  [
    'what objects have',
    '{"__proto__":{"email":"a@b.example"},"email":{"constructor":1}}',
    'application/json',
  ],
  [
    'numbers',
    '{"email":1,"name":2,"topics":3,"frequency":4,"customFields":5,"wording":6}',
    'application/json',
  ],
  ['lists', 'email=a@b.example&email=c@d.example&name=a&name=b&action=save&action=export', urlencoded],
  ['thousands of fields', many, urlencoded],
  ['thousands of topics', 'action=save&email=a@b.example&' + 'topics=x&'.repeat(5_000), urlencoded],
  ['a multipart body without a boundary', 'x', 'multipart/form-data'],
  [
    'half a multipart body',
    '--x\r\nContent-Disposition: form-data; name="email"\r\n\r\na',
    'multipart/form-data; boundary=x',
  ],
  ['a megabyte', 'x'.repeat(1_000_000), urlencoded],
  ['a picture', Buffer.from('89504e470d0a1a0a', 'hex'), 'image/png'],
])('%s', async (_, body, type) => {
  for (const path of paths) {
    const answer = await post(path, body, type);
    const words = await answer.text();
    expect({ path, bug: answer.status >= 500 }).toEqual({ path, bug: false });
    // Scripts get JSON, all others get a page.
    expect(words).toMatch(/<h1>[^<]+|"status":"accepted"|"detail":"[^"]+/);
  }
});

test('a body that is not compressed as announced, and an unknown encoding', async () => {
  for (const [encoding, status] of [
    ['gzip', 400],
    ['x', 415],
  ] as const) {
    const answer = await fetch(`${app.url}${paths[0]}`, {
      method: 'POST',
      body: 'email=a@b.example',
      headers: { 'content-type': urlencoded, 'content-encoding': encoding, accept: 'text/html' },
    });
    expect({ encoding, status: answer.status }).toEqual({ encoding, status });
  }
});

test('a form that is broken off is stored by half of it never', async () => {
  const { port } = new URL(app.url);
  for (const path of paths) {
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${urlencoded}\r\nContent-Length: 500\r\n\r\nemail=half@broken.example`,
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
  }
  expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
  await expect(subscriptionOf(database.db, newsletterId, 'half@broken.example')).rejects.toThrow(
    'expected one row, got 0',
  );
});

test('the same twice is one subscription', async () => {
  const body = 'email=twice@readers.example';
  const answers = await Promise.all(Array.from({ length: 10 }, () => post(paths[0] ?? '', body, urlencoded)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect((await subscriptionOf(database.db, newsletterId, 'twice@readers.example')).events).toEqual([
    'requested',
  ]);
});

test('a page in Latin-1 sends names in it, and they are read', async () => {
  await post(paths[0] ?? '', 'email=latin@readers.example&name=J%FCrgen+%C5s%80', urlencoded);
  expect(await storedName('latin@readers.example')).toBe('Jürgen Ås€');
  await post(paths[0] ?? '', Buffer.from('email=raw@readers.example&name=Zo\u00eb', 'latin1'), urlencoded);
  expect(await storedName('raw@readers.example')).toBe('Zoë');
  await post(paths[0] ?? '', 'email=utf8@readers.example&name=J%C3%BCrgen', urlencoded);
  expect(await storedName('utf8@readers.example')).toBe('Jürgen');
});
