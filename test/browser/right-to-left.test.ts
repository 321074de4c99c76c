// Pages and mails in Hebrew and Arabic in a real browser, wide and narrow: axe-core finds nothing, nothing is scrolled to
// aside, and the layout is turned.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser } from 'playwright-core';
import { renderDigest } from '../../src/issues/render-digest.js';
import { languageNames, languages } from '../../src/languages/language.js';
import { pageOfWords } from '../../src/languages/page-language.js';
import { translator } from '../../src/languages/translate.js';
import { renderPage, styleSheet } from '../../src/templates.js';
import { pageSamples } from '../look/page-samples.js';
import { input } from '../look/sample.js';

const executablePath = '/usr/bin/chromium';
// A mail is shown within a page of the mail program's, and has no landmarks of its own.
const mailRules = "{ region: { enabled: false }, 'landmark-one-main': { enabled: false } }";
const present = existsSync(executablePath);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

function pagesIn(language: 'he' | 'ar'): [string, string][] {
  const menu = languages.map((one) => ({ language: one, name: languageNames[one], href: `?lang=${one}` }));
  const page = { ...pageOfWords(translator(language)), menu };
  return Object.entries(pageSamples((name, view) => renderPage(name, view, page))).map(([name, html]) => [
    name,
    html
      .replace(/<link rel="stylesheet"[^>]*>/, () => `<style>${styleSheet('style.css')}</style>`)
      .replaceAll(/<script src[^>]*><\/script>/g, ''),
  ]);
}

(present ? describe : describe.skip)(
  present ? 'in a browser' : 'in a browser (chromium is not installed)',
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    });
    afterAll(() => browser.close());

    test.each([
      ['he', 1000],
      ['he', 375],
      ['ar', 1000],
      ['ar', 375],
    ] as const)(
      '%s, %i pixels wide',
      async (language, width) => {
        const { html: digest } = await renderDigest(input({ language }));
        const page = await browser.newPage({ viewport: { width, height: 800 } });
        const found: string[] = [];
        for (const [name, html] of [...pagesIn(language), ['digest', digest] as const]) {
          await page.setContent(html, { waitUntil: 'domcontentloaded' });
          const wider = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
          if (wider > 0) found.push(`${name}: ${wider} px wider`);
          const direction = await page.evaluate<string>(
            'getComputedStyle(document.documentElement).direction',
          );
          if (direction !== 'rtl') found.push(`${name}: ${direction}`);
          await page.evaluate(axe);
          const violations = await page.evaluate<string[]>(
            `axe.run({ rules: ${name === 'digest' ? mailRules : '{}'} }).then(({ violations }) => violations.map(({ id, nodes }) => id + nodes[0].html))`,
          );
          found.push(...violations.map((violation) => `${name}: ${violation}`));
        }
        expect(found).toEqual([]);
        await page.close();
      },
      180_000,
    );
  },
);
