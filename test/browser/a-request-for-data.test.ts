// A reader asks for their data and then for erasure (GDPR articles 15 and 17): a publisher finds the reader by a part of
// the address, says why an issue did not come, exports and erases. By keyboard alone, and on a phone without scripts.
import { readFile } from 'node:fs/promises';
import { makeAccount } from '../console/browser-session.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { issueFor, makeReaders } from '../support/newsroom.js';
import { describeInBrowser, useBrowser } from './chromium.js';
import { finger, keyboard } from './hands.js';
import { signedInPage } from './sign-in.js';
import { watch } from './watch.js';

describeInBrowser('a request for data', () => {
  const database = useDatabase();
  const app = useApp(database);
  const browser = useBrowser();
  let newsletterId: string;

  beforeAll(async () => {
    ({ newsletterId } = await issueFor(database.db, 3, { name: 'Evening Post' }));
    await makeAccount(database.db, 'owner');
  });

  test.each([
    ['by keyboard alone', 'keyboard', keyboard, { viewport: { width: 1280, height: 800 } }],
    [
      'on a phone without scripts',
      'phone',
      finger,
      { viewport: { width: 390, height: 800 }, colorScheme: 'dark', javaScriptEnabled: false },
    ],
  ] as const)(
    '%s',
    async (_, prefix, hand, options) => {
      // This reader joined after the issue went out.
      await makeReaders(database.db, newsletterId, 1, { prefix, domain: 'asks.example' });
      const address = `${prefix}1@asks.example`;
      const page = await signedInPage(browser, app, options);
      const { faults, look } = watch([page], options);

      await hand.press(page, 'a[href="/console/subscribers"]');
      await page.waitForURL(/\/subscribers$/);
      await hand.write(page, '#search', `${prefix}1@`);
      await page.waitForURL(/search=/);
      await look();
      await hand.press(page, 'td a[href^="/console/subscribers/"]');
      await page.waitForURL(/\/subscribers\/\d+$/);
      expect(await page.textContent('h1')).toBe(address);
      expect(await page.textContent('main')).toMatch(/They confirmed at .* after the issue went out\./);
      await look();

      const [download] = await Promise.all([
        page.waitForEvent('download'),
        hand.press(page, 'form[action$="/export"] button'),
      ]);
      const exported: unknown = JSON.parse(await readFile(await download.path(), 'utf8'));
      expect(exported).toMatchObject({ subscriber: { email: address } });

      await hand.press(page, 'a[href$="/erase"]');
      await page.waitForURL(/\/erase$/);
      expect(await page.textContent('h1')).toBe(`Erase ${address}?`);
      await look();
      await hand.press(page, 'main form button');
      await page.waitForURL(/notice=reader-erased/);
      expect(await page.textContent('main [role=status]')).toContain('Erased.');
      expect(await page.textContent('main')).not.toContain(address);

      await page.goto(`${app.url}/console/audit`);
      const [erasure, copy] = await page.locator('tbody tr').allTextContents();
      expect(erasure).toContain('owner@example.org erased a reader');
      expect(copy).toContain('owner@example.org exported the data of one reader');
      expect(faults).toEqual([]);
      await page.context().close();
    },
    120_000,
  );
});
