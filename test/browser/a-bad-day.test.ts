// The relay goes away while an issue is sent. The first screen says so; the publisher pauses the issue, and resumes it
// when the relay is back. Everybody gets one mail, and the page says it. By keyboard alone, and on a phone without scripts.
import type { Page } from 'playwright-core';
import { makeAccount } from '../console/browser-session.js';
import { closeAfterAll, useApp, useDatabase, useWorker } from '../support/fixture.js';
import { makeNewsletter, makePosts, makeReaders } from '../support/newsroom.js';
import { type Sink, type SinkOptions, startSink } from '../support/smtp-sink.js';
import { waitUntil } from '../support/wait.js';
import { describeInBrowser, leaveFor, useBrowser } from './chromium.js';
import { finger, keyboard } from './hands.js';
import { signedInPage } from './sign-in.js';
import { watch } from './watch.js';

const readers = 40;

describeInBrowser('a bad day', () => {
  const database = useDatabase();
  const app = useApp(database, { publicUrl: 'http://digest.example.org' });
  /** The relay finishes the messages under way, and takes no others. */
  let isGoing = false;
  const reply: SinkOptions['reply'] = (stage) => {
    if (stage === 'dot') return 200;
    return isGoing && (stage === 'connect' || stage === 'mail') ? 'drop' : undefined;
  };
  let relay: Sink;
  beforeAll(async () => {
    relay = await startSink({ reply });
  });
  closeAfterAll(() => relay.close());
  useWorker(database, () => `${relay.url}?connections=2`);
  const browser = useBrowser();

  beforeAll(async () => {
    await makeAccount(database.db, 'owner');
  });

  /** Loads the page again until it has the element. */
  async function reloadUntil(page: Page, selector: string): Promise<void> {
    const until = Date.now() + 60_000;
    while ((await page.locator(selector).count()) === 0) {
      if (Date.now() > until) throw new Error(`${selector} does not appear: ${await page.innerText('main')}`);
      await page.waitForTimeout(500);
      await page.reload();
    }
  }

  async function goAway(): Promise<Sink['messages']> {
    isGoing = true;
    await waitUntil(() => relay.connections.open === 0, 30_000, 'the end of the connections');
    await relay.close();
    return [...relay.messages];
  }

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
    async (_, slug, hand, options) => {
      const { id } = await makeNewsletter(database.db, { name: `The ${slug} test`, slug });
      await makePosts(database.db, id, 2);
      await makeReaders(database.db, id, readers, { prefix: slug });
      relay.clear();
      const page = await signedInPage(browser, app, options);
      const { faults, look } = watch([page], options);
      const home = `${app.url}/console/newsletters/${slug}`;

      await leaveFor(page, home);
      await hand.press(page, 'main a[href$="/send"]');
      await page.waitForURL(/\/send$/);
      await hand.press(page, 'main form button');
      await page.waitForURL(/\/console\/issues\/\d+$/);
      await relay.waitFor(4, 60_000);
      const before = await goAway();
      expect(before.length).toBeLessThan(readers);

      await leaveFor(page, home);
      await reloadUntil(page, '.tasks a:has-text("is not used")');
      const task = page.locator('.tasks a', { hasText: 'is not used' });
      expect(await task.textContent()).toMatch(
        new RegExp(`^Issue No\\. 1 waits: the relay 127\\.0\\.0\\.1:${relay.port} is not used: in trouble`),
      );
      await look();
      await hand.press(page, '.tasks a:has-text("is not used")');
      await page.waitForURL(/\/console\/issues\/\d+$/);
      expect(await page.textContent('#hand-overs')).toContain('is not used');
      await look();
      await hand.press(page, 'button:text-is("Pause")');
      await page.waitForURL(/notice=paused/);
      await leaveFor(page, home);
      expect(await page.textContent('.tasks')).toContain('Issue No. 1 is paused: by hand.');

      isGoing = false;
      relay = await startSink({ port: relay.port, reply });
      await hand.press(page, '.tasks a:has-text("is paused")');
      await page.waitForURL(/\/console\/issues\/\d+$/);
      await hand.press(page, 'main a:text-is("Resume")');
      await page.waitForURL(/\/resume$/);
      expect(await page.textContent('h1')).toMatch(/^Resume, and send to \d+ readers\?$/);
      await look();
      // From here on the page follows the issue by itself, and drops the notice of its address with its first look.
      const resumed = page.waitForResponse((answer) => answer.url().includes('notice=resumed'));
      await hand.press(page, 'button:text-is("Resume")');
      await resumed;
      await page.waitForSelector('[data-status=finished]', { state: 'attached', timeout: 60_000 });
      expect(await page.textContent('.hero')).toBe(
        `Mail servers accepted ${readers} of ${readers} messages: 100 %.`,
      );
      await look();
      await leaveFor(page, home);
      expect(await page.textContent('main')).not.toMatch(/is not used|is paused/);

      // The relay also carries mails to the owner, about sign-ins for example.
      const got = [...before, ...relay.messages].flatMap(({ to }) => to).filter((to) => to.startsWith(slug));
      expect([got.length, new Set(got).size]).toEqual([readers, readers]);
      expect(faults).toEqual([]);
      await page.context().close();
    },
    240_000,
  );
});
