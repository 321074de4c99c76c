// The embedded form on a site of another origin, in a real browser: a page like a WordPress sidebar, with its
// theme and its policy.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { makeNewsletter } from '../support/newsroom.js';
import { describeInBrowser, useBrowser, violationsIn } from './chromium.js';
import { useApp, useDatabase } from '../support/fixture.js';

const inside = "document.querySelector('.daily-digest').shadowRoot";

/** A widget area of an old theme, whose styles match every element. */
const sitePage = (
  content: string,
) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A blog</title>
  <meta name="viewport" content="width=device-width"><style>
  body { margin: 0; font: 16px/1.5 Georgia, serif; background: #fffaf0; color: #222; }
  aside { box-sizing: border-box; width: 280px; padding: 16px; } p { margin-bottom: 2em; }
  aside, aside p, aside label { text-transform: uppercase; letter-spacing: .2em; }
  input, select, button { display: none !important; width: 900px; float: left; } label { position: fixed; } form { border: 9px solid red; }
  @media (prefers-color-scheme: dark) { :root { color-scheme: dark; } body { background: #111; color: #eee; } }
  </style></head><body><main><h1>A blog</h1><aside class="widget">${content}</aside></main></body></html>`;

describeInBrowser('embedded in another site', () => {
  const database = useDatabase();
  const app = useApp(database, { reachedAs: '127.0.0.1' });
  const browser = useBrowser();
  let site: Server;
  let siteUrl: string;
  let scripts = 1;
  let policy = '';
  let plain = '';
  let slug = 'harbour';
  let query = '';

  beforeAll(async () => {
    await makeNewsletter(database.db, { name: 'The Harbour Post', slug: 'harbour' });
    await makeNewsletter(database.db, {
      name: 'The Asking Post',
      slug: 'asking',
      topics: ['Food', 'Harbour & ferries'],
      schedule: { frequencies: ['daily', 'weekly'] },
      customFields: [
        { name: 'street', label: 'Your street', type: 'text' },
        { name: 'since', label: 'A reader since', type: 'number', min: 1900, integer: true },
        { name: 'paper', label: 'The paper', type: 'choice', choices: ['None', 'Every day'] },
        { name: 'adult', label: 'I am over 16', type: 'checkbox', required: true },
      ],
    });
    site = createServer((request, response) => {
      if (request.url !== '/') return response.writeHead(404).end();
      if (policy !== '') response.setHeader('content-security-policy', policy);
      if (plain !== '') return response.setHeader('content-type', 'text/html').end(sitePage(plain));
      const script = `<script src="${app.url}/n/${slug}/embed.js${query}" async></script>`;
      return response.setHeader('content-type', 'text/html').end(sitePage(script.repeat(scripts)));
    }).listen(0);
    await new Promise((resolve) => site.once('listening', resolve));
    siteUrl = `http://localhost:${(site.address() as AddressInfo).port}/`;
  });
  afterAll(async () => {
    await new Promise((resolve) => site?.close(resolve));
  });
  beforeEach(() => {
    scripts = 1;
    policy = '';
    plain = '';
    slug = 'harbour';
    query = '';
  });

  async function open(colorScheme: 'light' | 'dark' = 'light'): Promise<{ page: Page; asked: string[] }> {
    const context = await browser.newContext({ viewport: { width: 390, height: 700 }, colorScheme });
    const page = await context.newPage();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).host}`));
    await page.goto(siteUrl);
    await page.locator('.daily-digest form').first().waitFor();
    return { page, asked };
  }

  const says = (page: Page) => page.locator('.says');
  const focused = (page: Page, property: string) =>
    page.evaluate(`document.activeElement.shadowRoot.activeElement[${JSON.stringify(property)}]`);
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
    expect(await focused(page, 'className')).toBe('says');
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

  test('an invalid address shows a problem beside the field at once, and nothing is sent', async () => {
    const { page, asked } = await open();
    await email(page).fill('ada');
    await page.getByRole('button', { name: 'Subscribe' }).click();
    expect(await says(page).textContent()).toMatch(/Please enter your e-mail address/);
    expect(await email(page).getAttribute('aria-invalid')).toBe('true');
    expect(await focused(page, 'name')).toBe('email');
    expect(asked.filter((one) => one.startsWith('POST'))).toEqual([]);
    // The browser accepts this address; the server refuses it.
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
    await page.route('**/subscribe?*', async (route) => {
      if (route.request().method() === 'POST') await held;
      await route.continue();
    });
    await email(page).fill('patient@readers.example');
    const button = page.getByRole('button', { name: 'Subscribe' });
    await button.click();
    await button.click({ force: true });
    expect(await says(page).textContent()).toBe('One moment…');
    expect(await button.getAttribute('aria-disabled')).toBe('true');
    release();
    await page.locator('[data-kind=done]').waitFor();
    expect(asked.filter((one) => one.startsWith('POST'))).toHaveLength(1);
    await page.context().close();
  });

  test('a slip in a domain is hinted at and never corrected', async () => {
    const { page } = await open();
    const hint = page.locator('.hint');
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
    // A policy that forbids inline styles must not reveal the trap field.
    const trap = page.locator('input[name=website]').locator('..');
    expect(await trap.boundingBox()).toMatchObject({ width: 1, height: 1 });
    expect(await trap.getAttribute('style')).toContain('clip-path: inset(50%)');
    await page.context().close();
  });

  test('the trap of the plain form is hidden without any style, and is sent', async () => {
    const own = await (await fetch(`${app.url}/n/harbour/embed`)).text();
    const unescaped = own.replaceAll(
      /&(lt|gt|quot|amp|#x27|#x3D);/g,
      (_, name: string) => ({ lt: '<', gt: '>', quot: '"', amp: '&', '#x27': "'", '#x3D': '=' })[name] ?? '',
    );
    plain = /<form action=.*?<\/form>/s.exec(unescaped)?.[0] ?? '';
    policy = `default-src 'none'; form-action ${app.url}`;
    const page = await browser.newPage();
    await page.goto(siteUrl);
    expect(await page.locator('[name=email]').isVisible()).toBe(true);
    expect(await page.locator('[name=website]').isVisible()).toBe(false);
    expect(await page.getByText('Leave this empty').isVisible()).toBe(false);
    // A program that fills in every field it finds in the HTML.
    const sent = page.waitForRequest((request) => request.method() === 'POST');
    await page.evaluate(`{ const { elements } = document.forms[0];
      elements.email.value = 'bot@readers.example'; elements.website.value = 'x'; document.forms[0].submit(); }`);
    expect(new URLSearchParams((await sent).postData() ?? '').get('website')).toBe('x');
    expect(await requested('bot@readers.example')).toBeUndefined();
    await page.close();
  });

  test('topics, frequency and custom fields are chosen in the sidebar, and stored', async () => {
    slug = 'asking';
    const { page } = await open();
    await email(page).fill('chooser@readers.example');
    await page.getByLabel('Weekly').check();
    await page.getByLabel('Harbour & ferries').check();
    await page.getByLabel('Your street').fill('Kajgatan');
    await page.getByLabel('A reader since').fill('1800');
    await page.getByLabel('The paper').selectOption('Every day');
    const submit = page.getByRole('button', { name: 'Subscribe' });
    await submit.click();
    expect(await says(page).textContent()).toMatch(/^A reader since \(optional\): /);
    expect(await focused(page, 'name')).toBe('customFields.since');
    await page.getByLabel('A reader since').fill('1999');
    await submit.click();
    expect(await says(page).textContent()).toMatch(/^I am over 16: /);
    await page.getByLabel('I am over 16').check();
    await submit.click();
    await page.locator('[data-kind=done]').waitFor();
    expect(
      await database.db.one(
        `select s.topics, s.custom_fields, t.frequency from subscriptions s join reading_times t on t.id = s.reading_time_id
           join subscribers r on r.id = s.subscriber_id where r.address = 'chooser@readers.example'`,
      ),
    ).toEqual({
      topics: ['Harbour & ferries'],
      customFields: { street: 'Kajgatan', since: 1999, paper: 'Every day', adult: true },
      frequency: 'weekly',
    });
    await page.context().close();
  });

  test('a problem from the server appears beside its field', async () => {
    slug = 'asking';
    const { page } = await open();
    await email(page).fill('refused@readers.example');
    await page.getByLabel('I am over 16').check();
    // Simulates a field definition that changed after the page was loaded.
    await page.evaluate(`${inside}.querySelector('select').append(new Option('Gone', 'Gone', true, true))`);
    await page.getByRole('button', { name: 'Subscribe' }).click();
    await page.locator('[data-kind=problem]').waitFor();
    expect(await says(page).textContent()).toBe('The paper: please choose one of the options.');
    expect(await page.getByLabel('The paper').getAttribute('aria-invalid')).toBe('true');
    expect(await focused(page, 'name')).toBe('customFields.paper');
    await page.context().close();
  });

  test('a field that the form does not have is asked on our own page', async () => {
    slug = 'asking';
    const { page } = await open();
    await email(page).fill('older@readers.example');
    // Simulates a cached script that is older than the field.
    await page.evaluate(
      `${inside}.querySelectorAll('[name="customFields.adult"]').forEach((i) => i.remove())`,
    );
    await page.getByRole('button', { name: 'Subscribe' }).click();
    await page.locator('[data-kind=problem]').waitFor();
    expect(await says(page).textContent()).toMatch(
      /^I am over 16: please tick this box\. You can also subscribe on/,
    );
    const link = page.getByRole('link', { name: 'the page of The Asking Post' });
    expect(await link.getAttribute('href')).toBe(`${app.url}/n/asking`);
    await page.context().close();
  });

  test('the theme’s style sheet does not reach the form, nor ours the theme', async () => {
    const { page } = await open();
    expect(await email(page).isVisible()).toBe(true);
    const style = (selector: string, property: string) =>
      page.evaluate(`getComputedStyle(${inside}.querySelector('${selector}')).${property}`);
    expect(await style('input', 'float')).toBe('none');
    expect(await style('label', 'position')).toBe('static');
    expect(await style('.consent', 'textTransform')).toBe('none');
    // The form takes its fonts and colours from the site.
    expect(await style('input', 'fontFamily')).toMatch(/^Georgia/);
    await page.context().close();
  });

  test('a site with Trusted Types shows the form, or a link if its policy does not allow ours', async () => {
    const self = `script-src ${app.url}; connect-src ${app.url}; require-trusted-types-for 'script'`;
    policy = self;
    const { page } = await open();
    await email(page).fill('typed@readers.example');
    await page.keyboard.press('Enter');
    await page.locator('[data-kind=done]').waitFor();
    policy = `${self}; trusted-types none-of-ours`;
    await page.goto(siteUrl);
    const link = page.getByRole('link', { name: 'the page of The Harbour Post' });
    await link.waitFor();
    expect(await page.locator('.daily-digest').count()).toBe(0);
    await page.context().close();
  });

  test('a program that fills every field gets the usual answer, and is not subscribed', async () => {
    const { page } = await open();
    await email(page).fill('robot@readers.example');
    await page.evaluate(`${inside}.querySelector('[name=website]').value = 'https://spam.example'`);
    await email(page).press('Enter');
    await page.locator('[data-kind=done]').waitFor();
    expect(await requested('robot@readers.example')).toBeUndefined();
    await page.context().close();
  });

  test.each(['en', 'he', 'ar'])(
    'in %s: nothing is inaccessible, turned the wrong way or wider than its place',
    async (language) => {
      scripts = 2;
      slug = 'asking';
      query = `?lang=${language}`;
      const { page } = await open();
      await page.locator('.daily-digest form').nth(1).waitFor();
      const address = page.locator('input[name=email]').first();
      await address.fill('ada@gmial.com');
      await address.blur();
      await page.locator('button[type=submit]').nth(1).click();
      const faults: string[] = [];
      for (const width of [1200, 375])
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.setViewportSize({ width, height: 800 });
          await page.emulateMedia({ colorScheme });
          const found = [
            ...(await violationsIn(page)),
            ...(await page.evaluate<string[]>(
              `[...${inside}.querySelectorAll('form *')].filter((part) => {
                  const { left, right, width } = part.getBoundingClientRect();
                  return width > 1 && (left < 15 || right > 265);
                }).map((part) => 'sticks out: ' + part.outerHTML.slice(0, 200))`,
            )),
          ];
          faults.push(...found.map((fault) => `${width} wide, ${colorScheme}: ${fault}`));
        }
      expect(faults).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
      const direction = await page.evaluate(`getComputedStyle(${inside}.querySelector('form')).direction`);
      expect(direction).toBe(language === 'en' ? 'ltr' : 'rtl');
      await page.context().close();
    },
  );
});
