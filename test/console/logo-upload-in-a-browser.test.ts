// Uploading a logo in a real browser: chosen, previewed, saved, and on the public page; wide and on a phone, light and dark.
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { closeParser } from '../../src/formats/parse.js';
import { describeInBrowser, useBrowser, violationsIn } from '../browser/chromium.js';
import { signedInPage } from '../browser/sign-in.js';
import { closeAfterAll, shared, useApp, useDatabase } from '../support/fixture.js';
import { startFeedServer } from '../support/feed-server.js';
import { makeNewsletter, makePosts } from '../support/newsroom.js';
import { makeAccount } from './browser-session.js';
import { answerAsSites } from './sample-sites.js';

const home = '/console/newsletters/the-daily-test/look';

describeInBrowser('uploading a logo in a browser', () => {
  const database = useDatabase();
  closeAfterAll(closeParser);
  const app = useApp(database, { reachedAs: '127.0.0.1' });
  const sites = shared(() => startFeedServer(answerAsSites));
  const browser = useBrowser();
  const file = { name: 'logo.png', mimeType: 'image/png', buffer: Buffer.alloc(0) };

  beforeAll(async () => {
    const { id } = await makeNewsletter(database.db);
    await makePosts(database.db, id, 3);
    await makeAccount(database.db, 'owner');
    file.buffer = await sharp({
      create: { width: 480, height: 120, channels: 4, background: '#c8003c' },
    })
      .png()
      .toBuffer();
  });

  async function faultless(page: Page): Promise<void> {
    expect(await violationsIn(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThan(1);
  }

  /** The width of the loaded picture in a frame of the page; 0: it has not loaded. */
  const shownWidth = async (page: Page, frame: string): Promise<number> => {
    const logo = page.frameLocator(frame).first().locator('img.logo');
    await logo.waitFor();
    return logo.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth);
  };

  test.each([
    ['wide and light', 1280, 'light', true],
    ['wide and dark', 1280, 'dark', true],
    ['narrow and light', 390, 'light', false],
    ['narrow and dark', 390, 'dark', false],
  ] as const)(
    '%s',
    async (_, width, colorScheme, javaScriptEnabled) => {
      const options = { viewport: { width, height: 900 }, colorScheme, javaScriptEnabled };
      const page = await signedInPage(browser, app, options);
      await page.goto(app.url + home);
      await page.setInputFiles('#logo-file', { ...file, buffer: Buffer.from('<svg/>') });
      await page.click('button:text-is("Save")');
      await page.waitForSelector('#logo-file-wrong');
      if (javaScriptEnabled) await faultless(page);
      await page.setInputFiles('#logo-file', file);
      await page.click('button[formaction$="/preview#mail"]');
      await page.waitForSelector('text=nothing is saved yet');
      expect(await page.inputValue('#logo')).toMatch(/\/logos\/[0-9a-f]{64}\.png$/);
      expect(await shownWidth(page, '.looks iframe[data-scheme=light]')).toBe(480);
      await page.click('button:text-is("Save")');
      await page.waitForSelector('text=Saved. The next issue looks like this.');
      await page.goto(`${app.url}/n/the-daily-test`);
      const logo = page.locator('img[alt="The Daily Test"]');
      expect(await logo.getAttribute('width')).toBe('240');
      await page.context().close();
    },
    120_000,
  );

  test('in the first run the preview follows the file', async () => {
    const page = await signedInPage(browser, app, { viewport: { width: 1280, height: 900 } });
    await page.goto(`${app.url}/console/first-run`);
    await page.fill('#address', `${sites.url}/ghost/`);
    await page.press('#address', 'Enter');
    await page.waitForSelector('#logo-file');
    await page.waitForLoadState('load');
    await page.setInputFiles('#logo-file', file);
    await page.waitForSelector('#logo option:checked:text("uploaded file, 240 × 60")', { state: 'attached' });
    expect(await shownWidth(page, 'iframe[data-scheme=light]')).toBe(480);
    await faultless(page);
    // A later change does not send the file again.
    await page.waitForLoadState('load');
    await page.selectOption('#language', 'de');
    await page.locator('.preview .bar strong', { hasText: 'und 3 weitere' }).waitFor();
    expect(await page.inputValue('#logo')).toMatch(/\/logos\//);
    await page.setViewportSize({ width: 390, height: 900 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await faultless(page);
    await page.context().close();
  });
});
