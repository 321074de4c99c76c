// The import form in a real browser, with its scripts: the pressed button decides. axe-core must find
// nothing.
import { describeInBrowser, useBrowser, violationsIn } from '../browser/chromium.js';
import { useApp, useDatabase, useWorker } from '../support/fixture.js';
import { makeNewsletter } from '../support/newsroom.js';
import { makeAccount, password } from './browser-session.js';

const buffer = Buffer.from('email,name\nada@example.org,Ada\nnobody,\n');

describeInBrowser('in a browser', () => {
  const database = useDatabase();
  const app = useApp(database);
  useWorker(database, () => app.sink.url);
  const browser = useBrowser();

  beforeAll(async () => {
    await makeNewsletter(database.db);
    await makeAccount(database.db, 'owner');
  });

  test.each([
    ['wide and light', 1280, 'light', true],
    ['narrow and dark', 375, 'dark', true],
    ['without scripts', 1280, 'light', false],
  ] as const)(
    '%s: refused, tried, imported',
    async (_, width, colorScheme, javaScriptEnabled) => {
      await database.db.change('delete from imports');
      await database.db.change('delete from subscribers');
      const context = await browser.newContext({
        viewport: { width, height: 800 },
        colorScheme,
        javaScriptEnabled,
      });
      const page = await context.newPage();
      await page.goto(`${app.url}/console`);
      await page.fill('#email', 'owner@example.org');
      await page.fill('#password', password);
      await page.click('main button');
      await page.waitForURL(/\/console(\/newsletters\/[^/]+)?$/);
      const form = `${app.url}/console/newsletters/the-daily-test/imports`;
      const send = async (button: string, content: Buffer): Promise<void> => {
        await page.setInputFiles('#file', { name: 'readers.csv', mimeType: 'text/csv', buffer: content });
        await page.click(`text=${button}`);
      };
      const isOver = async (): Promise<void> => {
        await page.waitForURL(/\/imports\/\d+$/, { timeout: 30_000 });
        await page.waitForSelector('.badge[data-state=finished]', { timeout: 60_000 });
      };

      await page.goto(form);
      await page.fill('#basis', 'paper');
      await send('See what would happen', Buffer.alloc(0));
      await page.waitForSelector('text=The file is empty.', { timeout: 30_000 });
      expect(await page.inputValue('#basis')).toBe('paper');
      expect(javaScriptEnabled ? await violationsIn(page) : []).toEqual([]);

      await send('See what would happen', buffer);
      await isOver();
      expect(await page.textContent('h1')).toBe('Dry run of a list');
      expect(await page.textContent('table')).toContain('would be created');
      expect(javaScriptEnabled ? await violationsIn(page) : []).toEqual([]);
      const { count } = await database.db.one<{ count: number }>(
        'select count(*)::int as count from subscriptions',
      );
      expect(count).toBe(0);

      await page.goto(form);
      await page.fill('#basis', 'paper');
      await send('Import now', buffer);
      await isOver();
      expect(await page.textContent('h1')).toBe('Import of a list');
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThan(1);
      await context.close();
    },
    120_000,
  );
});
