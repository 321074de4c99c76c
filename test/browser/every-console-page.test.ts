// Every page of the console in a real browser, wide and light, and on a phone in the dark. axe-core finds no violation,
// nothing is wider than the screen, and the browser has no error to report.
import type { Page } from 'playwright-core';
import { useDatabase } from '../support/fixture.js';
import { useEveryRoute } from '../support/every-route.js';
import { password } from '../console/browser-session.js';
import { describeInBrowser, useBrowser, violationsIn } from './chromium.js';

const database = useDatabase();
const every = useEveryRoute(database);

/** Files, frames, answers for scripts, and pages that lead elsewhere or belong to a person who is not signed in. */
const noPage =
  /\.(csv|ndjson)$|\/(frame|next|events|preview|passkey|thumbnail|look\/mail|first-run\/mail)$|\/sign-|\/forgotten$|\/(password|prove)\//;

describeInBrowser('every page of the console', () => {
  const browser = useBrowser();
  async function signedIn(page: Page): Promise<void> {
    await page.goto(`${every.app.url}/console`);
    await page.fill('#email', 'owner@example.org');
    await page.fill('#password', password);
    await page.press('#password', 'Enter');
    await page.waitForURL(/\/console$/);
  }

  test.each([
    ['wide and light', { width: 1280, height: 900 }, 'light'],
    ['on a phone, in the dark', { width: 390, height: 844 }, 'dark'],
  ] as const)(
    '%s',
    async (_, viewport, colorScheme) => {
      const page = await browser.newPage({ viewport, colorScheme });
      await every.cookieOf('owner');
      await signedIn(page);
      const faults: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error') faults.push(`${page.url()}: ${message.text()}`);
      });
      page.on('pageerror', ({ message }) => faults.push(`${page.url()}: ${message}`));
      const paths = every.declared.filter((path) => /^\/console(\/|$)/.test(path) && !noPage.test(path));
      expect(paths.length).toBeGreaterThan(40);
      for (const declared of paths) {
        const answer = await page.goto(every.app.url + (every.fill(declared) ?? declared));
        if (!/text\/html/.test(answer?.headers()['content-type'] ?? '')) continue;
        for (const violation of await violationsIn(page)) faults.push(`${declared}: ${violation}`);
        const wider = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
        if (wider > 0) faults.push(`${declared} is ${wider} px too wide`);
      }
      expect(faults).toEqual([]);
      await page.close();
    },
    180_000,
  );
});
