// An owner invites a colleague for one newsletter. The colleague opens the mailed link, chooses a password, adds a
// second factor, signs in with it and sees what the role allows. The owner removes the colleague, whose session ends. By
// keyboard alone, and on a phone without scripts.
import { Secret, TOTP } from 'otpauth';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { makeAccount, password } from '../console/browser-session.js';
import { useApp, useDatabase, useWorker } from '../support/fixture.js';
import { baseUrl, makeNewsletter, makeReaders } from '../support/newsroom.js';
import { waitUntil } from '../support/wait.js';
import { describeInBrowser, useBrowser } from './chromium.js';
import { finger, keyboard, type Hand } from './hands.js';
import { watch } from './watch.js';

const chosen = 'a password of my own';

describeInBrowser('inviting a colleague', () => {
  const database = useDatabase();
  const app = useApp(database, { publicUrl: 'http://digest.example.org' });
  useWorker(database, () => app.sink.url);
  const browser = useBrowser();

  beforeAll(async () => {
    await makeAccount(database.db, 'owner');
    const { id } = await makeNewsletter(database.db, { name: 'Evening Post', slug: 'evening-post' });
    await makeReaders(database.db, id, 3);
    await makeNewsletter(database.db, { name: 'Secret Post', slug: 'secret-post' });
  });

  async function signIn(page: Page, hand: Hand, [email, given]: [string, string]): Promise<void> {
    await hand.replace(page, '#email', email);
    await hand.write(page, '#password', given);
    await page.waitForURL(/\/console(?:\/newsletters\/[\w-]+)?$/);
  }

  let secret = '';
  /** The code of the authenticator app, `steps` of 30 seconds from now. */
  const codeIn = (steps: number): string =>
    new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + steps * 30_000 });

  async function addSecondFactor(page: Page, hand: Hand, look: (page: Page) => Promise<void>): Promise<void> {
    await page.goto(`${app.url}/console/profile/second-factor`);
    await hand.press(page, 'form[action$="/start"] button');
    await page.waitForSelector('.qr');
    await look(page);
    secret = ((await page.textContent('section[aria-labelledby=app] code')) ?? '').replaceAll(' ', '');
    await hand.write(page, 'input[name=code]', codeIn(0));
    await page.waitForSelector('.codes');
    expect(await page.locator('.codes li').count()).toBe(10);
    await look(page);
    await hand.press(page, 'form[action$="/done"] button');
    await page.waitForURL(/\/console\/profile/);
  }

  /** The link in the mail to the address, at the address of the app. */
  async function mailedLink(email: string): Promise<string> {
    await waitUntil(() => app.sink.messagesTo(email).length > 0, 120_000, 'the invitation');
    const { text = '', subject } = (await app.sink.messagesTo(email)[0]?.parsed()) ?? {};
    expect(subject).toBe('You are invited to Daily Digest');
    const [, path = ''] = new RegExp(`${baseUrl}(/console/password/[\\w-]+)`).exec(text) ?? [];
    return `${app.url}${path}`;
  }

  test.each([
    ['by keyboard alone', 'ada@example.org', keyboard, { viewport: { width: 1280, height: 800 } }],
    [
      'on a phone without scripts',
      'bo@example.org',
      finger,
      { viewport: { width: 390, height: 800 }, colorScheme: 'dark', javaScriptEnabled: false },
    ],
  ] as const)(
    '%s',
    async (_, email, hand, options: BrowserContextOptions) => {
      const open = async (): Promise<Page> => (await browser.newContext(options)).newPage();
      const [owner, colleague] = [await open(), await open()];
      const { faults, look } = watch([owner, colleague], options);

      await owner.goto(`${app.url}/console`);
      await signIn(owner, hand, ['owner@example.org', password]);
      await owner.goto(`${app.url}/console/team`);
      await hand.replace(owner, '#email', email);
      await hand.choose(owner, '#role', 'Viewer');
      await hand.tick(owner, 'input[name=covers][value=some]');
      await hand.tick(owner, 'label:has-text("Evening Post") input');
      await look(owner);
      await hand.press(owner, 'button:text-is("Send the invitation")');
      await owner.waitForURL(/notice=invited/);
      const row = owner.locator('tbody tr', { hasText: email });
      expect(await row.textContent()).toMatch(/Invited.*Viewer, for 1 newsletter/s);

      await colleague.goto(await mailedLink(email));
      expect(await colleague.textContent('h1')).toBe('Welcome');
      await look(colleague);
      await hand.replace(colleague, '#chosen', chosen);
      await hand.write(colleague, '#again', chosen);
      await colleague.waitForURL(/sign-in\?notice=password-chosen/);
      await signIn(colleague, hand, [email, chosen]);
      await look(colleague);
      await addSecondFactor(colleague, hand, look);
      await hand.press(colleague, '.menu summary');
      await hand.press(colleague, 'form[action="/console/sign-out"] button');
      await colleague.waitForURL(/sign-in/);
      await hand.replace(colleague, '#email', email);
      await hand.write(colleague, '#password', chosen);
      await colleague.waitForURL(/\/sign-in\/code/);
      await look(colleague);
      await hand.write(colleague, 'input[name=code]', codeIn(1));
      await colleague.waitForURL(/\/console(?:\/newsletters\/[\w-]+)?$/);

      await colleague.goto(`${app.url}/console/newsletters/evening-post/readers`);
      expect(await colleague.textContent('main')).toContain('reader1@');
      expect(await colleague.textContent('main')).not.toContain('Secret Post');
      for (const ownersOnly of ['/console/team', '/console/delivery', '/console/audit'])
        expect(await colleague.locator(`a[href="${ownersOnly}"]`).count()).toBe(0);
      for (const [path, status] of [
        ['/console/team', 404],
        ['/console/newsletters/secret-post', 404],
        ['/console/newsletters/evening-post/readers.csv', 403],
      ] as const)
        expect([path, (await colleague.request.get(`${app.url}${path}`)).status()]).toEqual([path, status]);
      await colleague.goto(`${app.url}/console/newsletters/evening-post/settings`);
      expect(await colleague.locator('main form[method=post] button:not([disabled])').count()).toBe(0);
      await look(colleague);

      await owner.goto(`${app.url}/console/team`);
      await hand.press(owner, `td a:has-text("${email}")`);
      await hand.press(owner, 'main a[href$="/remove"]');
      await owner.waitForURL(/\/remove$/);
      expect(await owner.textContent('h1')).toBe(`Remove ${email}?`);
      await look(owner);
      await hand.press(owner, 'main form button');
      await owner.waitForURL(/notice=account-removed/);
      expect(await owner.textContent('main')).not.toContain(email);

      await colleague.reload();
      expect(new URL(colleague.url()).pathname).toBe('/console/sign-in');
      expect(faults).toEqual([]);
      await owner.context().close();
      await colleague.context().close();
    },
    240_000,
  );
});
