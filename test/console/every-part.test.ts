// The page of all parts (npm run parts) shows each partial of the console, in both schemes.
import { readFileSync } from 'node:fs';
import { partsPage } from '../../bench/console/parts.js';
import { packageRoot } from '../../src/config/environment.js';
import { consoleParts } from '../../src/templating/templates.js';
import { describeInBrowser, useBrowser } from '../browser/chromium.js';

const source = readFileSync(new URL('templates/console/parts.hbs', packageRoot), 'utf8');
const shown = consoleParts.filter((part) => part !== 'layout');

test.each(shown)('%s has its place', (part) => {
  expect(source).toMatch(new RegExp(`data-part="${part}"[^]*?\\{\\{> ${part}[ }]`));
});

describeInBrowser('the page of all parts', () => {
  const browser = useBrowser();

  test.each(['light', 'dark'] as const)('shows each of them: %s', async (colorScheme) => {
    const page = await browser.newPage({ colorScheme, viewport: { width: 1280, height: 900 } });
    await page.setContent(partsPage());
    for (const part of [...shown.map((name) => `[data-part="${name}"]`), '.rail nav', 'header .menu']) {
      const box = await page.locator(part).boundingBox();
      expect([part, (box?.height ?? 0) > 10, (box?.width ?? 0) > 40]).toEqual([part, true, true]);
    }
    const [text = 0, ground = 0] = await page.evaluate<number[]>(
      `[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor].map((one) => Number(/\\d+/.exec(one)))`,
    );
    expect(text < ground).toBe(colorScheme === 'light');
    await page.close();
  });
});
