// The pictures of the console: the demo's newsletter with some thousand readers, a past of a month and new posts.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Database } from '../src/db.js';
import { second } from '../src/durations.js';
import { waitUntil } from '../test/support/wait.js';

/** Calls the demo's API. */
export type CallApi = <Body>(method: string, at: string, body?: object | string) => Promise<Body>;

const readers = 3_003;

/** Readers of the last 30 days by SQL, since no API sets a past time. Nobody left today, after the issue to three readers. */
async function backdate(db: Database, newsletterId: string): Promise<void> {
  await db.query('delete from daily_sums where newsletter_id = $1 and issue_id is null', [newsletterId]);
  await db.query(
    `insert into daily_sums (newsletter_id, day, fact, detail, change)
     select $1, current_date - n, fact, detail, change from generate_series(0, 29) n, lateral (values
       ('asked', 'form', 30 + 12 * (n % 3) + (29 - n) / 2), ('confirmed', 'form', 25 + 11 * (n % 3) + (29 - n) / 2),
       ('joined', 'form', 25 + 11 * (n % 3) + (29 - n) / 2), ('joined', 'import', 4 * (n % 5)),
       ('left', 'unsubscribed', (4 + n % 3) * sign(n)), ('answered', 'too-often', (1 + n % 2) * sign(n)),
       ('answered', 'not-interested', n % 3)
     ) as facts (fact, detail, change) where change > 0`,
    [newsletterId],
  );
}

const headlines = [
  'A night on the pilot boat',
  'Why the harbour clock was four minutes late',
  'The last lamp-lighter of Quay Lane hands over his ladder',
  'Five walks for the short days of December',
];

async function fill(api: CallApi, db: Database): Promise<{ id: string; slug: string }> {
  const { data } = await api<{ data: { id: string; slug: string }[] }>('GET', 'newsletters');
  const [newsletter] = data;
  if (newsletter === undefined) throw new Error('the demo has no newsletter');
  const at = `newsletters/${newsletter.id}`;
  const list = `email,name\n${Array.from({ length: readers - 3 }, (_, n) => `reader${n}@readers.example,Reader ${n}\n`).join('')}`;
  const started = await api<{ id: string }>('POST', `${at}/imports?basis=They%20asked%20for%20it`, list);
  await waitUntil(
    async () => (await api<{ state: string }>('GET', `imports/${started.id}`)).state === 'finished',
    120 * second,
    'the import',
  );
  await backdate(db, newsletter.id);
  await api(
    'POST',
    `${at}/posts`,
    headlines.map((title, index) => ({
      guid: `picture-${index}`,
      url: `https://tidewater.example/${index}`,
      title,
      text: `${title}. The Journal spent a day at the harbour and asked those who were there before us. They told us more than fits into an e-mail, and some of it is even true.`,
      publishedAt: new Date().toISOString(),
    })),
  );
  return newsletter;
}

async function signIn(page: Page, origin: string, { email, password }: Account): Promise<void> {
  await page.goto(`${origin}/console`);
  await page.fill('input[name="email"]', email);
  await page.fill('input[name="password"]', password);
  await page.click('button[type="submit"]');
  await page.waitForLoadState('networkidle');
}

interface Account {
  email: string;
  password: string;
}

/** Calls `take` with each screen: the name of its picture, and the page that shows it. */
export async function consolePictures(
  {
    browser,
    api,
    db,
    origin,
    account,
  }: { browser: Browser; api: CallApi; db: Database; origin: string; account: Account },
  take: (name: string, page: Page) => Promise<void>,
): Promise<void> {
  const newsletter = await fill(api, db);
  const home = `${origin}/console/newsletters/${newsletter.slug}`;
  const context: BrowserContext = await browser.newContext({
    viewport: { width: 1280, height: 860 },
    colorScheme: 'light',
    deviceScaleFactor: 1.5,
  });
  const page = await context.newPage();
  await signIn(page, origin, account);
  for (const [name, url] of [
    ['console-home', home],
    ['console-next-issue', `${home}/next-issue`],
    ['console-growth', `${home}/growth`],
  ] as const) {
    await page.goto(url);
    await page.waitForLoadState('networkidle');
    await take(name, page);
  }
  const { id } = await api<{ id: string }>('POST', `newsletters/${newsletter.id}/issues`);
  const accepted = async () =>
    (await api<{ counts: { accepted: number } }>('GET', `issues/${id}`)).counts.accepted;
  await page.goto(`${origin}/console/issues/${id}`);
  await waitUntil(async () => (await accepted()) > readers / 4, 120 * second, 'a quarter of the messages');
  await take('console-sending', page);
  await context.close();
}
