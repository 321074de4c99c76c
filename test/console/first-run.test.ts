// The first run: a site's address becomes a digest, a test mail and a newsletter.
import { closeParser } from '../../src/formats/parse.js';
import { listNewsletters } from '../../src/newsletters/get-newsletter.js';
import { hour } from '../../src/durations.js';
import { forgetFirstRuns, getRun } from '../../src/first-runs/kept-runs.js';
import { readConfig } from '../../src/config/environment.js';
import { describeInBrowser, useBrowser, violationsIn } from '../browser/chromium.js';
import { startApp } from '../support/app.js';
import { startFeedServer, type FeedServer } from '../support/feed-server.js';
import { closeAfterAll, closeAfterTest, useApp, useDatabase } from '../support/fixture.js';
import { makeAccount, password, visitor, type Page, type Visitor } from './browser-session.js';
import { fieldsOf, press, unescape } from './first-run-fields.js';
import { answerAsSites } from './sample-sites.js';

const database = useDatabase();
const app = useApp(database);
let sites: FeedServer;
let owner: Visitor;
const path = '/console/first-run';

beforeAll(async () => {
  sites = await startFeedServer(answerAsSites);
  owner = visitor(app.url);
  await owner.signIn(await makeAccount(database.db, 'owner'));
});
closeAfterAll(async () => {
  await sites.close();
  await closeParser();
});

async function read(address: string, typed: Record<string, string> = {}): Promise<Page> {
  await owner.get(path);
  return press(owner, { ...typed, address, do: 'read' });
}

test.each([
  [
    'WordPress',
    'wordpress/',
    { name: 'Hafenblatt', language: 'de', brandColour: '#8a1c3b' },
    'logo.png, 240 × 48',
  ],
  [
    'Ghost',
    'ghost/',
    { name: 'The Quay & Sons', language: 'en', brandColour: '#1a7f5a' },
    'logo.png, 192 × 64',
  ],
  [
    'a static site with JSON Feed',
    'static/',
    { name: 'Notes from the tower', brandColour: '#0b5a78' },
    'none: the name in words',
  ],
  ['the address of a feed', 'ghost/rss/', { name: 'The Quay', brandColour: '#1a7f5a' }, 'logo.png, 192 × 64'],
])('%s: its name, colour, logo and posts, and nothing is stored', async (_, address, expected, logo) => {
  const page = await read(`${sites.url}/${address}`);
  expect(page.status).toBe(200);
  const fields = fieldsOf(page);
  expect(fields).toMatchObject({ ...expected, 'feed.0': 'on', 'weekday.1': 'on', 'frequency.daily': 'on' });
  expect(fields['siteUrl']).toBe(`${sites.url}/${address.replace('rss/', '')}`);
  expect(page.text).toContain(`selected>${logo}<`);
  const frame = unescape(/src="(\/console\/first-run\/mail[^"]+)"/.exec(page.text)?.[1] ?? '');
  const mail = await owner.get(frame);
  expect(mail.text).toContain('The ferry runs again');
  expect(mail.headers.get('content-security-policy')).toContain('sandbox');
  expect(await listNewsletters(database.db)).toEqual([]);
});

test('only the session that read the site sees the preview', async () => {
  const page = await read(`${sites.url}/ghost/`);
  const frame = unescape(/src="(\/console\/first-run\/mail[^"]+)"/.exec(page.text)?.[1] ?? '');
  const editor = visitor(app.url);
  await editor.signIn(await makeAccount(database.db, 'editor'));
  expect((await editor.get(frame)).status).toBe(404);
  expect((await owner.get(frame.replace('of=', 'of=A'))).status).toBe(404);
  const viewer = visitor(app.url);
  await viewer.signIn(await makeAccount(database.db, 'viewer'));
  expect((await viewer.get(path)).status).toBe(403);
});

test.each([
  ['', 'Enter the address of your site'],
  ['no such address', 'This is not a web address'],
  ['http://10.0.0.1/', 'private address'],
  ['{site}/down', 'The server answered 503'],
])('“%s” is told in words, and what was typed stays', async (address, words) => {
  const typed = address.replace('{site}', sites.url);
  const page = await read(typed);
  expect(page.status).toBe(422);
  expect(page.text).toContain(words);
  expect(fieldsOf(page)['address']).toBe(typed);
});

test('a site without a feed says what helps, and another address keeps the sender', async () => {
  const page = await read(`${sites.url}/plain/`);
  expect(page.text).toContain('If you know the address of your feed, paste it above');
  const fields = { ...fieldsOf(page), 'from.address': 'digest@quay.example', 'weekday.7': '' };
  delete (fields as Record<string, string>)['weekday.7'];
  // Enter in the field of the address presses the first button of the form.
  const other = await press(owner, { ...fields, address: `${sites.url}/ghost/`, do: 'preview' });
  const found = fieldsOf(other);
  expect(found).toMatchObject({
    name: 'The Quay & Sons',
    'from.address': 'digest@quay.example',
    'weekday.6': 'on',
  });
  expect(found).not.toHaveProperty('weekday.7');
});

test('from the address to a test in the own inbox, and then to a newsletter', async () => {
  const fields = fieldsOf(await read(`${sites.url}/ghost/`, { zone: 'Europe/Berlin' }));
  expect(fields['timezone']).toBe('Europe/Berlin');
  const without = await press(owner, { ...fields, do: 'test' });
  expect(without.status).toBe(422);
  expect(without.text).toContain('Enter an e-mail address such as digest@example.org.');
  const complete = { ...fields, 'from.address': 'digest@quay.example', postalAddress: '1 Quay' };
  const tested = await press(owner, { ...complete, do: 'test' });
  expect(tested.text).toContain('It is on its way to owner@example.org');
  const [mail] = await app.sink.waitFor(1);
  expect(mail).toMatchObject({ to: ['owner@example.org'] });
  expect((await mail?.parsed())?.html).toContain('The ferry runs again');
  expect(await listNewsletters(database.db)).toEqual([]);
  const created = await press(owner, { ...fieldsOf(tested), postalAddress: '1 Quay', do: 'create' });
  expect(created.location).toBe('/console/newsletters/the-quay-sons?notice=created-with-feed');
  const [newsletter] = await listNewsletters(database.db);
  expect(newsletter).toMatchObject({
    name: 'The Quay & Sons',
    from: { address: 'digest@quay.example' },
    timezone: 'Europe/Berlin',
    look: { brandColour: '#1a7f5a', logo: { width: 192, height: 64 } },
  });
  const home = await owner.get(created.location ?? '');
  expect(home.text).toContain('with <strong>4 posts</strong>');
});

test('a step is kept for its account alone, for an hour; reloading its page sends no second test', async () => {
  const fields = fieldsOf(await read(`${sites.url}/ghost/`));
  const complete = { ...fields, 'from.address': 'digest@quay.example', postalAddress: '1 Quay' };
  const sent = app.sink.messages.length;
  const tested = await owner.post(path, { ...complete, do: 'test' });
  expect(tested.status).toBe(303);
  expect(tested.location).toBe(`${path}?run=${fields['run']}#result`);
  const page = `${path}?run=${fields['run']}`;
  for (let time = 0; time < 3; time++)
    expect((await owner.get(page)).text).toContain('It is on its way to owner@example.org');
  expect(app.sink.messages.length).toBe(sent + 1);
  expect(JSON.stringify(await database.db.query('select * from first_runs'))).not.toContain('csrf');

  const other = visitor(app.url);
  await other.signIn(await makeAccount(database.db, 'editor'));
  expect((await other.get(page)).text).not.toContain('digest@quay.example');
  for (let time = 0; time < 12; time++) await owner.post(path, { ...complete, run: '', do: 'preview' });
  expect(await database.db.query('select from first_runs')).toHaveLength(10);

  const { id, accountId } = await database.db.one<{ id: string; accountId: string }>(
    'select max(id)::text as id, max(account_id)::text as account_id from first_runs',
  );
  const after = (ms: number) => ({ db: database.db, now: () => new Date(Date.now() + ms) });
  const [early, late] = [after(hour - 60_000), after(hour + 60_000)];
  expect(await forgetFirstRuns(early)).toBe(0);
  expect(await getRun(early, { id, accountId })).toBeDefined();
  expect(await getRun(late, { id, accountId })).toBeUndefined();
  expect(await forgetFirstRuns(late)).toBe(10);
});

test('a relay that does not work is told in words, with what to do', async () => {
  const { relays = [] } = readConfig({ SMTP_URL: 'smtp://127.0.0.1:1' });
  const down = closeAfterTest(await startApp(database, { settings: { relays } }));
  down.sink.onStage((stage) =>
    stage === 'mail' ? { code: 550, text: '5.7.1 sender not allowed' } : undefined,
  );
  const editor = visitor(down.url);
  await editor.signIn('editor@example.org');
  await editor.get(path);
  const page = await press(editor, { address: `${sites.url}/ghost/`, do: 'read' });
  const tested = await press(editor, {
    ...fieldsOf(page),
    'from.address': 'digest@quay.example',
    do: 'test',
  });
  expect(tested.text).toContain('was not sent: 550 5.7.1 sender not allowed');
  expect(tested.text).toContain('The mail server 127.0.0.1:1 cannot be used');
  expect(tested.text).toContain('relays usually listen at port 587 or 465');
  expect(fieldsOf(tested)['from.address']).toBe('digest@quay.example');
});

describeInBrowser('in a browser', () => {
  const browser = useBrowser();

  test('the preview follows, on wide and narrow screens, light and dark, and axe finds nothing', async () => {
    const page = await browser.newPage({
      viewport: { width: 1280, height: 900 },
      timezoneId: 'Europe/Lisbon',
    });
    const troubles: string[] = [];
    page.on('pageerror', ({ message }) => troubles.push(message));
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) troubles.push(message.text());
    });
    await page.goto(`${app.url}/console/sign-in?to=${encodeURIComponent(path)}`);
    await page.fill('#email', 'owner@example.org');
    await page.fill('#password', password);
    await page.click('main button');
    await page.fill('#address', `${sites.url}/ghost/`);
    await page.press('#address', 'Enter');
    const frame = page.frameLocator('iframe[data-scheme=light]');
    await frame.locator('text=The ferry runs again').first().waitFor();
    expect(await page.inputValue('#timezone')).toBe('Europe/Lisbon');
    // The frame may be there before the script that follows the fields.
    await page.waitForLoadState('load');
    await page.selectOption('#language', 'de');
    await page.locator('.preview .bar strong', { hasText: 'und 3 weitere' }).waitFor();
    for (const [width, colorScheme] of [
      [1280, 'light'],
      [390, 'dark'],
    ] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      expect(await violationsIn(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    }
    expect(troubles).toEqual([]);
    await page.close();
  });
});
