// A reader joins on our pages, in a real browser: from the list of newsletters to "You are subscribed". Wide
// and narrow, light and dark, with and without scripts. axe-core finds no violation, and nothing is cut off.
import type { BrowserContextOptions, Page } from 'playwright-core';
import { readConfig } from '../../src/config/environment.js';
import { createMailer } from '../../src/mail/send.js';
import { sendConfirmation } from '../../src/joining/send-confirmation.js';
import { confirmationLinkMs } from '../../src/subscribers/time-limits.js';
import { makeListedNewsletter, testRelays } from '../support/newsroom.js';
import { describeInBrowser, useBrowser, violationsIn } from './chromium.js';
import { shared, useApp, useDatabase } from '../support/fixture.js';

const looks: (BrowserContextOptions & { name: string })[] = [
  { name: 'wide and light', viewport: { width: 1200, height: 900 }, colorScheme: 'light' },
  { name: 'narrow and dark', viewport: { width: 375, height: 800 }, colorScheme: 'dark' },
  { name: 'without scripts', viewport: { width: 375, height: 800 }, javaScriptEnabled: false },
];

describeInBrowser('joining in a browser', () => {
  const database = useDatabase();
  /** Milliseconds by which the test has put the clock forward. */
  let ahead = 0;
  const now = () => new Date(Date.now() + ahead);
  const { subscribeLimits } = readConfig({ SUBSCRIBE_MIN_FILL_SECONDS: '0' });
  const app = useApp(database, { reachedAs: '127.0.0.1', now, settings: { subscribeLimits } });
  const relays = shared(async () => testRelays(app.sink.url, { connections: 1 }));
  const browser = useBrowser();

  beforeAll(async () => {
    await makeListedNewsletter(database.db, { name: 'The Harbour Post', slug: 'harbour' });
    await makeListedNewsletter(database.db, {
      name: 'Food & Drink',
      slug: 'food',
      customFields: [{ name: 'adult', label: 'I am over 18', type: 'checkbox', required: true }],
    });
    await makeListedNewsletter(database.db, { name: 'מזג האוויר', slug: 'weather', language: 'he' });
  });

  const withoutScripts = new WeakSet<Page>();

  async function open(look: BrowserContextOptions = {}): Promise<Page> {
    const page = await (await browser.newContext(look)).newPage();
    if (look.javaScriptEnabled === false) withoutScripts.add(page);
    return page;
  }

  /** axe-core needs a browser that runs scripts. */
  async function expectGood(page: Page): Promise<void> {
    const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    const violations = withoutScripts.has(page) ? [] : await violationsIn(page);
    expect({ path: new URL(page.url()).pathname, overflow, violations }).toEqual({
      path: expect.anything() as string,
      overflow: 0,
      violations: [],
    });
  }

  /** Does the worker's job: mails the one pending confirmation. Returns its link. */
  async function mailedLink(address: string): Promise<string> {
    const { db } = database;
    const mailer = createMailer({ relays, now });
    const waiting = await db.query<{ id: string }>(
      `select s.id from subscriptions s join subscribers r on r.id = s.subscriber_id
         where r.address = $1 and s.confirm_with is null and s.confirmation_sent_at is null`,
      [address],
    );
    for (const { id } of waiting)
      await sendConfirmation({ db, mailer, baseUrl: app.url, now }, { subscriptionId: id });
    const mails = app.sink.messagesTo(address);
    expect(mails).toHaveLength(1);
    const { text = '' } = (await mails[0]?.parsed()) ?? {};
    return /https?:\S+\/confirm\/[\w-]+/.exec(text)?.[0] ?? '';
  }

  test.each(looks)('$name: several newsletters, one mail, one button', async ({ name, ...look }) => {
    const address = `${name.replaceAll(' ', '-')}@readers.example`;
    const page = await open(look);
    await page.goto(app.url);
    await expectGood(page);

    await page.getByLabel('Your e-mail address').fill(address);
    await page.getByRole('button', { name: 'Subscribe' }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toBe('Please choose at least one newsletter.');
    expect(await page.getByLabel('Your e-mail address').inputValue()).toBe(address);

    await page.getByLabel('The Harbour Post').check();
    await page.getByLabel('Food & Drink').check();
    await page.getByRole('button', { name: 'Subscribe' }).click();
    await page.getByText('I am over 18: please tick this box.').waitFor();
    await expectGood(page);
    expect(await page.getByLabel('Food & Drink').isChecked()).toBe(true);
    expect(await page.getByLabel('מזג האוויר').isChecked()).toBe(false);

    await page.getByLabel('I am over 18').check();
    await page.getByRole('button', { name: 'Subscribe' }).click();
    await page.getByRole('heading', { name: 'Check your inbox' }).waitFor();
    await expectGood(page);

    await page.goto(await mailedLink(address));
    await expectGood(page);
    await page.getByRole('button', { name: 'Confirm my subscription' }).click();
    await page.getByRole('heading', { name: 'You are subscribed' }).waitFor();
    expect(await page.getByRole('listitem').allTextContents()).toHaveLength(2);
    await expectGood(page);
    const { count } = await database.db.one<{ count: number }>(
      `select count(*)::int from subscriptions s join subscribers r on r.id = s.subscriber_id
         where r.address = $1 and s.confirmed_at is not null`,
      [address],
    );
    expect(count).toBe(2);
    await page.context().close();
  });

  test('a slip in a domain is asked about beside the field, or without scripts on the next page', async () => {
    const page = await open();
    await page.goto(`${app.url}/n/harbour`);
    const email = page.getByLabel('Your e-mail address');
    await email.fill('ada@gmial.com');
    await email.blur();
    const hint = page.locator('.hint');
    expect(await hint.textContent()).toBe('Did you mean ada@gmail.com?');
    expect(await email.inputValue()).toBe('ada@gmial.com');
    await expectGood(page);
    await hint.getByRole('button').click();
    expect(await email.inputValue()).toBe('ada@gmail.com');
    expect(await hint.textContent()).toBe('');
    await page.context().close();

    const next = await open({ javaScriptEnabled: false });
    await next.goto(`${app.url}/n/harbour`);
    await next.getByLabel('Your e-mail address').fill('grace@gmial.com');
    await next.getByRole('button', { name: 'Subscribe' }).click();
    await next.getByText('grace@gmail.com').waitFor();
    await expectGood(next);
    // The page asks but does not correct: the mail goes to the address as typed.
    expect(await database.db.query(`select address from subscribers where address like 'grace@%'`)).toEqual([
      { address: 'grace@gmial.com' },
    ]);
    await next.context().close();
  });

  test('a link that is over offers a fresh one', async () => {
    const address = 'late@readers.example';
    const page = await open({ javaScriptEnabled: false });
    await page.goto(`${app.url}/n/harbour`);
    await page.getByLabel('Your e-mail address').fill(address);
    await page.getByRole('button', { name: 'Subscribe' }).click();
    const link = await mailedLink(address);
    ahead += confirmationLinkMs;
    await page.goto(link);
    await expectGood(page);
    await page.getByRole('button', { name: 'Send me a new link' }).click();
    await page.getByRole('heading', { name: 'Check your inbox' }).waitFor();
    expect(await page.locator('.address').first().textContent()).toBe(address);
    await page.context().close();
  });
});
