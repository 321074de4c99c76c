// A logo that a publisher uploaded: the API takes it, mails and pages show it, and it stays as long as a mail needs it.
import { request } from 'node:http';
import sharp from 'sharp';
import { drawPicture } from '../../src/demo/picture.js';
import { day } from '../../src/durations.js';
import { uploadLogo } from '../../src/images/upload-logo.js';
import { previewNext } from '../../src/issues/preview-next.js';
import { deleteNewsletter } from '../../src/newsletters/delete-newsletter.js';
import { updateNewsletter } from '../../src/newsletters/update-newsletter.js';
import { forgetLogos } from '../../src/newsletters/uploaded-logos.js';
import type { Newsletter } from '../../src/newsletters/schema.js';
import { startApp, type Answer } from '../support/app.js';
import { closeAfterTest, useApp, useDatabase } from '../support/fixture.js';
import { assembleDeps, fanOutNext, issueFor, makeNewsletter, makePosts } from '../support/newsroom.js';

const database = useDatabase();
const publicUrl = 'http://digest.example.org';
const app = useApp(database, { publicUrl });
const present = () => new Date();
const inDays = (days: number) => () => new Date(Date.now() + days * day);

const picture = (background: string, width = 480, height = 120): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background } })
    .withExif({ IFD0: { Artist: 'A photographer' } })
    .png()
    .toBuffer();

const upload = (
  id: string,
  raw: Buffer,
  { type = 'image/png', key }: { type?: string; key?: string } = {},
): Promise<Answer> =>
  app.api('POST', `/newsletters/${id}/logo`, undefined, {
    raw,
    headers: { 'content-type': type },
    ...(key === undefined ? {} : { key }),
  });

const logoOf = (answer: Answer) => (answer.body as unknown as Newsletter).look.logo ?? undefined;
const pathOf = (answer: Answer): string => new URL(logoOf(answer)?.url ?? '').pathname;
const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(app.url + path, { redirect: 'manual', headers });
const stored = async (): Promise<number> =>
  (await database.db.one<{ count: number }>('select count(*)::int as count from logos')).count;

beforeEach(async () => {
  await database.db.change('delete from newsletters');
  await database.db.change('delete from logos');
});

test('the API measures it, the audit log has it, and its address serves it for ever', async () => {
  const { id } = await makeNewsletter(database.db);
  const uploaded = await upload(id, await picture('#c8003c'));
  expect(uploaded.status).toBe(200);
  expect(logoOf(uploaded)).toEqual({
    url: expect.stringMatching(/^http:\/\/digest\.example\.org\/logos\/[0-9a-f]{64}\.png$/) as unknown,
    width: 240,
    height: 60,
  });
  const [last] = await database.db.query('select action, subject from audit order by id desc limit 1');
  expect(last).toEqual({ action: 'newsletter.upload-logo', subject: `newsletter:${id}` });

  const served = await get(pathOf(uploaded));
  expect(served.status).toBe(200);
  expect(Object.fromEntries(served.headers)).toMatchObject({
    'content-type': 'image/png',
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    'cross-origin-resource-policy': 'cross-origin',
  });
  expect(served.headers.get('set-cookie')).toBeNull();
  const bytes = Buffer.from(await served.arrayBuffer());
  expect(await sharp(bytes).metadata()).toMatchObject({ format: 'png', width: 480, height: 120 });
  expect(bytes.toString('latin1')).not.toContain('photographer');
  // `fetch` adds a Cache-Control to such a request, which asks for the whole content.
  const headers = { 'if-none-match': served.headers.get('etag') ?? '' };
  const again = await new Promise((resolve) =>
    request(app.url + pathOf(uploaded), { headers }, (answer) => resolve(answer.resume().statusCode)).end(),
  );
  expect(again).toBe(304);
});

test('an address that names nothing, or another type, answers 404', async () => {
  const { id } = await makeNewsletter(database.db);
  const path = pathOf(await upload(id, await picture('#123456')));
  for (const wrong of [
    path.replace('.png', '.svg'),
    path.replace('.png', '.jpg'),
    path.replace('.png', ''),
    path.replace(/\/\w{4}/, '/0000'),
    '/logos/..%2f..%2fetc%2fpasswd',
    '/logos/x.png',
  ])
    expect((await get(wrong)).status).toBe(404);
});

test.each([
  ['no body', Buffer.alloc(0), 'image/png', 400, 'logo-empty'],
  ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg">'), 'image/svg+xml', 415, 'logo-drawing'],
  ['a page', Buffer.from('<script>alert(1)</script>'), 'image/png', 415, 'logo-unknown-type'],
  ['half a picture', drawPicture('dawn').subarray(0, 500), 'image/png', 400, 'logo-damaged'],
  ['1.5 MB', Buffer.alloc(1_500_000), 'application/octet-stream', 413, 'logo-too-large'],
  ['3 MB', Buffer.alloc(3_000_000), 'application/octet-stream', 413, 'too-large'],
  ['a form', Buffer.from('a=b'), 'application/x-www-form-urlencoded', 415, 'unsupported-media-type'],
])('%s is refused, and nothing is stored', async (_, raw, type, status, code) => {
  const { id } = await makeNewsletter(database.db);
  const answer = await upload(id, raw, { type });
  expect([answer.status, answer.body.code]).toEqual([status, code]);
  expect(await stored()).toBe(0);
});

test('the bytes decide the type, a viewer may not, and another newsletter is not there', async () => {
  const { id } = await makeNewsletter(database.db);
  const jpeg = await sharp(drawPicture('dawn')).jpeg().toBuffer();
  expect(pathOf(await upload(id, jpeg, { type: 'image/png' }))).toMatch(/\.jpg$/);
  expect((await upload(id, jpeg, { key: await app.key('viewer') })).status).toBe(403);
  expect((await upload('999999', jpeg)).status).toBe(404);
});

test('a client that leaves in the middle stores nothing', async () => {
  const { id } = await makeNewsletter(database.db);
  const key = await app.key('owner');
  const sending = request(`${app.url}/api/v1/newsletters/${id}/logo`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'image/png', 'content-length': 5_000 },
  });
  const ended = new Promise((resolve) => sending.once('close', resolve).once('error', () => undefined));
  sending.write((await picture('#123456')).subarray(0, 60), () => sending.destroy());
  await ended;
  expect(await stored()).toBe(0);
  expect((await upload(id, await picture('#123456'))).status).toBe(200);
});

test('the mail has its address and size, with the name as its alternative text', async () => {
  const { id } = await makeNewsletter(database.db, { name: 'Quay & Sons', look: { images: 'hosted' } });
  await makePosts(database.db, id, 2);
  const path = pathOf(await upload(id, await picture('#c8003c')));
  const mail = async (baseUrl: string) =>
    (await previewNext({ ...assembleDeps(database.db), baseUrl }, { newsletterId: id }))?.rendered?.html ??
    '';
  const imageAt = (baseUrl: string) =>
    `<img class="logo" src="${baseUrl}${path}" alt="Quay &amp; Sons" width="240" height="60"`;
  expect(await mail(publicUrl)).toContain(imageAt(publicUrl));
  // The installation has moved since.
  expect(await mail('https://new.example.org')).toContain(imageAt('https://new.example.org'));
  // It is no image of another site, which would be fetched and measured.
  expect(await database.db.query(`select url from images where url like '%/logos/%'`)).toEqual([]);
});

test('an address of the same form on another installation stays as it is', async () => {
  const url = `https://other.example.org/logos/${'0'.repeat(64)}.png`;
  const { id } = await makeNewsletter(database.db, { look: { logo: { url, width: 100, height: 50 } } });
  await makePosts(database.db, id, 1);
  const shown = await previewNext(assembleDeps(database.db), { newsletterId: id });
  expect(shown?.rendered?.html).toContain(`src="${url}"`);
});

test('the public pages show it, and ask nobody else for it', async () => {
  const { id, slug } = await makeNewsletter(database.db, { name: 'The Green Post' });
  await makePosts(database.db, id, 1);
  await upload(id, await picture('#2c6e49'));
  const logo = /<img src="(\/n\/the-green-post\/logo\?\w+)" width="240" height="60" alt="The Green Post">/;
  for (const path of [`/n/${slug}`, `/n/${slug}/issues`, `/n/${slug}/embed`])
    expect(await (await get(path, { accept: 'text/html' })).text()).toMatch(logo);
  const [, path = ''] = logo.exec(await (await get(`/n/${slug}`)).text()) ?? [];
  const served = await get(path);
  expect([served.status, served.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
  // Another one has another address, so that browsers do not show the old one.
  await upload(id, await picture('#ffcc00'));
  expect(await (await get(`/n/${slug}`)).text()).not.toContain(path);
});

test('an issue keeps the logo that it was frozen with', async () => {
  const { newsletterId } = await issueFor(database.db, 1);
  const before = pathOf(await upload(newsletterId, await picture('#c8003c')));
  await makePosts(database.db, newsletterId, 1);
  const next = await fanOutNext(assembleDeps(database.db), newsletterId);
  await upload(newsletterId, await picture('#00c83c'));
  await app.api('PATCH', `/newsletters/${newsletterId}`, { look: { logo: null } });
  const { text } = await app.api('GET', `/issues/${next}/preview?part=html`);
  expect(text).toContain(before);
  await forgetLogos({ db: database.db, now: inDays(400) });
  expect((await get(before)).status).toBe(200);
});

test('an upload that no look was saved with is forgotten after a week', async () => {
  const { db } = database;
  const { id } = await makeNewsletter(db);
  const deps = { db, now: present, baseUrl: publicUrl };
  const tried = await uploadLogo(deps, await picture('#c8003c'));
  const used = await uploadLogo(deps, await picture('#00c83c'));
  if (!tried.ok || !used.ok) throw new Error('refused');
  await updateNewsletter({ db }, { id, patch: { look: { logo: used.logo } } });
  expect(await forgetLogos({ db, now: inDays(6) })).toBe(0);
  // Another upload of the same file begins the week anew.
  await uploadLogo({ ...deps, now: inDays(5) }, await picture('#c8003c'));
  expect(await forgetLogos({ db, now: inDays(8) })).toBe(0);
  expect(await forgetLogos({ db, now: inDays(13) })).toBe(1);
  expect(await stored()).toBe(1);
});

test('the latest hundred of a newsletter stay', async () => {
  const { db } = database;
  const { id } = await makeNewsletter(db);
  const paths: string[] = [];
  for (let red = 0; red < 102; red += 1)
    paths.push(pathOf(await upload(id, await picture(`rgb(${red}, 0, 0)`, 32, 32))));
  expect(await forgetLogos({ db, now: inDays(8) })).toBe(2);
  const statuses = await Promise.all(paths.map(async (path) => (await get(path, { 'x-n': path })).status));
  expect(statuses.slice(2).every((status) => status === 200)).toBe(true);
  expect(statuses.slice(0, 2)).toEqual([404, 404]);
}, 60_000);

test('deleting a newsletter deletes its logos, but not one that another newsletter has', async () => {
  const { db } = database;
  const [first, second] = [await makeNewsletter(db), await makeNewsletter(db, { name: 'Another' })];
  const shared = await picture('#c8003c');
  const path = pathOf(await upload(first.id, shared));
  expect(pathOf(await upload(second.id, shared))).toBe(path);
  await upload(first.id, await picture('#00c83c'));
  expect(await stored()).toBe(2);
  await deleteNewsletter({ db }, { id: first.id });
  expect(await stored()).toBe(1);
  expect((await get(path)).status).toBe(200);
  await deleteNewsletter({ db }, { id: second.id });
  expect(await stored()).toBe(0);
});

test('two uploads at once: both are stored, one is the logo, and the same file is one row', async () => {
  const { id } = await makeNewsletter(database.db);
  const other = await makeNewsletter(database.db, { name: 'Another' });
  const [red, green] = [await picture('#c8003c'), await picture('#00c83c')];
  const answers = await Promise.all([
    upload(id, red),
    upload(id, green),
    upload(other.id, red),
    upload(id, red),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(await stored()).toBe(2);
  const now = (await app.api('GET', `/newsletters/${id}`)).body as unknown as Newsletter;
  expect(answers.map((answer) => logoOf(answer)?.url)).toContain(now.look.logo?.url);
});

test('a new newsletter may begin with an uploaded logo, and another host serves it', async () => {
  const { db } = database;
  const made = await uploadLogo({ db, now: present, baseUrl: publicUrl }, await picture('#c8003c'));
  if (!made.ok) throw new Error(made.code);
  await makeNewsletter(db, { look: { logo: made.logo } });
  await forgetLogos({ db, now: inDays(30) });
  const elsewhere = closeAfterTest(await startApp(database, { publicUrl }));
  expect((await fetch(elsewhere.url + new URL(made.logo.url).pathname)).status).toBe(200);
});
