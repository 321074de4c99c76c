// The console in a real browser: signing in, sending, and counts that change. axe-core must find nothing.
import type { Page } from 'playwright-core';
import { describeInBrowser, useBrowser, violationsIn } from '../browser/chromium.js';
import { useApp, useDatabase, useWorker } from '../support/fixture.js';
import { makeNewsletter, makePosts, makeReaders } from '../support/newsroom.js';
import { waitUntil } from '../support/wait.js';
import { makeAccount, password } from './browser-session.js';

/** Some seconds of sending: the page of a busy machine shows several counts. */
const readers = 100;

describeInBrowser('in a browser', () => {
  const database = useDatabase();
  const app = useApp(database, { publicUrl: 'http://digest.example.org' });
  useWorker(database, () => app.sink.url);
  const browser = useBrowser();
  const troubles: string[] = [];

  // Each test checks the complaints of the pages that it opened.
  afterEach(() => {
    if (troubles.length > 0) throw new Error(troubles.splice(0).join('\n'));
  });
  beforeAll(async () => {
    const { id } = await makeNewsletter(database.db);
    await makePosts(database.db, id, 3);
    await makeReaders(database.db, id, readers);
    await makeAccount(database.db, 'owner');
    // Slow enough for the page to show counts in between.
    app.sink.onStage((stage) => (stage === 'dot' ? 600 : undefined));
  });

  async function open(look: { width: number; colorScheme: 'light' | 'dark' }): Promise<Page> {
    const page = await browser.newPage({
      viewport: { width: look.width, height: 800 },
      colorScheme: look.colorScheme,
    });
    page.on('pageerror', (error) => troubles.push(error.message));
    page.on('console', (message) => {
      // The browser reports a script or style here that the Content-Security-Policy blocked.
      if (/Content Security Policy/.test(message.text())) troubles.push(message.text());
    });
    await page.goto(`${app.url}/console`);
    await page.fill('#email', 'owner@example.org');
    await page.fill('#password', password);
    await page.click('main button');
    await page.waitForURL(/\/console(\/newsletters\/[^/]+)?$/);
    return page;
  }

  /** The faults that axe-core finds, the tabs that only scrolling shows, and whether the page is wider than its window. */
  async function faults(page: Page): Promise<string[]> {
    const wider = await page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    const hidden = await page.evaluate<string[]>(
      `[...document.querySelectorAll('.tabs a')].filter((tab) => {
         const { left, right } = tab.getBoundingClientRect();
         return left < 0 || right > innerWidth;
       }).map((tab) => 'the tab ' + tab.textContent + ' is cut off')`,
    );
    return [...(await violationsIn(page)), ...hidden, ...(wider > 0 ? [`${wider} px too wide`] : [])];
  }

  test('send now, and the counts move by themselves until the issue is finished', async () => {
    const page = await open({ width: 1200, colorScheme: 'light' });
    await page.click('text=Send now…');
    expect(await faults(page)).toEqual([]);
    await page.click('main button');
    await page.waitForURL(/\/console\/issues\/\d+$/);
    await page.waitForSelector('[data-stat=accepted]');
    // The counts that each load of the page showed. The page reloads once if it opened before the first
    // hand-over.
    const loads = [new Set<string>()];
    page.on('load', () => loads.push(new Set()));
    while ((await page.locator('[data-status=finished]').count()) === 0) {
      const text = await page
        .locator('[data-stat=accepted]')
        .textContent()
        .catch(() => null);
      if (text !== null) loads.at(-1)?.add(text);
      await page.waitForTimeout(100);
    }
    // One load showed several counts between none and all.
    expect(Math.max(...loads.map(({ size }) => size))).toBeGreaterThan(2);
    expect(await page.locator('[data-stat=accepted]').textContent()).toBe(String(readers));
    expect(await faults(page)).toEqual([]);
    await page.close();
  });

  test('a page that a person is leaving does not reload itself when the issue is finished', async () => {
    const { id } = await makeNewsletter(database.db, { name: 'The second test', slug: 'second' });
    await makePosts(database.db, id, 1);
    await makeReaders(database.db, id, 20, { prefix: 'second' });
    const page = await open({ width: 1200, colorScheme: 'light' });
    const home = `${app.url}/console/newsletters/second`;
    await page.goto(home);
    await page.click('text=Send now…');
    await page.click('main button');
    await page.waitForURL(/\/console\/issues\/\d+$/);
    await page.waitForSelector('#progress-count');
    // The answer to the click comes a second after the events have told the page that the issue is over.
    await page.route(home, async (route) => {
      const isOver = async (): Promise<boolean> =>
        (await database.db.maybeOne(
          'select 1 from issues where newsletter_id = $1 and finished_at is not null',
          [id],
        )) !== undefined;
      await waitUntil(isOver, 60_000, 'the end of the issue');
      await page.waitForTimeout(1_000);
      await route.continue();
    });
    await page.getByRole('link', { name: 'Home', exact: true }).click();
    await page.waitForURL(home);
    expect(await page.textContent('main')).toContain('20 of 20 accepted');
    await page.close();
  });

  test('a plot is read point by point with the arrow keys', async () => {
    const page = await open({ width: 1200, colorScheme: 'light' });
    await page.goto(`${app.url}/console/newsletters/the-daily-test/growth`);
    const [range, said] = [page.getByRole('slider').first(), page.locator('.reading output').first()];
    expect(await said.textContent()).toMatch(new RegExp(`: Readers ${readers}$`));
    await range.focus();
    await page.keyboard.press('ArrowLeft');
    expect(await said.textContent()).toMatch(/: Readers 0$/);
    expect(await range.getAttribute('aria-valuetext')).toBe(await said.textContent());
    await page.close();
  });

  test.each([
    { width: 1200, colorScheme: 'dark' as const },
    { width: 360, colorScheme: 'light' as const },
  ])('accessible and not cut off at %o', async (look) => {
    const page = await open(look);
    expect(await faults(page)).toEqual([]);
    for (const path of [
      '/console/newsletters/the-daily-test',
      '/console/newsletters/the-daily-test/growth',
      '/console/issues/1',
      '/console/issues/1/recipients',
      '/console/issues/1/mail',
      '/console/issues/1/why',
      '/console/none',
    ]) {
      await page.goto(`${app.url}${path}`);
      expect([path, ...(await faults(page))]).toEqual([path]);
    }
    await page.click('.menu summary');
    await page.click('text=Sign out');
    await page.waitForURL(/sign-in/);
    expect(await faults(page)).toEqual([]);
    await page.close();
  });
});
