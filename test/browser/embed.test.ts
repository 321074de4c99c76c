// The form as a script on a site of another origin, in a real browser: a page as a WordPress sidebar has it, with a theme
// and a policy of its own.
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser, type Page } from 'playwright-core';
import { freePort } from '../../src/embedded.js';
import { startApp, type TestApp } from '../support/app.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { makeNewsletter } from '../support/newsroom.js';

const executablePath = '/usr/bin/chromium';
const present = existsSync(executablePath);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A widget area of a theme that styles what it finds. */
const sitePage = (
  content: string,
) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A blog</title>
  <meta name="viewport" content="width=device-width"><style>
  body { margin: 0; font: 16px/1.5 Georgia, serif; background: #fffaf0; color: #222; }
  aside { box-sizing: border-box; width: 280px; padding: 16px; } p { margin-bottom: 2em; }
  @media (prefers-color-scheme: dark) { :root { color-scheme: dark; } body { background: #111; color: #eee; } }
  </style></head><body><main><h1>A blog</h1><aside class="widget">${content}</aside></main></body></html>`;

(present ? describe : describe.skip)(
  present ? 'embedded in another site' : 'embedded in another site (chromium is not installed)',
  () => {
    let database: TestDatabase;
    let app: TestApp;
    let browser: Browser;
    let site: Server;
    let siteUrl: string;
    let scripts = 1;
    let policy = '';

    beforeAll(async () => {
      database = await testDatabase();
      const port = await freePort();
      app = await startApp(database, { port, publicUrl: `http://127.0.0.1:${port}` });
      await makeNewsletter(database.db, { name: 'The Harbour Post', slug: 'harbour' });
      site = createServer((request, response) => {
        if (request.url !== '/') return response.writeHead(404).end();
        if (policy !== '') response.setHeader('content-security-policy', policy);
        const script = `<script src="${app.url}/n/harbour/embed.js" async></script>`;
        return response.setHeader('content-type', 'text/html').end(sitePage(script.repeat(scripts)));
      }).listen(0);
      await new Promise((resolve) => site.once('listening', resolve));
      siteUrl = `http://localhost:${(site.address() as AddressInfo).port}/`;
      browser = await chromium.launch({
        executablePath,
        args: [
          '--no-sandbox',
          '--disable-gpu',
          '--disable-background-networking',
          '--disable-component-update',
          '--disable-sync',
        ],
      });
    });
    afterAll(async () => {
      await browser?.close();
      await new Promise((resolve) => site?.close(resolve));
      await app?.close();
      await database?.close();
    });
    beforeEach(() => {
      scripts = 1;
      policy = '';
    });

    async function open(colorScheme: 'light' | 'dark' = 'light'): Promise<{ page: Page; asked: string[] }> {
      const context = await browser.newContext({ viewport: { width: 390, height: 700 }, colorScheme });
      const page = await context.newPage();
      const asked: string[] = [];
      page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).host}`));
      await page.goto(siteUrl);
      await page.locator('form.daily-digest').first().waitFor();
      return { page, asked };
    }

    const says = (page: Page) => page.locator('.daily-digest-says');
    const email = (page: Page) => page.getByLabel('Your e-mail address');
    const requested = (address: string) =>
      database.db.maybeOne<{ status: string; wording: string }>(
        `select c.event as status, c.wording from consents c join subscriptions s on s.id = c.subscription_id
         join subscribers r on r.id = s.subscriber_id where r.address = $1`,
        [address],
      );

    test('a reader subscribes with the keyboard, and the request is in the database with the words shown', async () => {
      const { page, asked } = await open();
      await email(page).focus();
      await page.keyboard.type('ada@readers.example');
      await page.keyboard.press('Enter');
      await page.locator('[data-kind=done]').waitFor();
      expect(await says(page).textContent()).toMatch(
        /^Check your inbox: we have written to ada@readers\.example\./,
      );
      expect(await page.evaluate('document.activeElement.className')).toBe('daily-digest-says');
      expect(await requested('ada@readers.example')).toEqual({
        status: 'requested',
        wording: expect.stringMatching(/^Yes, send me The Harbour Post/),
      });
      const own = new URL(app.url).host;
      expect(new Set(asked)).toEqual(
        new Set([
          `GET ${new URL(siteUrl).host}`,
          `GET ${own}`,
          `POST ${own}`,
          ...asked.filter((one) => one === `OPTIONS ${own}`),
        ]),
      );
      expect(await page.context().cookies()).toEqual([]);
      await page.context().close();
    });

    test('what cannot be an address is said at once, beside the field, and nothing is sent', async () => {
      const { page, asked } = await open();
      await email(page).fill('ada');
      await page.getByRole('button', { name: 'Subscribe' }).click();
      expect(await says(page).textContent()).toMatch(/Please enter your e-mail address/);
      expect(await email(page).getAttribute('aria-invalid')).toBe('true');
      expect(await page.evaluate('document.activeElement.name')).toBe('email');
      expect(asked.filter((one) => one.startsWith('POST'))).toEqual([]);
      // The browser finds nothing wrong with this one; the server does.
      await email(page).fill(`${'a'.repeat(70)}@readers.example`);
      await page.keyboard.press('Enter');
      await page.locator('[data-kind=problem]', { hasNotText: 'Please enter' }).waitFor();
      expect(await email(page).getAttribute('aria-invalid')).toBe('true');
      await page.context().close();
    });

    test('waits once, however often the button is pressed', async () => {
      const { page, asked } = await open();
      let release = () => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      await page.route('**/subscribe', async (route) => {
        if (route.request().method() === 'POST') await held;
        await route.continue();
      });
      await email(page).fill('patient@readers.example');
      const button = page.getByRole('button', { name: 'Subscribe' });
      await button.click();
      await button.click({ force: true });
      expect(await says(page).textContent()).toBe('One moment …');
      expect(await button.getAttribute('aria-disabled')).toBe('true');
      release();
      await page.locator('[data-kind=done]').waitFor();
      expect(asked.filter((one) => one.startsWith('POST'))).toHaveLength(1);
      await page.context().close();
    });

    test('a slip in a domain is hinted at and never corrected', async () => {
      const { page } = await open();
      const hint = page.locator('.daily-digest-hint');
      const type = async (address: string) => {
        await email(page).fill(address);
        await email(page).blur();
        return hint.textContent();
      };
      for (const slip of ['gmial.com', 'gmai.com', 'gmaill.com', 'gmail.con', 'Gmial.COM', 'gmail.co'])
        expect(await type(`ada@${slip}`)).toBe('Did you mean ada@gmail.com?');
      expect(await type('ada@hotmial.com')).toBe('Did you mean ada@hotmail.com?');
      for (const meant of ['gmail.com', 'mail.com', 'ymail.com', 'example.org', 'outlook.de', 'gmx.de', 'g'])
        expect(await type(`ada@${meant}`)).toBe('');
      await type('ada@gmial.com');
      expect(await email(page).inputValue()).toBe('ada@gmial.com');
      await page.getByRole('button', { name: 'ada@gmail.com' }).click();
      expect(await email(page).inputValue()).toBe('ada@gmail.com');
      expect(await hint.textContent()).toBe('');
      await page.context().close();
    });

    test('where nothing can be sent, it leads to our own page', async () => {
      policy = `default-src 'none'; style-src 'self'; script-src ${app.url}`;
      const { page } = await open();
      await email(page).fill('blocked@readers.example');
      await page.keyboard.press('Enter');
      const link = page.getByRole('link', { name: 'the page of The Harbour Post' });
      expect(await link.getAttribute('href')).toBe(`${app.url}/n/harbour`);
      expect(await requested('blocked@readers.example')).toBeUndefined();
      // Under a policy without inline styles the trap is out of sight all the same.
      const trap = await page.locator('input[name=website]').boundingBox();
      expect((trap?.x ?? 0) + (trap?.width ?? 0)).toBeLessThan(0);
      await page.context().close();
    });

    test('a program that fills every field is answered like everybody, and is not subscribed', async () => {
      const { page } = await open();
      await email(page).fill('robot@readers.example');
      await page.evaluate(`document.querySelector('input[name=website]').value = 'https://spam.example'`);
      await email(page).press('Enter');
      await page.locator('[data-kind=done]').waitFor();
      expect(await requested('robot@readers.example')).toBeUndefined();
      await page.context().close();
    });

    test.each(['light', 'dark'] as const)(
      'in %s: nothing is inaccessible or wider than its place',
      async (scheme) => {
        scripts = 2;
        const { page } = await open(scheme);
        await page.locator('form.daily-digest').nth(1).waitFor();
        const ids = await page.evaluate('[...document.querySelectorAll("[id]")].map(({ id }) => id)');
        expect(new Set(ids as string[]).size).toBe((ids as string[]).length);
        await email(page).first().fill('ada@gmial.com');
        await email(page).first().blur();
        await page.getByRole('button', { name: 'Subscribe' }).nth(1).click();
        await page.evaluate(axe);
        const violations = (await page.evaluate(
          `axe.run().then((result) => result.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html + " " + n.failureSummary).join(" | ")))`,
        )) as string[];
        expect(violations).toEqual([]);
        const box = await page.locator('form.daily-digest').first().boundingBox();
        expect(box?.width).toBeLessThanOrEqual(248);
        expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
        await page.context().close();
      },
    );
  },
);
