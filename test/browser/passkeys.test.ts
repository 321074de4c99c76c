// A person adds a passkey, signs out, and signs in with it: alone, and after the password. The authenticator is chromium's own
// (WebAuthn.addVirtualAuthenticator). Browsers have passkeys for localhost, and for no IP address.
import type { BrowserContextOptions, CDPSession, Page } from 'playwright-core';
import { makeAccount, password } from '../console/browser-session.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { makeNewsletter } from '../support/newsroom.js';
import { describeInBrowser, useBrowser } from './chromium.js';
import { watch } from './watch.js';

describeInBrowser('passkeys', () => {
  const database = useDatabase();
  const app = useApp(database, { reachedAs: 'localhost' });
  const browser = useBrowser();

  beforeAll(async () => {
    await makeAccount(database.db, 'owner');
    await makeAccount(database.db, 'editor');
    // Without any passkey, the sign-in page has no button for one.
    await makeAccount(database.db, 'viewer');
    await database.db.change(
      `insert into passkeys (id, account_id, name, public_key, counter, transports, rp_id, created_at)
       select '\\x01', id, 'Key', '\\x00', 0, '{}', 'localhost', now() from accounts where role = 'viewer'`,
    );
    await makeNewsletter(database.db, { name: 'Evening Post', slug: 'evening-post' });
  });

  /** An authenticator that verifies its person at once. */
  async function plugIn(page: Page): Promise<{ cdp: CDPSession; authenticatorId: string }> {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('WebAuthn.enable');
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    return { cdp, authenticatorId };
  }

  const isIn = (page: Page) => page.waitForURL(/\/console\/newsletters\/evening-post$/);
  const signOut = async (page: Page): Promise<void> => {
    await page.click('.menu summary');
    await page.click('.menu form button');
    await page.waitForURL(/sign-in\?notice=signed-out/);
  };
  const givePassword = async (page: Page, email: string): Promise<void> => {
    await page.fill('#email', email);
    await page.fill('#password', password);
    await page.press('#password', 'Enter');
  };

  test.each<[string, string, BrowserContextOptions]>([
    ['wide and light', 'owner@example.org', { viewport: { width: 1280, height: 800 } }],
    [
      'on a phone, dark',
      'editor@example.org',
      { viewport: { width: 390, height: 800 }, colorScheme: 'dark' },
    ],
  ])('added, used alone and after the password, and removed: %s', async (_, email, options) => {
    const page = await (await browser.newContext(options)).newPage();
    const { faults, look } = watch([page], options);
    const { cdp, authenticatorId } = await plugIn(page);
    const wrong = () => page.locator('[data-passkey] [role=alert]:not(:empty)').textContent();

    await page.goto(`${app.url}/console/sign-in`);
    await givePassword(page, email);
    await isIn(page);
    await page.goto(`${app.url}/console/profile/second-factor`);
    await look();
    await page.fill('#name', 'My laptop');
    await page.click('text=Add a passkey');
    await page.waitForURL(/notice=passkey-added/);
    expect(await page.locator('.codes li').count()).toBe(10);
    await look();
    await page.click('text=I have saved them');
    await page.waitForSelector('td:has-text("My laptop")');
    await look();
    // One device needs only one.
    await page.fill('#name', 'Again');
    await page.click('text=Add a passkey');
    expect(await wrong()).toBe('This device already has a passkey for your account.');

    await signOut(page);
    await look();
    await page.click('text=Sign in with a passkey');
    await isIn(page);
    await signOut(page);
    await givePassword(page, email);
    await page.waitForURL(/sign-in\/code/);
    await look();
    await page.click('text=Use a passkey');
    await isIn(page);

    // The person does not show who they are.
    await signOut(page);
    await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    await page.click('text=Sign in with a passkey');
    expect(await wrong()).toBe('The browser brought no passkey. Please try again.');
    await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true });

    // A copy of the passkey whose counter is behind.
    const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId });
    expect(credentials).toHaveLength(1);
    const [credential] = credentials;
    if (!credential) throw new Error('the authenticator has no passkey');
    await cdp.send('WebAuthn.removeCredential', { authenticatorId, credentialId: credential.credentialId });
    await cdp.send('WebAuthn.addCredential', {
      authenticatorId,
      credential: { ...credential, signCount: 0 },
    });
    await page.click('text=Sign in with a passkey');
    await page.waitForSelector('.wrong:has-text("its counter went back")');
    await look();
    await cdp.send('WebAuthn.removeCredential', { authenticatorId, credentialId: credential.credentialId });
    await cdp.send('WebAuthn.addCredential', {
      authenticatorId,
      credential: { ...credential, signCount: 90 },
    });
    await page.click('text=Sign in with a passkey');
    await isIn(page);

    // A removed passkey.
    await page.goto(`${app.url}/console/profile/second-factor`);
    await page.click('td >> text=Remove');
    await page.waitForURL(/notice=passkey-removed/);
    await signOut(page);
    await page.click('text=Sign in with a passkey');
    await page.waitForSelector('.wrong:has-text("was not accepted")');
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('a browser without passkeys says so, and one without scripts too', async () => {
    for (const [javaScriptEnabled, sentence, place] of [
      [true, 'A passkey cannot be used here', 'main p.hint'],
      [false, 'A passkey needs JavaScript.', 'noscript p.hint'],
    ] as const) {
      const context = await browser.newContext({ javaScriptEnabled });
      await context.addInitScript('delete window.PublicKeyCredential');
      const page = await context.newPage();
      await page.goto(`${app.url}/console/sign-in`);
      expect(await page.locator(place).first().innerText()).toContain(sentence);
      expect(await page.locator('[data-passkey]').isVisible()).toBe(false);
      await givePassword(page, 'viewer@example.org');
      await page.waitForSelector('text=Recovery code');
      expect(await page.locator(place).first().innerText()).toContain(sentence);
      await context.close();
    }
  });
});
