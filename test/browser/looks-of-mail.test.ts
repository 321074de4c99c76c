// Each template in a real browser, in a publisher's possible colours: pale, black, white, glaring. Light and
// dark, wide and narrow, without images. axe-core (which measures the contrast of all text) finds no
// violation, and nothing is cut off.
import type { Browser, Page } from 'playwright-core';
import { renderDigest } from '../../src/digest/render-digest.js';
import type { DigestPost } from '../../src/digest/digest-view.js';
import { defaultLook, templateNames, type TemplateName } from '../../src/newsletters/look.js';
import { input, posts, withTemplate } from '../digest/sample.js';
import { describeInBrowser, launchBrowser, violationsIn } from './chromium.js';

const colours = ['#fff7c2', '#000000', '#ffffff', '#ff0000', '#39ff14', '#ffd400'];

const body = `<p>${'x'.repeat(150)}</p><pre>${'code '.repeat(30)}${'x'.repeat(150)}</pre><table><tr>${'<td>wide</td>'.repeat(12)}</tr></table><h2>Part</h2><p>Words, <a href="https://elsewhere.example/">and a link</a>.</p><blockquote><p>Said.</p></blockquote>
<ul><li>One</li></ul><table><tr><th>A</th><td>1</td></tr></table><pre>code</pre><figure><img src="https://x.example/a.png" alt="A" width="800" height="400"><figcaption>A</figcaption></figure>`;

const longWord = 'https://harbourpost.example/' + 'an-address-that-somebody-wrote-out-'.repeat(6);
/** A post whose text has no place for a line break. */
const unbroken: DigestPost = {
  title: 'Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz'.repeat(3),
  url: 'https://harbourpost.example/unbroken',
  author: 'A'.repeat(80),
  image: { url: 'https://harbourpost.example/tall.jpg', width: 300, height: 900, alt: 'Tall' },
  excerptText: longWord,
  commentCount: 1_234_567,
  topics: [],
};

async function mail(template: TemplateName, brandColour: string, language: string): Promise<string> {
  const logo = { url: 'https://harbourpost.example/logo.png', width: 220, height: 60 };
  const { html } = await renderDigest(
    input({
      newsletter: withTemplate(template, {
        content: template === 'letter' ? 'full' : 'excerpt',
        language,
        look: { ...defaultLook, template, brandColour, logo: brandColour === '#ffffff' ? logo : null },
      }),
      posts: [...posts, unbroken].map((post, index) => ({
        ...post,
        html: body,
        topics: [index < 2 ? 'Harbour' : 'Town'],
      })),
      headingsFrom: ['Harbour', 'Town'],
      words: {
        opening: `Good morning: ${longWord}`,
        closing: '<b>Bye</b>',
        sponsor: '<a href="https://b.example">Buy</a>',
      },
    }),
  );
  return html;
}

async function problemsOf(page: Page, html: string): Promise<string[]> {
  await page.setContent(html, { waitUntil: 'domcontentloaded' });
  const wider = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  const violations = await violationsIn(page, { mail: true });
  return wider > 0 ? [`${wider} px wider than the window`, ...violations] : violations;
}

describeInBrowser('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  test.each(
    templateNames.flatMap((template) =>
      (['light', 'dark'] as const).map((colorScheme) => [template, colorScheme] as const),
    ),
  )(
    '%s, %s: every colour can be read',
    async (template, colorScheme) => {
      const found: string[] = [];
      for (const [index, colour] of colours.entries()) {
        const context = await browser.newContext({
          viewport: { width: index % 2 === 0 ? 1000 : 360, height: 800 },
          colorScheme,
        });
        const page = await context.newPage();
        await page.route(/^https?:/, (route) => route.abort());
        const problems = await problemsOf(page, await mail(template, colour, index > 3 ? 'he' : 'en'));
        found.push(...problems.map((problem) => `${colour}: ${problem}`));
        await context.close();
      }
      expect(found).toEqual([]);
    },
    180_000,
  );
});
