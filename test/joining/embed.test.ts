// The script and the code that other sites use to embed our form.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Script } from 'node:vm';
import sharp from 'sharp';
import { brandStyle } from '../../src/digest/brand-style.js';
import { contrast } from '../../src/digest/colours.js';
import { languages } from '../../src/languages/language.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { baseUrl, makeNewsletter } from '../support/newsroom.js';

const database = useDatabase();
const app = useApp(database);

beforeAll(async () => {
  await makeNewsletter(database.db, {
    name: 'The Harbour Post',
    slug: 'asking',
    schedule: { frequencies: ['daily', 'weekly'] },
    topics: ['City hall', 'Harbour & ferries', 'Food', 'Culture', 'Weather', 'Lost cats'],
    customFields: [
      { name: 'street', label: 'Your street', type: 'text', hint: 'So that we know who reads us where.' },
      { name: 'since', label: 'A reader since', type: 'number', min: 0, max: 2100, integer: true },
      { name: 'paper', label: 'The paper', type: 'choice', choices: ['Daily', 'Saturdays'], required: true },
      { name: 'adult', label: 'I am over 16', type: 'checkbox', required: true, hint: 'The law wants it.' },
    ],
  });
  await makeNewsletter(database.db, { name: '</script><b>"$&\u2028', slug: 'tricky' });
});

let images: Server | undefined;
afterAll(() => {
  images?.closeAllConnections();
  images?.close();
});

const get = (path: string) => fetch(`${app.url}${path}`, { headers: { accept: 'text/html' } });
const post = (path: string, email: string) =>
  fetch(`${app.url}${path}`, {
    method: 'POST',
    headers: { accept: 'text/html' },
    body: new URLSearchParams({ email }),
  });

/** The values of the newsletter that the script holds. */
const valuesIn = (script: string) =>
  JSON.parse(/\{"page":.*?"words":\{.*?"\}\}/s.exec(script)?.[0] ?? '') as {
    words: { page: string };
    html: string;
  };

test('the publisher’s colour and logo are on the public pages and in the form for other sites', async () => {
  const png = await sharp({ create: { width: 440, height: 100, channels: 3, background: '#204a30' } })
    .png()
    .toBuffer();
  const server = createServer((_req, res) => void res.setHeader('content-type', 'image/png').end(png)).listen(
    0,
  );
  images = server;
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/logo.png`;
  await makeNewsletter(database.db, {
    name: 'The Green Post',
    slug: 'green',
    look: { brandColour: '#2c6e49', logo: { url, width: 220, height: 50 } },
  });
  const style = '<link rel="stylesheet" href="/assets/brand-2c6e49.css">';
  const logo = /<img src="(\/n\/green\/logo\?\w+)" width="220" height="50" alt="The Green Post">/;
  for (const path of ['/n/green', '/n/green/issues', '/n/green/embed']) {
    const page = await (await get(path)).text();
    expect(page).toContain(style);
    expect(page).toMatch(logo);
  }
  expect(await (await post('/n/green/subscribe', 'reader@example.org')).text()).toContain(style);
  const framed = await (await get('/n/green/embed?frame=1')).text();
  expect(framed).toContain(style);
  expect(framed).not.toMatch(logo); // the policy of the frame allows no image
  expect(await (await get('/n/asking')).text()).not.toMatch(/assets\/brand-|<img/);
  expect(await (await get('/n/green/embed.js')).text()).toContain(
    '"button":{"accent":"#2c6e49","onAccent":"#ffffff"}',
  );

  const served = await get(logo.exec(await (await get('/n/green')).text())?.[1] ?? '');
  expect([served.status, served.headers.get('content-type')]).toEqual([
    200,
    expect.stringMatching(/^image\//),
  ]);
  expect((await get('/n/asking/logo')).status).toBe(404);
  const sheet = await (await get('/assets/brand-2c6e49.css')).text();
  const [light, dark] = sheet.split('@media');
  expect(light).toContain('--accent:#2c6e49');
  expect(dark).toContain('prefers-color-scheme:dark');
  for (const unknown of ['/assets/brand-2C6E49.css', '/assets/brand-red.css', '/assets/brand-2c6e4.css'])
    expect((await get(unknown)).status).toBe(404);
});

test.each(['#ffffff', '#000000', '#ffff00', '#0b5a78', '#ff0066', '#808080'])(
  'words on buttons and links are readable in %s',
  (brand) => {
    for (const [part, card] of brandStyle(brand)
      .split('@media')
      .map((text, at) => [text, ['#ffffff', '#1e2024'][at] ?? ''] as const)) {
      const value = (name: string) => new RegExp(`--${name}:(#\\w{6})`).exec(part)?.[1] ?? '';
      expect(contrast(value('accent'), card)).toBeGreaterThanOrEqual(4.5);
      expect(contrast(value('accent'), value('on-accent'))).toBeGreaterThanOrEqual(4.5);
      expect(contrast(value('accent-strong'), value('on-accent'))).toBeGreaterThanOrEqual(4.5);
      expect(contrast(value('accent-strong'), value('accent-tint'))).toBeGreaterThanOrEqual(4.5);
    }
  },
);

test('the script is small, may be kept, runs on any site, and asks no other host', async () => {
  const answer = await get('/n/tricky/embed.js');
  expect(answer.headers.get('content-type')).toMatch(/^text\/javascript/);
  expect(answer.headers.get('cache-control')).toBe('public, max-age=3600');
  expect(answer.headers.get('etag')).toBeTruthy();
  expect(answer.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  const script = await answer.text();
  expect(Buffer.byteLength(script)).toBeLessThan(10_000);
  expect(script.match(/https?:\/\/[^/"'\s]+/g)?.filter((host) => host !== baseUrl)).toEqual([]);
  expect(valuesIn(script).html.replaceAll('&#x3D;', '=')).toContain(
    `action="${baseUrl}/n/tricky/subscribe?lang=en"`,
  );
  expect(script).not.toMatch(/^\s|\/\/ |\/\*\*|NEWSLETTER|export |import \{/m);
});

test.each([...languages])('with all that a form may ask it is small too: %s', async (language) => {
  const answer = await get(`/n/asking/embed.js?lang=${language}`);
  expect(answer.headers.get('content-language')).toBe(language);
  const script = await answer.text();
  // The limit applies before compression.
  expect(Buffer.byteLength(script)).toBeLessThan(10_000);
  expect(() => new Script(script)).not.toThrow();
  const { html } = valuesIn(script);
  for (const name of ['email', 'frequency', 'topics', 'street', 'since', 'paper', 'adult', 'wording'])
    expect(html).toMatch(new RegExp(` name="(customFields\\.)?${name}"`));
});

test('a newsletter’s name is text in the script, also with markup in it', async () => {
  const script = await (await get('/n/tricky/embed.js')).text();
  expect(script).not.toContain('</script>');
  const { words, html } = valuesIn(script);
  expect(words.page).toContain('</script><b>"$&');
  expect(html).toContain('&lt;/script&gt;&lt;b&gt;');
  expect(() => new Script(script)).not.toThrow();
});

test('the page shows code that is text', async () => {
  const html = (await (await get('/n/tricky/embed')).text()).replaceAll('&#x3D;', '=');
  expect(html).toContain(`&lt;script src=&quot;${baseUrl}/n/tricky/embed.js&quot; async&gt;&lt;/script&gt;`);
  // The whole code is visible, and a button copies it.
  expect(html).not.toContain('<textarea');
  for (const kind of ['script', 'html', 'frame']) {
    expect(html).toContain(`<code id="code-${kind}">`);
    expect(html).toContain(`data-copy="code-${kind}"`);
  }
  expect((await get('/assets/copy.js')).status).toBe(200);
  // In the code, the name is escaped twice: as part of the code, and for the page.
  expect(html).toContain('&amp;lt;/script&amp;gt;&amp;lt;b&amp;gt;');
  expect(html).not.toContain('<b>');
  expect((await get('/n/none/embed')).status).toBe(404);
  expect((await get('/n/none/embed.js')).status).toBe(404);
});

test('the form may be framed, with its answers, and nothing else may', async () => {
  const mayBeFramed = ({ headers }: Response) =>
    headers.get('x-frame-options') === null &&
    /frame-ancestors \*/.test(headers.get('content-security-policy') ?? '');
  const form = await get('/n/tricky/embed?frame=1');
  expect(mayBeFramed(form)).toBe(true);
  const html = await form.text();
  expect(html).toContain('action="/n/tricky/subscribe?frame=1"');
  expect(html).not.toContain('class="masthead"');

  const refused = await post('/n/tricky/subscribe?frame=1', 'nobody');
  expect(refused.status).toBe(400);
  expect(mayBeFramed(refused)).toBe(true);
  expect(await refused.text()).toMatch(/subscribe\?frame=1[\s\S]*role="alert"/);

  const accepted = await post('/n/tricky/subscribe?frame=1', 'framed@readers.example');
  expect(accepted.status).toBe(200);
  expect(mayBeFramed(accepted)).toBe(true);
  expect(await accepted.text()).toMatch(/Check your inbox[\s\S]*href="\/n\/tricky\/embed\?frame(=|&#x3D;)1"/);

  for (const path of ['/n/tricky', '/n/tricky/embed', '/n/tricky/issues', '/confirm/x?frame=1'])
    expect(mayBeFramed(await get(path))).toBe(false);
  expect(mayBeFramed(await post('/n/tricky/subscribe', 'unframed@readers.example'))).toBe(false);
});

test('each page links an icon, and a browser that asks without a link gets it', async () => {
  for (const path of ['/n/asking', '/console/sign-in'])
    expect(await (await get(path)).text()).toContain('href="/assets/icon.svg"');
  const icon = await get('/favicon.ico');
  expect([icon.status, icon.headers.get('content-type')]).toEqual([200, 'image/svg+xml']);
});
