// A site's address becomes a digest, a test in one's own inbox and a newsletter. By keyboard alone, and on a phone without
// scripts.
import { closeParser } from '../../src/formats/parse.js';
import { makeAccount } from '../console/browser-session.js';
import { answerAsSites } from '../console/sample-sites.js';
import { startFeedServer } from '../support/feed-server.js';
import { closeAfterAll, shared, useApp, useDatabase } from '../support/fixture.js';
import { describeInBrowser, leaveFor, useBrowser } from './chromium.js';
import { finger, keyboard } from './hands.js';
import { signedInPage } from './sign-in.js';
import { watch } from './watch.js';

describeInBrowser('a first run', () => {
  const database = useDatabase();
  closeAfterAll(closeParser);
  const app = useApp(database);
  const sites = shared(() => startFeedServer(answerAsSites));
  const browser = useBrowser();

  beforeAll(async () => {
    await makeAccount(database.db, 'owner');
  });

  test.each([
    ['by keyboard alone', keyboard, { viewport: { width: 1280, height: 900 } }],
    [
      'on a phone without scripts',
      finger,
      { viewport: { width: 390, height: 844 }, colorScheme: 'dark', javaScriptEnabled: false },
    ],
  ] as const)(
    '%s',
    async (_, hand, options) => {
      app.sink.clear();
      const page = await signedInPage(browser, app, options);
      const { faults, look } = watch([page], options);

      await leaveFor(page, `${app.url}/console/first-run`);
      await look();
      await hand.write(page, '#address', `${sites.url}/ghost/`);
      await page.waitForURL(/run=\d+/);
      const digest = page.frameLocator('iframe[data-scheme=light]');
      await digest.locator('text=The ferry runs again').first().waitFor();
      expect(await page.inputValue('#name')).toBe('The Quay & Sons');
      await look();

      await hand.replace(page, '[name="from.address"]', 'digest@quay.example');
      await hand.replace(page, '#postalAddress', '1 Quay');
      await hand.press(page, 'button[value=test]');
      await page.waitForSelector('#result .alert');
      expect(await page.textContent('#result')).toContain('It is on its way to owner@example.org');
      await look();
      await app.sink.waitFor(1, 60_000);
      const mails = await Promise.all(app.sink.messages.map((message) => message.parsed()));
      expect(mails.some(({ html }) => html?.includes('The ferry runs again'))).toBe(true);

      await hand.press(page, 'button[value=create]');
      await page.waitForURL(/\/console\/newsletters\/[\w-]+\?notice=created-with-feed/);
      expect(await page.textContent('main')).toContain('with 4 posts');
      await look();
      expect(faults).toEqual([]);
      await page.context().close();
    },
    120_000,
  );
});
