// Mail and pages in a real browser, wide and narrow, light and dark: axe-core finds nothing, nothing is cut off, and the
// pages work under the application's Content-Security-Policy.
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser } from 'playwright-core';
import { renderDigest } from '../../src/issues/render-digest.js';
import { renderAddressMail } from '../../src/subscribers/render-address-mail.js';
import { renderConfirmation } from '../../src/subscribers/render-confirmation.js';
import { renderNotice } from '../../src/subscribers/render-notice.js';
import { pageScript, renderPage, styleSheet } from '../../src/templates.js';
import { input, withContent } from '../look/sample.js';
import { harbour, notice } from '../look/notice-sample.js';
import { pageSamples } from '../look/page-samples.js';

const executablePath = '/usr/bin/chromium';
const present = existsSync(executablePath);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const domainHint = new URL('../../src/subscribers/domain-hint.js', import.meta.url);

const policy =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; frame-src 'self'; base-uri 'none'";

/** The pictures of an issue are on the publisher's hosts. */
const policyOf = (name: string) =>
  name.startsWith('issue') ? policy.replace("img-src 'self'", "img-src 'self' https:") : policy;

const documents = new Map<string, { html: string; csp: boolean }>();

const looks = [
  { width: 1200, colorScheme: 'light' },
  { width: 390, colorScheme: 'dark' },
] as const;

(present ? describe : describe.skip)(
  present ? 'in a browser' : 'in a browser (chromium is not installed)',
  () => {
    let browser: Browser;
    let server: Server;
    let base: string;

    beforeAll(async () => {
      for (const [name, html] of Object.entries(pageSamples(renderPage)))
        documents.set(name, { html, csp: true });
      const digest = await renderDigest(input());
      documents.set('digest', { html: digest.html, csp: false });
      documents.set('digest-headlines', {
        html: (await renderDigest(input({ newsletter: withContent('headlines') }))).html,
        csp: false,
      });
      const confirmation = await renderConfirmation({
        newsletterName: 'The Harbour Post',
        confirmUrl: 'https://mail.example/confirm/abcdefghijklmnopqrstuv',
        language: 'en',
      });
      documents.set('confirmation', { html: confirmation.html, csp: false });
      for (const language of ['en', 'ar']) {
        const { html } = await renderNotice(notice, harbour, language);
        documents.set(`notice-${language}`, { html, csp: false });
        const asked = await renderAddressMail({
          end: 'old',
          newsletter: { name: 'The Harbour Post', siteUrl: null, postalAddress: 'Quay 1' },
          newAddress: 'reader@example.org',
          url: 'https://mail.example/address/abcdefghijklmnopqrstuv',
          language,
        });
        documents.set(`address-mail-${language}`, { html: asked.html, csp: false });
      }

      server = createServer((request, response) => {
        const path = decodeURIComponent((request.url ?? '/').slice(1));
        const name = path.endsWith('/embed?frame=1') ? 'embed-frame' : path;
        const found = documents.get(name);
        if (name === 'assets/style.css')
          response.setHeader('content-type', 'text/css').end(styleSheet('style.css'));
        else if (name === 'assets/subscribe.js')
          response.setHeader('content-type', 'text/javascript').end(pageScript('subscribe.js'));
        else if (name === 'assets/domain-hint.js')
          response.setHeader('content-type', 'text/javascript').end(readFileSync(domainHint));
        else if (found) {
          if (found.csp) response.setHeader('content-security-policy', policyOf(name));
          response.setHeader('content-type', 'text/html; charset=utf-8').end(found.html);
        } else response.writeHead(404).end();
      }).listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
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
      await new Promise((resolve) => server?.close(resolve));
    });

    test.each(looks)(
      '$width wide and $colorScheme: nothing is inaccessible, cut off or refused',
      async (look) => {
        const context = await browser.newContext({
          viewport: { width: look.width, height: 900 },
          colorScheme: look.colorScheme,
        });
        const page = await context.newPage();
        const complaints: string[] = [];
        page.on('console', (message) => {
          if (/Content Security Policy/i.test(message.text())) complaints.push(message.text());
        });
        // The samples' pictures are nowhere: mail is judged with images off, and no test leaves this machine.
        await page.route(/^https:/, (route) => route.abort());
        for (const name of documents.keys()) {
          await page.goto(`${base}/${name}`);
          const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
          expect({ name, overflow }).toEqual({ name, overflow: 0 });
          expect({ name, complaints }).toEqual({ name, complaints: [] });
          // Evaluated by the debugger, which a page's policy does not concern.
          await page.evaluate(axe);
          // A mail has no landmarks: the program that shows it has its own around it.
          const rules = documents.get(name)?.csp ? [] : ['landmark-one-main', 'region'];
          const violations = (await page.evaluate(
            `axe.run({ rules: Object.fromEntries(${JSON.stringify(rules)}.map((id) => [id, { enabled: false }])) }).then((result) => result.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html + " " + n.failureSummary).join(" | ")))`,
          )) as string[];
          expect({ name, violations }).toEqual({ name, violations: [] });
        }
        await context.close();
      },
    );

    test('the subscribe form works with the keyboard alone and without scripts', async () => {
      const context = await browser.newContext({ javaScriptEnabled: false });
      const page = await context.newPage();
      await page.goto(`${base}/newsletter`);
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
  },
);
