// A reader chooses, moves and leaves in a real browser, by the links of their mail: wide and narrow, light
// and dark, with and without scripts. On each page axe-core finds no violation, and nothing is cut off.
import type { BrowserContextOptions, Page } from 'playwright-core';
import { createMailer } from '../../src/mail/send.js';
import { sendAddressMails } from '../../src/preferences/send-address-mails.js';
import { type LinkPurpose, signToken } from '../../src/subscribers/tokens.js';
import {
  assembleDeps,
  fanOutNext,
  links,
  makeListedNewsletter,
  makeNewsletter,
  makePosts,
  makeReaders,
  testRelays,
} from '../support/newsroom.js';
import { describeInBrowser, useBrowser, violationsIn } from './chromium.js';
import { shared, useApp, useDatabase } from '../support/fixture.js';

interface Look extends BrowserContextOptions {
  name: string;
  /** The number of the reader that this look uses. */
  n: number;
}

const wide = { width: 1200, height: 900 };
const narrow = { width: 375, height: 800 };
const looks: Look[] = [
  { name: 'wide and light', n: 1, viewport: wide, colorScheme: 'light' },
  { name: 'narrow and dark', n: 2, viewport: narrow, colorScheme: 'dark' },
  { name: 'narrow, light, Arabic', n: 3, viewport: narrow, colorScheme: 'light', locale: 'ar' },
  { name: 'without scripts', n: 4, viewport: narrow, javaScriptEnabled: false },
];

describeInBrowser('choosing and leaving in a browser', () => {
  const database = useDatabase();
  const app = useApp(database, { reachedAs: '127.0.0.1' });
  const relays = shared(async () => testRelays(app.sink.url, { connections: 1 }));
  const browser = useBrowser();
  let subscriptions: string[];

  beforeAll(async () => {
    const { db } = database;
    const { id } = await makeNewsletter(db, {
      name: 'The Harbour Post',
      schedule: { frequencies: ['daily', 'weekly'], sendTime: '07:00' },
      topics: ['City hall', 'Food'],
      tracking: 'consent',
      archive: 'subscribers',
    });
    await makeListedNewsletter(db, { name: 'The Harbour Post on Sunday', slug: 'sunday' });
    await makeReaders(db, id, looks.length + 1);
    subscriptions = (await db.query<{ id: string }>('select id from subscriptions order by id')).map(
      (row) => row.id,
    );
    await makePosts(db, id, [{ title: 'The bakery that opens at midnight' }, { title: 'Ferries' }]);
    await fanOutNext(assembleDeps(db), id);
  });

  async function expectGood(page: Page, { javaScriptEnabled = true }: BrowserContextOptions): Promise<void> {
    const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    // axe-core needs a browser that runs scripts.
    const violations = javaScriptEnabled ? await violationsIn(page) : [];
    const path = new URL(page.url()).pathname;
    expect({ path, overflow: Math.abs(Number(overflow)), violations }).toEqual({
      path,
      overflow: 0,
      violations: [],
    });
  }

  const press = (page: Page, value: string) => page.locator(`button[value="${value}"]`).first().click();

  /** Does the worker's job: mails both ends of the pending change. Returns the link in one of the mails. */
  async function mailed(newAddress: string, to: string): Promise<string> {
    const { db } = database;
    const mailer = createMailer({ relays, now: () => new Date() });
    const rows = await db.query<{ id: string }>('select id from address_changes where address = $1', [
      newAddress,
    ]);
    for (const { id: changeId } of rows)
      await sendAddressMails({ db, mailer, baseUrl: app.url, now: () => new Date() }, { changeId });
    const { text = '' } = (await app.sink.messagesTo(to).at(-1)?.parsed()) ?? {};
    return /https?:\S+\/address\/[\w-]+/.exec(text)?.[0] ?? '';
  }

  test.each(looks)('$name: choices, another newsletter, another address, and good-bye', async (look) => {
    const { name: _, n, ...context } = look;
    const page = await (await browser.newContext(context)).newPage();
    const subscription = subscriptions[n - 1] ?? '';
    const linkOf = (purpose: LinkPurpose) =>
      `${app.url}/${purpose}/${signToken(links.key, purpose, subscription)}`;
    const stored = () =>
      database.db.one<Record<string, unknown>>(
        `select s.plain_text, s.tracking_agreed_at is not null as tracking, s.topics, t.frequency, r.address,
             s.unsubscribed_at is not null as gone, (select count(*)::int from subscriptions o join newsletters w
               on w.id = o.newsletter_id where o.subscriber_id = r.id and w.slug = 'sunday') as sunday,
             (select reason from leavings l where l.subscription_id = s.id) as reason
           from subscriptions s join subscribers r on r.id = s.subscriber_id
           left join reading_times t on t.id = s.reading_time_id where s.id = $1`,
        [subscription],
      );
    await page.goto(linkOf('preferences'));
    await expectGood(page, look);

    await page.locator('[name="frequency"][value="weekly"]').check();
    await page.locator('[name="topics"][value="Food"]').uncheck();
    await page.locator('[name="plainText"][value="yes"]').check();
    await page.locator('[name="tracking"][value="yes"]').check();
    await press(page, 'save');
    await page.getByRole('status').waitFor();
    await expectGood(page, look);
    expect(await page.locator('[name="plainText"][value="yes"]').isChecked()).toBe(true);
    expect(await stored()).toMatchObject({
      plainText: true,
      tracking: true,
      topics: ['City hall'],
      frequency: 'weekly',
    });

    await press(page, 'join');
    await page.locator('button[value="leave"]').waitFor();
    await expectGood(page, look);
    expect(await stored()).toMatchObject({ sunday: 1 });

    const newAddress = `moved${n}@readers.example.org`;
    await page.locator('#address').fill(newAddress);
    await press(page, 'move');
    await page.locator('button[value="stay"]').waitFor();
    await expectGood(page, look);
    for (const to of [`reader${n}@readers.example.org`, newAddress]) {
      await page.goto(await mailed(newAddress, to));
      await expectGood(page, look);
      await press(page, 'yes');
      await page.locator('button').first().waitFor({ state: 'detached' });
      await expectGood(page, look);
    }
    expect(await stored()).toMatchObject({ address: newAddress });

    await page.goto(
      `${app.url}/n/the-harbour-post/readers/${signToken(links.key, 'archive', subscription)}/issues`,
    );
    await expectGood(page, look);
    await page.getByRole('link', { name: /bakery|Ferries/ }).click();
    await page.getByRole('article').first().waitFor();
    await expectGood(page, look);

    await page.goto(linkOf('unsubscribe'));
    await expectGood(page, look);
    await page.locator('form[action^="?via=page"] button').click();
    await page.locator('[name="reason"]').first().waitFor();
    await expectGood(page, look);
    expect(await stored()).toMatchObject({ gone: true, reason: null });
    await page.locator('[name="reason"][value="too-often"]').check();
    await page.locator('#comment').fill('Nothing wrong with it.');
    await press(page, 'reason');
    await page.getByRole('status').waitFor();
    await expectGood(page, look);
    await press(page, 'rejoin');
    await page.locator('button[value="save"]').waitFor();
    expect(await stored()).toMatchObject({ gone: false, reason: 'too-often', plainText: true });
    await page.context().close();
  });

  test('the browser’s time zone is offered by a button, never chosen by the page, and stored on saving', async () => {
    const subscription = subscriptions[looks.length] ?? '';
    const url = `${app.url}/preferences/${signToken(links.key, 'preferences', subscription)}`;
    const zoneOf = async () =>
      (
        await database.db.one<{ timezone: string | null }>(
          `select t.timezone from subscriptions s left join reading_times t on t.id = s.reading_time_id where s.id = $1`,
          [subscription],
        )
      ).timezone;
    const open = async (options: BrowserContextOptions) => {
      const page = await (await browser.newContext({ locale: 'en', ...options })).newPage();
      await page.goto(url);
      return {
        page,
        zone: page.locator('#zone'),
        clock: page.locator('#clock'),
        here: page.getByRole('button', { name: 'Use my browser’s time' }),
      };
    };
    const plain = await open({ timezoneId: 'Asia/Tokyo', javaScriptEnabled: false });
    expect(await plain.zone.inputValue()).toBe('UTC');
    expect(await plain.here.isVisible()).toBe(false);

    const { page, zone, clock, here } = await open({ timezoneId: 'Asia/Tokyo' });
    expect(await zone.inputValue()).toBe('UTC');
    await press(page, 'save');
    await page.getByRole('status').waitFor();
    expect(await zoneOf()).toBeNull();
    await here.click();
    expect(await zone.inputValue()).toBe('Asia/Tokyo');
    expect(await here.isVisible()).toBe(false);
    await expectGood(page, {});
    expect(await clock.textContent()).toBe(
      'Your browser uses Tokyo. Until you save, your time zone stays UTC.',
    );
    expect(await zoneOf()).toBeNull();
    await zone.selectOption('Europe/Lisbon');
    await press(page, 'save');
    await page.getByRole('status').waitFor();
    expect(await zoneOf()).toBe('Europe/Lisbon');
    expect(await page.locator('.coming').textContent()).toMatch(/Your next issue:.*Lisbon/s);

    // Back shows the form again, and posts nothing.
    await page.goBack();
    await page.goForward();
    expect(await page.getByRole('status').textContent()).toContain('Saved.');

    const abroad = await open({ timezoneId: 'Asia/Calcutta' });
    expect(await abroad.zone.inputValue()).toBe('Europe/Lisbon');
    expect(await abroad.clock.textContent()).toMatch(/^It is \d\d:\d\d in Lisbon now\.$/);
    for (const one of [plain, { page }, abroad]) await one.page.context().close();
  });
});
