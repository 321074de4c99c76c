// A logo is uploaded on the page of the look and in the first run, without JavaScript. What cannot be one is refused beside
// its field, in the language of the account.
import sharp from 'sharp';
import { findAccount, setAccountLanguage } from '../../src/accounts/manage-accounts.js';
import { closeParser } from '../../src/formats/parse.js';
import { listNewsletters } from '../../src/newsletters/get-newsletter.js';
import type { Newsletter } from '../../src/newsletters/schema.js';
import { startFeedServer, type FeedServer } from '../support/feed-server.js';
import { closeAfterAll, useApp, useDatabase } from '../support/fixture.js';
import { makeNewsletter, makePosts } from '../support/newsroom.js';
import { makeAccount, visitor, type Visitor } from './browser-session.js';
import { fieldsOf, press } from './first-run-fields.js';
import { answerAsSites } from './sample-sites.js';

const database = useDatabase();
const publicUrl = 'http://digest.example.org';
const app = useApp(database, { publicUrl });
const home = '/console/newsletters/the-daily-test/look';
const firstRun = '/console/first-run';
let owner: Visitor;
let viewer: Visitor;
let sites: FeedServer;

beforeAll(async () => {
  sites = await startFeedServer(answerAsSites);
  [owner, viewer] = [visitor(app.url), visitor(app.url)];
  await owner.signIn(await makeAccount(database.db, 'owner'));
  await viewer.signIn(await makeAccount(database.db, 'viewer'));
});
closeAfterAll(async () => {
  await sites.close();
  await closeParser();
});
beforeEach(async () => {
  await database.db.change('delete from newsletters');
  await database.db.change('delete from logos');
  const { id } = await makeNewsletter(database.db);
  await makePosts(database.db, id, [{ title: 'Ferries' }]);
  await owner.get(home);
  await viewer.get(home);
});

const picture = (background: string, width = 480, height = 120): Promise<Buffer<ArrayBuffer>> =>
  sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
/** The name says nothing about the content. */
const file = (bytes: Uint8Array<ArrayBuffer> | string) => new File([bytes], 'my logo.svg');
const newsletter = async (): Promise<Newsletter | undefined> => (await listNewsletters(database.db))[0];
const stored = async (): Promise<number> =>
  (await database.db.one<{ count: number }>('select count(*)::int as count from logos')).count;
const actions = async (): Promise<string[]> =>
  (await database.db.query<{ action: string }>('select action from audit order by id')).map(
    ({ action }) => action,
  );
const address = /^http:\/\/digest\.example\.org\/logos\/[0-9a-f]{64}\.png$/;
/** The form as the page shows it. */
const asShown = { 'logo.url': '', 'logo.width': '', 'logo.height': '', brandColour: '#2c6e49' };

test('a file is saved as the logo, replaces an address, is replaced and removed', async () => {
  const before = (await actions()).length;
  const saved = await owner.post(home, { ...asShown, file: file(await picture('#c8003c')) });
  expect(saved.location).toBe(`${home}?notice=look-saved`);
  const look = (await newsletter())?.look;
  expect(look).toMatchObject({ brandColour: '#2c6e49', logo: { width: 240, height: 60 } });
  expect(look?.logo?.url).toMatch(address);
  expect((await actions()).slice(before)).toEqual(['newsletter.upload-logo', 'newsletter.change']);

  const page = await owner.get(home);
  expect(page.text).toContain('enctype="multipart/form-data"');
  expect(page.text).toContain(new URL(look?.logo?.url ?? '').pathname.replaceAll('=', '&#x3D;'));
  expect((await owner.get(`${home}/mail`)).text).toContain(look?.logo?.url);

  // The page shows the old size. A size that somebody typed counts for the new picture.
  const shown = { ...asShown, 'logo.url': look?.logo?.url ?? '', 'logo.width': '240', 'logo.height': '60' };
  await owner.post(home, { ...shown, file: file(await picture('#00c83c', 300, 100)) });
  expect((await newsletter())?.look.logo).toMatchObject({ width: 192, height: 64 });
  const later = { ...shown, 'logo.width': '90', 'logo.height': '64' };
  await owner.post(home, { ...later, file: file(await picture('#003cc8', 300, 100)) });
  expect((await newsletter())?.look.logo).toMatchObject({ width: 90, height: 30 });

  await owner.post(home, { ...shown, 'logo.url': '', file: '' });
  expect((await newsletter())?.look.logo).toBeNull();
});

test('a file that is previewed is carried by the form, and saved without being chosen again', async () => {
  const tried = await owner.post(`${home}/preview`, { ...asShown, file: file(await picture('#c8003c')) });
  expect(tried.status).toBe(200);
  expect((await newsletter())?.look.logo).toBeNull();
  const [, url = ''] = /<input id="logo" [^>]*value="([^"]+)"/.exec(tried.text) ?? [];
  expect(url).toMatch(address);
  const [, frame = ''] = /<iframe sandbox [^>]*src="([^"]+)"/.exec(tried.text) ?? [];
  const mail = await owner.get(frame.replaceAll('&amp;', '&').replaceAll('&#x3D;', '='));
  expect(mail.text).toContain(`src="${url}"`);
  const fields = { ...asShown, 'logo.url': url, 'logo.width': '240', 'logo.height': '60', file: '' };
  expect((await owner.post(home, fields)).status).toBe(303);
  expect((await newsletter())?.look.logo?.url).toBe(url);
});

test('a problem of another field does not lose the file', async () => {
  const refused = await owner.post(home, {
    ...asShown,
    brandColour: 'green',
    file: file(await picture('#c8003c')),
  });
  expect(refused.status).toBe(422);
  const [, url = ''] = /<input id="logo" [^>]*value="([^"]+)"/.exec(refused.text) ?? [];
  expect((await app.api('GET', '/newsletters')).body.data?.[0]).toMatchObject({ look: { logo: null } });
  expect((await fetch(app.url + new URL(url).pathname)).status).toBe(200);
});

test.each([
  ['an empty file', '', 'The file is empty.'],
  ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'The file is an SVG'],
  ['a text', 'hello', 'The file is not a picture that mail programs show.'],
  ['a large file', new Uint8Array(1024 * 1024 + 1), 'The file is larger than 1 MB.'],
  ['a huge file', new Uint8Array(20_000_000), 'The file is larger than 1 MB.'],
])('%s is refused beside its field, and what was typed stays', async (_, content, words) => {
  const log = (await actions()).length;
  for (const path of [home, `${home}/preview`]) {
    const refused = await owner.post(path, { ...asShown, brandColour: '#123456', file: file(content) });
    expect(refused.status).toBe(422);
    expect(refused.text).toMatch(/<input id="logo-file" [^>]*aria-invalid="true"/);
    expect(/id="logo-file-wrong">([^<]*)</.exec(refused.text)?.[1]).toContain(words);
    expect(refused.text).toContain('value="#123456"');
  }
  expect([await stored(), (await actions()).length]).toEqual([0, log]);
});

test.each([
  ['de', 'Die Datei ist leer.'],
  ['fr', 'Le fichier est vide.'],
  ['es', 'El archivo está vacío.'],
  ['ar', 'الملف فارغ.'],
  ['he', 'הקובץ ריק.'],
] as const)('in %s', async (language, words) => {
  const id = (await findAccount(database.db, 'owner@example.org'))?.id ?? '';
  await setAccountLanguage(database.db, { id, language });
  const refused = await owner.post(home, { ...asShown, file: file('') });
  await setAccountLanguage(database.db, { id, language: 'en' });
  expect(refused.text).toContain(words);
});

test('half a picture, and a form that breaks off', async () => {
  const half = (await picture('#c8003c')).subarray(0, 80);
  const refused = await owner.post(home, { ...asShown, file: file(half) });
  expect(refused.text).toContain('The picture is damaged or incomplete.');
  const boundary = 'abc';
  const cut = await fetch(app.url + home, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      origin: app.url,
      cookie: [...owner.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      'content-type': `multipart/form-data; boundary=${boundary}`,
    },
    body: `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\nnever ends`,
  });
  expect(cut.status).toBe(403);
  expect(await stored()).toBe(0);
});

test('an upload whose week is over is told, and not saved', async () => {
  const url = `${publicUrl}/logos/${'0'.repeat(64)}.png`;
  const refused = await owner.post(home, { 'logo.url': url, 'logo.width': '240', 'logo.height': '60' });
  expect(refused.status).toBe(422);
  expect(refused.text).toContain('id="logo-wrong">This uploaded file is no longer stored.');
});

test('a viewer, a forged form and another site upload nothing', async () => {
  const fields = { ...asShown, file: file(await picture('#c8003c')) };
  for (const path of [home, `${home}/preview`, firstRun]) {
    expect((await viewer.post(path, fields)).status).toBe(403);
    expect((await owner.post(path, { ...fields, csrf: 'forged' })).status).toBe(403);
    expect((await owner.post(path, fields, { origin: 'https://evil.example' })).status).toBe(403);
  }
  expect(await stored()).toBe(0);
});

describe('in the first run', () => {
  async function ghost(): Promise<Record<string, string>> {
    await owner.get(firstRun);
    return fieldsOf(await press(owner, { address: `${sites.url}/ghost/`, do: 'read' }));
  }

  test('the uploaded file is chosen and previewed, and becomes the logo of the newsletter', async () => {
    const fields = await ghost();
    const shown = await press(owner, {
      ...fields,
      file: file(await picture('#c8003c')),
      do: 'preview',
    });
    expect(shown.text).toMatch(/<option value="[^"]+" selected>uploaded file, 240 × 60</);
    const after = fieldsOf(shown);
    expect(after['logo']).toMatch(address);
    const [, frame = ''] = /src="(\/console\/first-run\/mail[^"]+)"/.exec(shown.text) ?? [];
    const mail = await owner.get(frame.replaceAll('&amp;', '&').replaceAll('&#x3D;', '='));
    expect(mail.text).toContain(`src="${after['logo']}"`);
    // Reading the site again keeps it, and another file replaces it among the choices.
    const again = fieldsOf(await press(owner, { ...after, do: 'read' }));
    expect(again['logo']).toBe(after['logo']);
    const replaced = await press(owner, {
      ...again,
      file: file(await picture('#00c83c')),
      do: 'preview',
    });
    expect(replaced.text.match(/>uploaded file, /g)).toHaveLength(1);
    const last = fieldsOf(replaced);
    expect(last['logo']).not.toBe(after['logo']);
    const sender = { 'from.address': 'digest@quay.example', postalAddress: '1 Quay' };
    const created = await press(owner, { ...last, ...sender, do: 'create' });
    expect(created.status).toBe(303);
    const made = (await listNewsletters(database.db)).find(({ name }) => name === 'The Quay & Sons');
    expect(made?.look.logo).toEqual({ url: last['logo'], width: 240, height: 60 });
    expect(await database.db.query('select from newsletter_logos')).toHaveLength(1);
  });

  test('a file that cannot be one is told, and everything else stays', async () => {
    const fields = await ghost();
    const refused = await press(owner, { ...fields, name: 'My own', file: file('x'), do: 'create' });
    expect(refused.status).toBe(422);
    expect(refused.text).toContain('id="logo-file-wrong" role="alert">The file is not a picture');
    expect(fieldsOf(refused)).toMatchObject({ name: 'My own', logo: fields['logo'], 'feed.0': 'on' });
    expect(await listNewsletters(database.db)).toHaveLength(1);
  });
});
