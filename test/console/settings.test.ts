// A publisher makes, changes and deletes a newsletter in the console.
import { getNewsletterBySlug } from '../../src/newsletters/get-newsletter.js';
import { updateNewsletter } from '../../src/newsletters/update-newsletter.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { makeNewsletter, makePosts } from '../support/newsroom.js';
import { makeAccount, visitor, type Page, type Visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database, { publicUrl: 'http://digest.example.org' });
let owner: Visitor;
let viewer: Visitor;

beforeAll(async () => {
  [owner, viewer] = [visitor(app.url), visitor(app.url)];
  await owner.signIn(await makeAccount(database.db, 'owner'));
  await viewer.signIn(await makeAccount(database.db, 'viewer'));
});

const unescaped = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#x3D;', '=')
    .replaceAll('&#x27;', "'")
    .replaceAll('&amp;', '&');

/** The fields of the page's form, as a browser sends them. */
function fieldsOf({ text }: Page): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [tag] of text.matchAll(/<input [^>]*>/g)) {
    const name = / name="([^"]*)"/.exec(tag)?.[1] ?? '';
    const isBox = tag.includes('type="checkbox"');
    if (name !== '' && name !== 'csrf' && (!isBox || tag.includes(' checked')))
      fields[name] = unescaped(/ value="([^"]*)"/.exec(tag)?.[1] ?? '');
  }
  for (const [, name = '', options = ''] of text.matchAll(
    /<select [^>]*name="([^"]*)"[^>]*>(.*?)<\/select>/gs,
  ))
    fields[name] = /<option value="([^"]*)" selected>/.exec(options)?.[1] ?? '';
  for (const [, name = '', value = ''] of text.matchAll(
    /<textarea [^>]*name="([^"]*)"[^>]*>(.*?)<\/textarea>/gs,
  ))
    fields[name] = unescaped(value);
  return fields;
}

/** Opens the page, changes some fields, and presses the button. */
async function change(who: Visitor, path: string, to: Record<string, string | undefined>): Promise<Page> {
  const fields = { ...fieldsOf(await who.get(path)), ...to };
  const sent = Object.entries(fields).filter(([, value]) => value !== undefined) as [string, string][];
  return who.post(path, Object.fromEntries(sent));
}

/** Handlebars writes an equals sign as an entity. */
const unescapedEquals = (text: string): string => text.replaceAll('&#x3D;', '=');

const wordsOf = ({ text }: Page): string => text.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');

test('an empty console leads to a newsletter, and then to its feed', async () => {
  expect((await owner.get('/console')).text).toContain('href="/console/new-newsletter"');
  const made = await change(owner, '/console/new-newsletter', {
    name: 'Die Frühpost',
    siteUrl: 'https://frueh.example/',
    'from.address': 'post@frueh.example',
    language: 'de',
    timezone: 'Europe/Berlin',
    sendTime: '06:30',
    'weekday.6': undefined,
    'weekday.7': undefined,
  });
  expect(made.location).toBe(
    '/console/newsletters/die-fruhpost/feeds/new?notice=created&url=https%3A%2F%2Ffrueh.example%2F',
  );
  expect((await owner.get(made.location ?? '')).text).toContain('value="https://frueh.example/"');
  expect(await getNewsletterBySlug(database.db, 'die-fruhpost')).toMatchObject({
    from: { name: 'Die Frühpost', address: 'post@frueh.example' },
    postalAddress: null,
    timezone: 'Europe/Berlin',
    schedule: { sendTime: '06:30', weekdays: [1, 2, 3, 4, 5] },
  });
  const home = await owner.get('/console/newsletters/die-fruhpost');
  expect(wordsOf(home)).toContain('Nothing goes out yet: the postal address is missing.');
  expect(home.text).toContain('/console/newsletters/die-fruhpost/settings#postalAddress');
});

test('a second newsletter of the same name gets another address', async () => {
  const again = { name: 'Die Frühpost', 'from.address': 'post@frueh.example' };
  const made = await change(owner, '/console/new-newsletter', again);
  expect(made.location).toContain('/console/newsletters/die-fruhpost-2/feeds/new');
  const taken = await change(owner, '/console/new-newsletter', { ...again, slug: 'die-fruhpost' });
  expect(taken.status).toBe(422);
  expect(wordsOf(taken)).toContain('Another newsletter is at /n/die-fruhpost.');
});

test.each([
  ['name', '', 'Name'],
  ['slug', 'Not A Slug', 'Use 1 to 64 of a-z, 0-9 and inner hyphens.'],
  ['siteUrl', 'javascript:alert(1)', 'Enter an http or https address.'],
  ['from.address', 'nobody', 'Enter an e-mail address such as digest@example.org.'],
  ['replyTo', 'a@b@c', 'Enter an e-mail address such as editor@example.org.'],
  ['sendTime', '25:00', 'Enter a time such as 07:00.'],
  ['timezone', 'Mars/Olympus', 'Choose one of these.'],
  ['minPosts', '', 'Enter a whole number from 1 to 100, not above the maximum.'],
  ['minPosts', '50', 'Enter a whole number from 1 to 100, not above the maximum.'],
  ['maxPosts', '1e9', 'Enter a whole number from 1 to 100.'],
  ['review', 'never', 'Choose one of these.'],
  ['archive', '<b>', 'Choose one of these.'],
  ['frequency.daily', undefined, 'Choose at least one.'],
])('%s %j is refused with a sentence, and nothing is saved', async (field, value, sentence) => {
  const { slug } = await makeNewsletter(database.db);
  const before = await getNewsletterBySlug(database.db, slug);
  const page = await change(owner, `/console/newsletters/${slug}/settings`, {
    [field]: value,
    language: 'fr',
  });
  expect(page.status).toBe(422);
  expect(wordsOf(page)).toContain(sentence);
  // What was typed is still there.
  expect(fieldsOf(page)['language']).toBe('fr');
  expect(await getNewsletterBySlug(database.db, slug)).toEqual(before);
});

test('four eyes are switched on and off', async () => {
  const { slug } = await makeNewsletter(database.db);
  for (const fourEyes of [true, false]) {
    await change(owner, `/console/newsletters/${slug}/settings`, { fourEyes: fourEyes ? 'on' : 'off' });
    expect((await getNewsletterBySlug(database.db, slug))?.schedule.fourEyes).toBe(fourEyes);
  }
});

test('issues are paused, which the home page and the cards say, and go on', async () => {
  const { slug } = await makeNewsletter(database.db);
  const home = `/console/newsletters/${slug}`;
  const task = `href="${home}/settings#paused"`;
  await change(owner, `${home}/settings`, { paused: 'on' });
  expect((await getNewsletterBySlug(database.db, slug))?.schedule.paused).toBe(true);
  expect((await owner.get(home)).text).toContain('The newsletter is paused: no issue comes due.');
  for (const path of [home, '/console']) expect((await owner.get(path)).text).toContain(task);
  await change(owner, `${home}/settings`, { paused: 'off' });
  expect((await owner.get(home)).text).toContain('The next issue is due');
  for (const path of [home, '/console']) expect((await owner.get(path)).text).not.toContain(task);
});

test('saving a page without a change changes nothing', async () => {
  const { slug } = await makeNewsletter(database.db, {
    name: 'Ampersand & “Söhne”',
    postalAddress: 'Line 1\nLine 2 <b>',
    language: 'pt-BR',
    schedule: { frequencies: ['weekly', 'daily'], weeklyDay: 5 },
  });
  const before = await getNewsletterBySlug(database.db, slug);
  const page = await change(owner, `/console/newsletters/${slug}/settings`, {});
  expect(page.location).toBe(`/console/newsletters/${slug}/settings?notice=settings-saved`);
  const { updatedAt: _a, schedule: _s, ...same } = before ?? {};
  expect(await getNewsletterBySlug(database.db, slug)).toMatchObject(same);
});

test('of two editors, the second is told what the first has changed', async () => {
  const { id, slug } = await makeNewsletter(database.db, { name: 'Two Editors' });
  const path = `/console/newsletters/${slug}/settings`;
  const opened = fieldsOf(await owner.get(path));
  await updateNewsletter(database, { id, patch: { replyTo: 'first@example.org' } });
  const stale = await owner.post(path, { ...opened, sendTime: '09:00' });
  expect(stale.status).toBe(409);
  expect(wordsOf(stale)).toContain('Replies go to: empty → first@example.org');
  expect(await getNewsletterBySlug(database.db, slug)).toMatchObject({ replyTo: 'first@example.org' });
  // The page now starts from the other's values, so that saving again is a decision.
  expect((await owner.post(path, { ...fieldsOf(stale) })).status).toBe(303);
  expect(await getNewsletterBySlug(database.db, slug)).toMatchObject({
    replyTo: null,
    schedule: { sendTime: '09:00' },
  });
});

test('deleting asks for the name', async () => {
  const { slug } = await makeNewsletter(database.db, { name: 'Short Lived' });
  const path = `/console/newsletters/${slug}/delete`;
  await owner.get(path);
  expect((await owner.post(path, { name: 'short lived' })).status).toBe(422);
  expect((await owner.post(path, { name: 'Short Lived' })).location).toBe(
    '/console?notice=newsletter-deleted',
  );
  expect(await getNewsletterBySlug(database.db, slug)).toBeUndefined();
  const audit = await database.db.query<{ action: string }>(
    'select action from audit order by id desc limit 1',
  );
  expect(audit[0]?.action).toBe('newsletter.delete');
});

test('a viewer sees the settings as they are, and changes nothing', async () => {
  const { slug } = await makeNewsletter(database.db, { name: 'Only Seen' });
  const path = `/console/newsletters/${slug}/settings`;
  const page = await viewer.get(path);
  expect(wordsOf(page)).toContain('Changing it takes the role Editor or Owner.');
  expect(page.text).not.toMatch(/<(input|select|textarea)[^>]* name="(?!csrf)/);
  expect(wordsOf(page)).toContain('Archive everyone can read past issues');
  for (const [method, where] of [
    ['get', '/console/new-newsletter'],
    ['post', '/console/new-newsletter'],
    ['post', path],
    ['get', `/console/newsletters/${slug}/delete`],
    ['post', `/console/newsletters/${slug}/delete`],
  ] as const)
    expect(`${where} ${(await viewer[method](where)).status}`).toBe(`${where} 403`);
});

test('the form and the pages of readers link the privacy notice', async () => {
  await makeNewsletter(database.db, { name: 'Private Matters' });
  const settings = '/console/newsletters/private-matters/settings';
  const wrong = await change(owner, settings, { privacyUrl: 'javascript:alert(1)' });
  expect([wrong.status, wrong.text]).toEqual([
    422,
    expect.stringMatching(/id="privacyUrl"[^>]* aria-invalid/),
  ]);
  const page = async (path: string) => (await fetch(`${app.url}/n/private-matters${path}`)).text();
  expect(await page('')).not.toContain('Privacy notice');
  const saved = await change(owner, settings, { privacyUrl: 'https://news.example.org/privacy?a=1&b=2' });
  expect(saved.status).toBe(303);
  const link = 'href="https://news.example.org/privacy?a=1&amp;b=2"';
  for (const path of ['', '?lang=de', '/embed?frame=1'])
    expect(unescapedEquals(await page(path))).toContain(link);
  expect(await page('?lang=de')).toContain('Datenschutzerklärung');
  expect((await owner.get('/console/newsletters/private-matters/form')).text).toContain('Privacy notice');
  expect((await change(owner, settings, { privacyUrl: '' })).status).toBe(303);
  expect(await page('')).not.toContain('Privacy notice');
});

test('a publisher lists a newsletter or keeps it unlisted, and a viewer reads what follows', async () => {
  const { db } = database;
  const { id, slug } = await makeNewsletter(db, { name: 'Listing', slug: 'listing', listed: false });
  await makePosts(db, id, 1);
  const page = `/console/newsletters/${slug}/settings`;
  const offered = async (): Promise<boolean | undefined> => (await getNewsletterBySlug(db, slug))?.listed;

  expect(wordsOf(await viewer.get(page))).toContain(
    'Unlisted: only people who know its address find its page.',
  );
  expect((await viewer.get(page)).text).not.toContain('name="listed"');
  expect((await viewer.post(`${page}/listing`, { listed: 'yes' })).status).toBe(403);
  expect(await offered()).toBe(false);

  for (const [listed, words] of [
    ['yes', 'Listed: the front page and the readers’ pages of your other newsletters offer it.'],
    ['no', 'Unlisted: only people who know its address find its page.'],
  ] as const) {
    expect((await owner.post(`${page}/listing`, { listed })).status).toBe(303);
    expect(await offered()).toBe(listed === 'yes');
    expect(wordsOf(await owner.get(page))).toContain(words);
  }
});
