// Each template in a real browser, in a publisher's possible colours: pale, black, white, glaring. Light and
// dark, wide and narrow, without images. axe-core (which measures the contrast of all text) finds no
// violation, and nothing is cut off.
import type { Page } from 'playwright-core';
import { renderDigest } from '../../src/digest/render-digest.js';
import type { DigestPost } from '../../src/digest/digest-view.js';
import { defaultLook, type TemplateName, templateNames } from '../../src/newsletters/look.js';
import { input, posts, withTemplate } from '../digest/sample.js';
import { describeInBrowser, useBrowser, violationsIn } from './chromium.js';

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

/** The lines of bylines, masthead and footer that begin or end with a dot, in the order of reading. */
const strayDots = `[...document.querySelectorAll('p')].flatMap((paragraph) => {
  if (!paragraph.textContent.includes('·')) return [];
  const lines = new Map();
  const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.parentElement.getBoundingClientRect().height === 0) continue;
    for (let at = 0; at < node.data.length; at += 1) {
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      const box = range.getClientRects()[0];
      if (box === undefined || node.data[at].trim() === '') continue;
      const line = Math.round(box.bottom / 10);
      lines.set(line, (lines.get(line) ?? '') + node.data[at]);
    }
  }
  return [...lines.values()].filter((line) => /^·|·$/.test(line));
})`;

describeInBrowser('in a browser', () => {
  const browser = useBrowser();
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

  test('no line begins or ends with a dot where a byline wraps', async () => {
    const names = { en: 'Ana Maria Lopez de la Cruz y Ortega', he: 'אנה מריה לופז דה לה קרוס אורטגה' };
    const page = await browser.newPage();
    await page.route(/^https?:/, (route) => route.abort());
    let dots = 0;
    for (const [language, name] of Object.entries(names))
      for (const template of ['letter', 'magazine'] as const) {
        const { html } = await renderDigest(
          input({
            newsletter: withTemplate(template, { language }),
            issueUrl: 'https://harbourpost.example/n/post/issues/12',
            posts: Array.from({ length: 12 }, (_, index) => ({
              ...posts[2]!,
              author: name.slice(0, 6 + 2 * index),
              source: 'The Harbour Ledger',
              commentCount: 10 ** (index % 5),
            })),
          }),
        );
        await page.setContent(html, { waitUntil: 'domcontentloaded' });
        for (const width of [320, 375, 600]) {
          await page.setViewportSize({ width, height: 800 });
          expect(await page.evaluate<string[]>(strayDots)).toEqual([]);
        }
        dots += await page.evaluate<number>(`document.body.innerText.split('·').length`);
      }
    expect(dots).toBeGreaterThan(96);
    await page.close();
  });
});
