// Every public page in a real browser, under the application's Content-Security-Policy: wide and narrow,
// light and dark, with and without scripts, from left to right and from right to left. axe-core finds no
// violation, nothing is cut off, and the reader need not scroll sideways.
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { directionOf, languages, type Language } from '../../src/languages/language.js';
import { packageRoot } from '../../src/config/environment.js';
import { styleSheet } from '../../src/templating/templates.js';
import { pageSamples } from '../digest/page-samples.js';
import { describeInBrowser, useBrowser, violationsIn } from './chromium.js';

const policy =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-src 'self'; base-uri 'none'";

/** The pictures of an issue come from the publisher's hosts. */
const policyOf = (name: string) =>
  name.startsWith('issue') ? policy.replace("img-src 'self'", "img-src 'self' https:") : policy;

const wide = { width: 1200, height: 900 };
const narrow = { width: 375, height: 900 };

interface Look {
  viewport: typeof wide;
  colorScheme: 'light' | 'dark';
}
const looks: Look[] = [wide, narrow].flatMap((viewport) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ viewport, colorScheme })),
);

/** Each width and each scheme once. */
const twoLooks: Look[] = [
  { viewport: wide, colorScheme: 'light' },
  { viewport: narrow, colorScheme: 'dark' },
];
const narrowLook: Look[] = [{ viewport: narrow, colorScheme: 'light' }];

interface Condition {
  language: Language;
  how: 'with scripts' | 'without scripts';
  seen: Look[];
  /** Whether axe looks too. It takes most of the time, and finds the same in a page that differs in words alone. */
  withAxe: boolean;
}
const conditions = languages.flatMap((language): Condition[] => {
  if (language === 'en')
    return [
      { language, how: 'with scripts', seen: looks, withAxe: true },
      { language, how: 'without scripts', seen: twoLooks, withAxe: true },
    ];
  if (directionOf(language) === 'rtl')
    return [
      { language, how: 'with scripts', seen: twoLooks, withAxe: true },
      { language, how: 'without scripts', seen: narrowLook, withAxe: false },
    ];
  // Looks like English, with longer words.
  return [{ language, how: 'with scripts', seen: narrowLook, withAxe: false }];
});

/** Elements that are wider than the page, or hidden in a box that scrolls. Long lines of code may scroll. */
const aside = `(() => {
  const wider = document.documentElement.scrollWidth - innerWidth;
  const out = [...document.body.querySelectorAll('*')].filter((element) => {
    const { left, right, width } = element.getBoundingClientRect();
    if (width <= 1 || element.closest('.trap, .unseen, pre, option')) return false;
    const scrolls = getComputedStyle(element).overflowX !== 'visible' && element.tagName !== 'TEXTAREA' && element.tagName !== 'INPUT';
    return left < -1 || right > innerWidth + 1 || (scrolls && element.scrollWidth > element.clientWidth + 1);
  });
  return [...(wider === 0 ? [] : ['the page by ' + wider + ' px']), ...out.map((element) => element.outerHTML.slice(0, 200))];
})()`;

const scriptUrls: Readonly<Record<string, URL>> = {
  ...Object.fromEntries(
    ['subscribe.js', 'preferences.js', 'challenge.js', 'solve.js'].map((name) => [
      name,
      new URL(`templates/pages/${name}`, packageRoot),
    ]),
  ),
  'domain-hint.js': new URL('../../src/joining/domain-hint.js', import.meta.url),
};

describeInBrowser('every public page', () => {
  const documents = new Map<string, string>();
  const browser = useBrowser();
  let server: Server;
  let base: string;

  beforeAll(async () => {
    for (const language of languages)
      for (const [name, html] of Object.entries(pageSamples(language)))
        documents.set(`/${language}/${name}`, html);
    server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      const [, asset = ''] = /^\/assets\/([\w.-]+)$/.exec(pathname) ?? [];
      // The page with the frame shows one sample of the frame, in every language.
      const html =
        documents.get(pathname) ?? documents.get(pathname.replace(/^\/n\/.*\/embed$/, '/en/embed-frame'));
      const script = scriptUrls[asset];
      if (asset === 'style.css') response.setHeader('content-type', 'text/css').end(styleSheet('style.css'));
      else if (script) response.setHeader('content-type', 'text/javascript').end(readFileSync(script));
      else if (html === undefined) response.writeHead(404).end();
      else {
        response.setHeader('content-security-policy', policyOf(pathname.split('/').at(-1) ?? ''));
        response.setHeader('content-type', 'text/html; charset=utf-8').end(html);
      }
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await new Promise((resolve) => server?.close(resolve));
  });

  async function faultsOf(page: Page, { language, seen, withAxe }: Condition): Promise<string[]> {
    const faults: string[] = [];
    for (const { viewport, colorScheme } of seen) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      const direction = await page.evaluate<string>('getComputedStyle(document.body).direction');
      const found = [
        ...(direction === directionOf(language) ? [] : [`is ${direction}`]),
        ...(await page.evaluate<string[]>(aside)).map((part) => `aside: ${part}`),
        ...(withAxe ? await violationsIn(page) : []),
      ];
      faults.push(...found.map((fault) => `${viewport.width} wide, ${colorScheme}: ${fault}`));
    }
    return faults;
  }

  test.each(conditions)('$language, $how', async (condition) => {
    const { language, how } = condition;
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) complaints.push(message.text());
    });
    // A scanner that opens links and runs scripts confirms nothing: no page submits itself.
    page.on('request', (request) => {
      if (request.method() !== 'GET') complaints.push(`${request.method()} ${request.url()}`);
    });
    // The samples' pictures do not exist, and no test sends requests beyond this machine.
    await page.route(/^https:/, (route) => route.abort());
    // axe-core needs a browser that runs scripts. Blocking the page's scripts simulates a reader without
    // them.
    if (how === 'without scripts') await page.route('**/assets/*.js', (route) => route.abort());
    const faults: string[] = [];
    for (const [path, html] of documents) {
      if (!path.startsWith(`/${language}/`)) continue;
      if (how === 'without scripts' && !html.includes('<script')) continue;
      await page.goto(base + path);
      faults.push(...(await faultsOf(page, condition)).map((fault) => `${path}: ${fault}`));
      expect(html).not.toContain('<noscript');
    }
    expect({ faults, complaints }).toEqual({ faults: [], complaints: [] });
    await page.close();
  });

  test('the subscribe form works with the keyboard alone and without scripts', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${base}/en/newsletter`);
    for (const _ of ['masthead', 'e-mail']) await page.keyboard.press('Tab');
    await page.keyboard.type('reader@example.org');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Åsa');
    const posted = page.waitForRequest((request) => request.method() === 'POST');
    await page.keyboard.press('Enter');
    const request = await posted;
    expect(request.url()).toBe(`${base}/n/harbour/subscribe`);
    expect(Object.fromEntries(new URLSearchParams(request.postData() ?? ''))).toEqual({
      email: 'reader@example.org',
      name: 'Åsa',
      website: '',
      wording: expect.stringMatching(/^subscribe-en-/) as unknown,
    });
    await context.close();
  });
});
