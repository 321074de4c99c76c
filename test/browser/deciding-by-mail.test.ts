// An account decides by the links of its mails, in a real browser without a session. It changes, approves,
// recalls and skips an issue in review, and releases held posts.
import type { BrowserContextOptions, Page } from 'playwright-core';
import { accountMailRenderers } from '../../src/account-mail-renderers.js';
import { sendAccountMails } from '../../src/account-mails/send-account-mails.js';
import { createAccount } from '../../src/accounts/create-account.js';
import { addFeed } from '../../src/feeds/add-feed.js';
import { closeParser } from '../../src/formats/parse.js';
import { pollFeed } from '../../src/feeds/poll-feed.js';
import { assembleNow } from '../../src/issues/assemble-now.js';
import { createMailer } from '../../src/mail/send.js';
import { listPosts } from '../../src/posts/list-posts.js';
import { openSecrets } from '../../src/secrets.js';
import { rss } from '../feeds/feed-newsroom.js';
import { startFeedServer } from '../support/feed-server.js';
import {
  assembleDeps,
  makeNewsletter,
  makePosts,
  makeReaders,
  rememberingQueue,
  secretKey,
  testRelays,
} from '../support/newsroom.js';
import { describeInBrowser, useBrowser, violationsIn } from './chromium.js';
import { closeAfterAll, shared, useApp, useDatabase } from '../support/fixture.js';

const looks: [string, BrowserContextOptions][] = [
  ['wide and light', { viewport: { width: 1200, height: 900 }, colorScheme: 'light' }],
  ['narrow and dark', { viewport: { width: 375, height: 800 }, colorScheme: 'dark' }],
];

describeInBrowser('deciding by mail in a browser', () => {
  const database = useDatabase();
  closeAfterAll(closeParser);
  const app = useApp(database, { reachedAs: '127.0.0.1' });
  const relays = shared(async () => testRelays(app.sink.url, { connections: 1 }));
  const browser = useBrowser();
  const now = () => new Date();
  const secrets = openSecrets(secretKey);

  beforeAll(async () => {
    await createAccount(
      { db: database.db },
      { email: 'owner@example.org', password: 'correct horse battery', role: 'owner' },
    );
  });

  const deps = () => ({
    db: database.db,
    now,
    secrets,
    baseUrl: app.url,
    mailer: createMailer({ relays, now }),
  });

  const sendDueMails = () => sendAccountMails(deps(), accountMailRenderers(deps()));

  async function inBrowser(look: BrowserContextOptions, link: string, visit: (page: Page) => Promise<void>) {
    const context = await browser.newContext(look);
    const page = await context.newPage();
    await page.goto(link);
    await visit(page);
    await context.close();
  }

  /** Asserts that axe-core finds no violation, and that the page does not scroll sideways. */
  async function looksRight(page: Page): Promise<void> {
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    expect(await violationsIn(page)).toEqual([]);
  }

  const lastMail = async (): Promise<string> => (await app.sink.messages.at(-1)?.parsed())?.text ?? '';

  test.each(looks)(
    'an issue in review: %s',
    async (_, look) => {
      const { id: newsletterId } = await makeNewsletter(database.db, {
        schedule: { review: 'hold', retractMinutes: 60 },
      });
      await makeReaders(database.db, newsletterId, 1);
      await makePosts(database.db, newsletterId, [{ title: 'One' }, { title: 'Two' }, { title: 'Three' }]);
      const queue = rememberingQueue();
      const made = await assembleNow(assembleDeps(database.db, queue.enqueue), { newsletterId });
      if (made.status !== 'created') throw new Error(made.status);
      await sendDueMails();
      const [link = ''] = /http:\S+\/review\/\S+/.exec(await lastMail()) ?? [];

      await inBrowser(look, link, async (page) => {
        await looksRight(page);
        await page.getByLabel('Subject').fill('Look: {{firstTitle}}');
        await page.getByLabel('Position of One').fill('1');
        await page.getByLabel('Position of Two').fill('2');
        await page.getByLabel('What to do with Three').selectOption('Leave out');
        await page.getByLabel('Introduction').fill('Good evening.');
        await page.getByRole('button', { name: 'Save and preview' }).click();
        await page.getByText('Saved. This is what readers get now.').waitFor();
        await page.getByRole('heading', { name: 'Look: One' }).waitFor();
        expect(await page.frameLocator('iframe[data-scheme=light]').locator('body').textContent()).toContain(
          'Good evening.',
        );
        expect(
          await page.frameLocator('iframe[data-scheme=light]').locator('body').textContent(),
        ).not.toContain('Three');
        await looksRight(page);
        await page.getByRole('link', { name: 'Approve…' }).click();
        await page.getByRole('heading', { name: 'Approve, and send to 1 reader?' }).waitFor();
        await looksRight(page);
        await page.getByRole('button', { name: 'Approve and send' }).click();
        await page.getByText('Until then you can withdraw the approval.').waitFor();
        await page.getByRole('button', { name: 'Withdraw approval' }).click();
        await page.getByText('Approval withdrawn.').waitFor();
        await page.getByRole('button', { name: 'Skip this issue' }).click();
        await page.getByText('Cancelled. Readers who have not had it').first().waitFor();
        await looksRight(page);
      });
      const { subject, over } = await database.db.one<{ subject: string; over: boolean }>(
        'select subject, cancelled_at is not null as over from issues where id = $1',
        [made.issueId],
      );
      expect([subject, over]).toEqual(['Look: One', true]);
    },
    120_000,
  );

  test.each(looks)(
    'posts that are held: %s',
    async (_, look) => {
      const entries = Array.from({ length: 40 }, (_unused, at) => ({
        guid: `a rather old post, number ${at}`,
        hoursAgo: 200 + at,
      }));
      const site = await startFeedServer((_request, response) => response.end(rss([])));
      const polling = { ...deps(), enqueue: rememberingQueue().enqueue, allowPrivateFeeds: ['127.0.0.1'] };
      const { id: newsletterId } = await makeNewsletter(database.db);
      const added = await addFeed(polling, { newsletterId, url: site.url });
      const feedId = added.status === 'added' ? added.feed.id : '';
      await pollFeed(polling, { feedId });
      site.answer = (_request, response) => void response.end(rss(entries));
      await pollFeed(polling, { feedId });
      await site.close();
      await sendDueMails();
      const [link = ''] = /http:\S+\/held\/\S+\?do=release/.exec(await lastMail()) ?? [];

      await inBrowser(look, link, async (page) => {
        await page.getByRole('heading', { name: '40 new posts are held' }).waitFor();
        await looksRight(page);
        expect((await listPosts(database.db, { newsletterId, state: 'held', limit: 200 })).data).toHaveLength(
          40,
        );
        await page.getByRole('button', { name: 'Release' }).click();
        await page.getByRole('heading', { name: 'Nothing is held' }).waitFor();
        await looksRight(page);
      });
      expect(
        (await listPosts(database.db, { newsletterId, state: 'eligible', limit: 200 })).data,
      ).toHaveLength(40);
    },
    120_000,
  );
});
