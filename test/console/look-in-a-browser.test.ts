// The look page in a real browser: wide and narrow, light and dark, with its preview frames, and without
// scripts. axe-core finds nothing, nothing is cut off, and nothing violates the page's
// Content-Security-Policy.
import type { Page } from 'playwright-core';
import { describeInBrowser, useBrowser, violationsIn } from '../browser/chromium.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { makeNewsletter, makePosts } from '../support/newsroom.js';
import { waitUntil } from '../support/wait.js';
import { makeAccount, password } from './browser-session.js';

const home = '/console/newsletters/the-daily-test/look';

describeInBrowser('the look in a browser', () => {
  const database = useDatabase();
  const app = useApp(database);
  const browser = useBrowser();

  beforeAll(async () => {
    const { id } = await makeNewsletter(database.db);
    await makePosts(database.db, id, 5);
    await makeAccount(database.db, 'owner');
    await makeAccount(database.db, 'viewer');
  });

  async function signedIn(page: Page, role = 'owner'): Promise<void> {
    await page.goto(`${app.url}/console`);
    await page.fill('#email', `${role}@example.org`);
    await page.fill('#password', password);
    await page.click('main button');
    await page.waitForURL(/\/console(\/newsletters\/[^/]+)?$/);
  }

  /** The background of the mail in the frame with this title. */
  async function paperOf(page: Page, title: string): Promise<string> {
    const element = await page.waitForSelector(`iframe[title="${title}"]`);
    const frame = await element.contentFrame();
    await frame?.waitForSelector('.card');
    return (
      (await frame?.evaluate<string>("getComputedStyle(document.querySelector('.card')).backgroundColor")) ??
      ''
    );
  }

  test.each([
    ['wide and light', 1280, 'light'],
    ['wide and dark', 1280, 'dark'],
    ['narrow and light', 375, 'light'],
    ['narrow and dark', 375, 'dark'],
  ] as const)(
    '%s',
    async (_, width, colorScheme) => {
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (/Content Security Policy/i.test(message.text())) complaints.push(message.text());
      });
      await signedIn(page);
      const faultless = async (): Promise<void> => {
        expect(await violationsIn(page)).toEqual([]);
        expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThan(1);
      };
      await page.goto(app.url + home);
      await faultless();
      // The mail shows the chosen colour scheme, whatever the browser's is.
      const light = await paperOf(page, 'The e-mail on a light screen');
      await page.check('#dark');
      expect(await page.isVisible('iframe[title="The e-mail on a light screen"]')).toBe(false);
      const dark = await paperOf(page, 'The e-mail on a dark screen');
      expect([light, dark]).toEqual(['rgb(255, 255, 255)', expect.not.stringContaining('255')]);
      await faultless();
      await page.fill('#brand', 'green');
      await page.fill('#width', '9');
      await page.click('button:text-is("Save")');
      await page.waitForSelector('#brand-wrong');
      await faultless();
      await page.goto(`${app.url}${home}?from=letter`);
      await faultless();
      await page.fill('#mjml', '<mjml>\n<mj-body>\n<mj-marquee/>\n</mj-body></mjml>');
      await page.click('text=Save version');
      await page.waitForSelector('#problems');
      expect(await page.textContent('#problems')).toContain('line 3');
      await faultless();
      expect(complaints).toEqual([]);
      await page.close();
    },
    120_000,
  );

  test('the preview stands beside the settings, and follows what is typed', async () => {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await signedIn(page);
    await page.goto(app.url + home);
    const [settings, shown] = [
      await page.locator('[data-look]').boundingBox(),
      await page.locator('.looks .preview').boundingBox(),
    ];
    expect(shown?.x).toBeGreaterThan((settings?.x ?? 0) + (settings?.width ?? 0));
    await page.fill('#subject', 'News of the harbour');
    await page.waitForSelector('.preview .bar strong:text-is("News of the harbour")');
    await page.check('input[value="headlines"]');
    const framed = (field: string): boolean => page.frames().some((frame) => frame.url().includes(field));
    await waitUntil(() => framed('template=headlines'), 10_000, 'the frame to show the headlines');
    // A colour that is half typed leaves the preview as it is.
    await page.fill('#brand', '#7a1');
    await page.waitForTimeout(800);
    expect(framed('brandColour=%237a1')).toBe(false);
    await page.fill('#brand', '#7a1f5c');
    expect(await page.inputValue('.picker')).toBe('#7a1f5c');
    await page.fill('.picker', '#114411');
    expect(await page.inputValue('#brand')).toBe('#114411');
    await waitUntil(() => framed('brandColour=%23114411'), 10_000, 'the frame to show the colour');
    await page.goBack();
    expect(page.url()).not.toContain('/look');
    expect(await database.db.query('select subject from newsletters')).not.toContainEqual({
      subject: 'News of the harbour',
    });
    await page.close();
  });

  test('a viewer reads the design beside its preview, in lines that are wide enough', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    await signedIn(page, 'viewer');
    await page.goto(app.url + home);
    const template = page.locator('.facts dd').first();
    expect(await template.textContent()).toMatch(/^Magazine: /);
    expect((await template.boundingBox())?.width).toBeGreaterThan(200);
    expect(await violationsIn(page)).toEqual([]);
    expect(errors).toEqual([]);
    await page.close();
  });

  test('without scripts: tried, saved, a template kept and used', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await signedIn(page);
    await page.goto(app.url + home);
    await page.check('input[value="headlines"]');
    await page.fill('#brand', '#7a1f5c');
    await page.click('text=Preview >> nth=0');
    await page.waitForSelector('text=nothing is saved yet');
    expect(await page.inputValue('#brand')).toBe('#7a1f5c');
    await page.click('button:text-is("Save")');
    await page.waitForSelector('text=Saved. The next issue looks like this.');
    await page.click('text=Add a version');
    await page.click('a[href*="from=letter"]');
    await page.fill('#note', 'a letter of my own');
    const [shown] = await Promise.all([
      context.waitForEvent('page'),
      page.click('#own ~ details button:text("Preview")'),
    ]);
    await shown.waitForLoadState();
    expect(await shown.title()).toContain('Post number');
    await page.click('text=Save version');
    await page.waitForSelector('text=Saved as the newest version.');
    await page.click('text=Use it');
    await page.waitForSelector('.badge:text("in use")');
    expect(await page.isChecked('input[value="own:1"]')).toBe(true);
    await context.close();
  });
});
