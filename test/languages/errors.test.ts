// Readers get errors as a page in their language; programs get problem+json with a stable code.
import { readConfig } from '../../src/config/environment.js';
import { openDatabase } from '../../src/db.js';
import { day } from '../../src/durations.js';
import { startApp, type TestApp } from '../support/app.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import { makePending } from '../support/joining.js';
import { makeNewsletter } from '../support/newsroom.js';

const database = useDatabase();
let app: TestApp;
let withoutDatabase: TestApp;
let broken: TestApp;
const nowhere = openDatabase({ url: 'postgres://nobody@127.0.0.1:1/nothing' });
/** The token of a link that is over. */
let over: string;

beforeAll(async () => {
  const { id: newsletterId } = await makeNewsletter(database.db, { name: 'Closed', archive: 'subscribers' });
  const fiveDaysAgo = () => new Date(Date.now() - 5 * day);
  over = await makePending(database.db, { email: 'late@readers.example', newsletterId }, fiveDaysAgo);
  const { subscribeLimits } = readConfig({ SUBSCRIBE_PER_CALLER: '1/1h' });
  app = await startApp(database, { settings: { subscribeLimits } });
  withoutDatabase = await startApp({ db: nowhere, url: database.url });
  broken = await startApp(database, {
    now: () => {
      throw new Error('a bug');
    },
  });
});
closeAfterAll(async () => {
  for (const one of [app, withoutDatabase, broken]) await one.close();
  await nowhere.end();
});

const body = 'email=ada@readers.example';
const form = { 'content-type': 'application/x-www-form-urlencoded', 'x-forwarded-for': '192.0.2.9' };
const plain = { ...form, 'x-forwarded-for': '127.0.0.1' };
interface Asked {
  method: string;
  body: string;
  headers?: Record<string, string>;
}
const failures: [number, string, () => [TestApp, string, Asked?]][] = [
  [404, 'a page that is not there', () => [app, '/nothing/here']],
  [404, 'a newsletter that is not there', () => [app, '/n/none']],
  [404, 'a link that is none', () => [app, '/preferences/AAAAAAAAAAAAAAAAAAAAAAAAAAAA']],
  [
    400,
    'an address that is none',
    () => [app, '/n/closed/subscribe', { method: 'POST', body: 'email=x', headers: plain }],
  ],
  [403, 'an archive for readers', () => [app, '/n/closed/issues/1']],
  [410, 'a link that is over', () => [app, `/confirm/${over}`]],
  [413, 'too much', () => [app, '/subscribe', { method: 'POST', body: 'x'.repeat(400_000) }]],
  [429, 'too often', () => [app, '/n/closed/subscribe', { method: 'POST', body, headers: form }]],
  [500, 'a bug of ours', () => [broken, `/confirm/${over}`]],
  [503, 'a database that does not answer', () => [withoutDatabase, '/n/closed']],
];

test.each(failures)('%i: %s', async (status, _, ask) => {
  const [of, path, asked] = ask();
  const answer = (language: string) =>
    fetch(of.url + path, {
      ...asked,
      headers: { ...asked?.headers, accept: 'text/html', 'accept-language': language },
    });
  for (const language of ['he', 'ar']) {
    // The first request is within the limit.
    if (status === 429) await answer(language);
    const said = await answer(language);
    const html = await said.text();
    expect({ status: said.status, html }).toMatchObject({ status });
    expect(html).toMatch(new RegExp(`<html lang="${language}" dir="rtl">`));
    const words = html
      .replace(/[\s\S]*<main>([\s\S]*)<\/main>[\s\S]*/, '$1')
      .replaceAll(
        /<bdi>.*?<\/bdi>|<strong class="address">.*?<\/strong>|<[^>]+>|&[#\w]+;|Closed|news\.example\.org|UTC/g,
        ' ',
      );
    expect(words).toMatch(/[\u0590-\u06ff]{3}/);
    expect(words).not.toMatch(/[A-Za-z]{3}/);
    const waits = Number(said.headers.get('retry-after') ?? 0) > 0;
    expect(waits).toBe(status === 429 || status === 503);
  }
});

test('a program reads a code, and words in its language', async () => {
  const said = await fetch(`${app.url}/n/none/subscribe`, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json', 'accept-language': 'de' },
  });
  expect(said.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(await said.json()).toMatchObject({ status: 404, code: 'unknown-newsletter' });
});
