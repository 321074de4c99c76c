// Every request needs a challenge, as in an attack. A real browser shows what readers see, with and without
// scripts.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { readConfig } from '../../src/config/environment.js';
import { makeNewsletter } from '../support/newsroom.js';
import { describeInBrowser, useBrowser, violationsIn } from './chromium.js';
import { useApp, useDatabase } from '../support/fixture.js';

describeInBrowser('a challenge in a browser', () => {
  const database = useDatabase();
  const { subscribeLimits } = readConfig({
    CHALLENGE: 'always',
    CHALLENGE_WORK: '5000',
    SUBSCRIBE_UNPROVEN: '1/1h',
  });
  const app = useApp(database, { reachedAs: '127.0.0.1', settings: { subscribeLimits } });
  const browser = useBrowser();
  let site: Server;
  let siteUrl: string;

  beforeAll(async () => {
    await makeNewsletter(database.db, { name: 'The Harbour Post', slug: 'harbour' });
    site = createServer((_request, response) => {
      response
        .setHeader('content-type', 'text/html')
        .end(
          `<!doctype html><html lang="en"><title>A blog</title><main><script src="${app.url}/n/harbour/embed.js" async></script></main>`,
        );
    }).listen(0);
    await new Promise((resolve) => site.once('listening', resolve));
    siteUrl = `http://localhost:${(site.address() as AddressInfo).port}/`;
  });
  afterAll(async () => {
    await new Promise((resolve) => site?.close(resolve));
  });

  async function open(url: string, options: BrowserContextOptions = {}) {
    const context = await browser.newContext({ viewport: { width: 390, height: 800 }, ...options });
    const page = await context.newPage();
    const asked: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) complaints.push(message.text());
    });
    await page.goto(url);
    return { page, asked, complaints };
  }

  const email = (page: Page) => page.getByLabel('Your e-mail address');
  const isStored = async (address: string) =>
    (await database.db.query('select 1 from subscribers where address_key = $1', [address])).length === 1;
  const used = async () =>
    (await database.db.one<{ count: number }>('select count(*)::int as count from used_challenges')).count;

  test.each(['/n/harbour', '/n/harbour/embed?frame=1'])(
    'at %s it is solved while the reader types, with the keyboard alone and nothing to see',
    async (path) => {
      const address = `ada${path.length}@readers.example`;
      const before = await used();
      const { page, asked, complaints } = await open(app.url + path);
      await email(page).focus();
      // People do not type faster than this.
      await page.waitForTimeout(2_100);
      await page.keyboard.type(address);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Check your inbox' }).waitFor();
      expect(await isStored(address)).toBe(true);
      expect(await used()).toBe(before + 1);
      expect(asked.filter((url) => !url.startsWith(app.url))).toEqual([]);
      expect(complaints).toEqual([]);
      // The reader goes back and submits again. The browser must not send the used challenge again.
      await page.goBack();
      await email(page).fill(`again-${address}`);
      await page.getByRole('button', { name: 'Subscribe' }).click();
      await page.getByRole('heading', { name: 'Check your inbox' }).waitFor();
      expect(await isStored(`again-${address}`)).toBe(true);
      expect(await used()).toBe(before + 2);
      await page.context().close();
    },
  );

  test('on another site it is solved when the form was refused', async () => {
    const { page, asked } = await open(siteUrl);
    await email(page).fill('blog@readers.example');
    await page.keyboard.press('Enter');
    await page.locator('[data-kind=done]').waitFor();
    expect(await isStored('blog@readers.example')).toBe(true);
    const hosts = new Set(asked.map((url) => new URL(url).host));
    expect([...hosts].toSorted()).toEqual([new URL(app.url).host, new URL(siteUrl).host].toSorted());
    await page.context().close();
  });

  test('a press that is too quick brings the form back, and the next one is enough', async () => {
    const { page } = await open(`${app.url}/n/harbour`);
    await email(page).fill('quick@readers.example');
    await page.getByRole('button', { name: 'Subscribe' }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toMatch(/press the button again/);
    expect(await email(page).inputValue()).toBe('quick@readers.example');
    expect(await violationsIn(page)).toEqual([]);
    await page.waitForTimeout(2_100);
    await page.getByRole('button', { name: 'Subscribe' }).click();
    await page.getByRole('heading', { name: 'Check your inbox' }).waitFor();
    expect(await isStored('quick@readers.example')).toBe(true);
    await page.context().close();
  });

  test('without JavaScript a few requests pass, and the other readers see why not', async () => {
    const { page } = await open(`${app.url}/n/harbour`, { javaScriptEnabled: false });
    const send = async (address: string) => {
      await email(page).fill(address);
      await page.waitForTimeout(2_100);
      await page.getByRole('button', { name: 'Subscribe' }).click();
    };
    await send('plain@readers.example');
    await page.getByRole('heading', { name: 'Check your inbox' }).waitFor();
    expect(await isStored('plain@readers.example')).toBe(true);
    await page.goto(`${app.url}/n/harbour`);
    await send('late@readers.example');
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toMatch(/JavaScript/);
    expect(await email(page).inputValue()).toBe('late@readers.example');
    expect(await isStored('late@readers.example')).toBe(false);
    await page.context().close();
  });
});
