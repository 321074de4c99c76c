// An editor changes the next issue, sends it, and reads in its report that everybody got it. By keyboard alone, and on a
// phone without scripts.
import { makeAccount } from '../console/browser-session.js';
import { useApp, useDatabase, useWorker } from '../support/fixture.js';
import { makeNewsletter, makePosts, makeReaders } from '../support/newsroom.js';
import { waitUntil } from '../support/wait.js';
import { describeInBrowser, leaveFor, useBrowser } from './chromium.js';
import { finger, keyboard } from './hands.js';
import { signedInPage } from './sign-in.js';
import { watch } from './watch.js';

const readers = 12;

describeInBrowser('edit and send', () => {
  const database = useDatabase();
  const app = useApp(database, { publicUrl: 'http://digest.example.org' });
  useWorker(database, () => app.sink.url);
  const browser = useBrowser();

  beforeAll(async () => {
    await makeAccount(database.db, 'owner');
  });

  test.each([
    ['by keyboard alone', 'keyboard', keyboard, { viewport: { width: 1280, height: 900 } }],
    [
      'on a phone without scripts',
      'phone',
      finger,
      { viewport: { width: 390, height: 844 }, colorScheme: 'dark', javaScriptEnabled: false },
    ],
  ] as const)(
    '%s',
    async (_, slug, hand, options) => {
      const { id } = await makeNewsletter(database.db, { name: `The ${slug} post`, slug });
      await makePosts(database.db, id, 3);
      await makeReaders(database.db, id, readers, { prefix: slug });
      const posts = await database.db.query<{ id: string; title: string }>(
        'select id::text as id, title from posts where newsletter_id = $1 order by id desc',
        [id],
      );
      const [first, second, third] = posts;
      app.sink.clear();
      const page = await signedInPage(browser, app, options);
      const { faults, look } = watch([page], options);

      await leaveFor(page, `${app.url}/console/newsletters/${slug}`);
      await look();
      await hand.press(page, 'nav a[href$="/next-issue"]:visible');
      await page.waitForURL(/\/next-issue$/);
      await look();
      await hand.choose(page, `select[name="do-${first?.id}"]`, 'Leave out');
      await hand.replace(page, `#title-${second?.id}`, 'A headline of our own');
      await hand.replace(page, '#subject', 'Read all about it');
      // The words follow the typing. Without JavaScript they come with the preview.
      const length = page.locator('#subject-length');
      expect([await length.isVisible(), await length.textContent()]).toEqual(
        'javaScriptEnabled' in options ? [false, ''] : [true, 'Length as typed: 17. A phone shows about 40.'],
      );
      await hand.press(page, 'button:text-is("Save and preview")');
      await page.waitForURL(/notice=draft-saved/);
      await look();
      expect(await page.textContent('.preview .bar')).toContain('Read all about it');

      await hand.press(page, 'a[href$="/send"]');
      await page.waitForURL(/\/send$/);
      expect(await page.textContent('h1')).toContain(`${readers} readers`);
      await look();
      await hand.press(page, 'main form button');
      await page.waitForURL(/\/console\/issues\/\d+$/);
      const issue = page.url();
      await app.sink.waitFor(readers, 60_000);
      await waitUntil(
        async () =>
          (
            await database.db.query(
              'select from issues where newsletter_id = $1 and finished_at is not null',
              [id],
            )
          ).length > 0,
        30_000,
        'the end of the issue',
      );
      await leaveFor(page, issue);
      await look();
      expect(await page.textContent('main')).toContain(`${readers}`);
      // The relay also carries mails to the owner, about sign-ins for example.
      const mails = await Promise.all(app.sink.messages.map((message) => message.parsed()));
      const mail = mails.find(({ subject }) => subject === 'Read all about it');
      expect(mail?.html).toContain('A headline of our own');
      expect(mail?.html).toContain(third?.title);
      expect(mail?.html).not.toContain(first?.title);
      expect(faults).toEqual([]);
      await page.context().close();
    },
    120_000,
  );
});
