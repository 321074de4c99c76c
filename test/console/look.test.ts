// A newsletter's look: the console shows it, tries it out and changes it.
import { startFeedServer } from '../support/feed-server.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { makeNewsletter, makePosts } from '../support/newsroom.js';
import { makeAccount, visitor, type Visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database, { publicUrl: 'http://digest.example.org' });
let owner: Visitor;
let viewer: Visitor;
let newsletterId: string;
const newsletterPage = '/console/newsletters/the-daily-test';
const home = `${newsletterPage}/look`;

beforeAll(async () => {
  [owner, viewer] = [visitor(app.url), visitor(app.url)];
  await owner.signIn(await makeAccount(database.db, 'owner'));
  await viewer.signIn(await makeAccount(database.db, 'viewer'));
});
beforeEach(async () => {
  await database.db.change('delete from newsletters');
  await database.db.change('delete from images');
  const newsletter = await makeNewsletter(database.db);
  newsletterId = newsletter.id;
  await makePosts(database.db, newsletterId, [{ title: 'Ferries & <b>fares</b>' }]);
  await owner.get(home);
  await viewer.get(home);
});

interface Stored {
  subject: string;
  content: string;
  look: Record<string, unknown>;
  words: Record<string, unknown>;
}
const stored = async (): Promise<Stored> =>
  (await app.api('GET', `/newsletters/${newsletterId}`)).body as unknown as Stored;
const audited = () =>
  database.db.query<{ action: string; subject: string; actor: string }>(
    'select action, subject, actor from audit order by id',
  );
const file = (text: string | Uint8Array<ArrayBuffer>) => new File([text], 'mail.mjml');
/** The opening tag of the element with this id, as served. */
const tag = (text: string, id: string): string => new RegExp(`<[^>]* id="${id}"[^>]*>`).exec(text)?.[0] ?? '';
/** The built-in magazine template, as the page offers it for editing. */
async function magazine(): Promise<string> {
  const { text } = await owner.get(`${home}?from=magazine`);
  const [, mjml = ''] = /<textarea[^>]*id="mjml"[^>]*>\n([^<]*)<\/textarea>/.exec(text) ?? [];
  const characters: Record<string, string> = {
    lt: '<',
    gt: '>',
    quot: '"',
    amp: '&',
    '#x3D': '=',
    '#x27': "'",
  };
  return mjml.replaceAll(/&([\w#]+);/g, (entity, name: string) => characters[name] ?? entity);
}
const keep = (mjml: string | File, note = ''): ReturnType<Visitor['post']> =>
  owner.post(
    `${home}/templates`,
    typeof mjml === 'string' ? { mjml, note, file: '' } : { mjml: '', note, file: mjml },
  );

const whole = {
  template: 'letter',
  brandColour: '#2C6E49',
  'logo.url': 'https://news.example.org/logo.png',
  'logo.width': '220',
  'logo.height': '60',
  'fonts.headings': 'verdana',
  'fonts.text': 'georgia',
  images: 'hosted',
  width: '640',
  subject: '{{newsletter}} of {{date}}',
  content: 'full',
};

test('readers get the saved look, and the audit log has the change', async () => {
  expect((await owner.get(newsletterPage)).text).toContain(`href="${home}"`);
  const saved = await owner.post(home, whole);
  expect({ status: saved.status, location: saved.location }).toEqual({
    status: 303,
    location: `${home}?notice=look-saved`,
  });
  expect(await stored()).toMatchObject({
    subject: '{{newsletter}} of {{date}}',
    content: 'full',
    look: {
      template: 'letter',
      brandColour: '#2c6e49',
      logo: { url: 'https://news.example.org/logo.png', width: 220, height: 60 },
      fonts: { headings: 'verdana', text: 'georgia' },
      images: 'hosted',
      width: 640,
    },
  });
  expect((await audited()).at(-1)).toMatchObject({
    action: 'newsletter.change',
    subject: `newsletter:${newsletterId}`,
    actor: expect.stringMatching(/^account:/) as unknown,
  });
  const { text } = await owner.get(saved.location ?? '');
  expect(text).toContain('Saved. The next issue looks like this.');
  expect(text).toMatch(/value="letter" checked>/);
  expect(tag(text, 'subject')).toContain('value="{{newsletter}} of {{date}}"');
  const mail = await owner.get(`${home}/mail`);
  expect(mail.text).toContain('https://news.example.org/logo.png');
  expect(mail.text).toContain('Ferries &amp; fares');
  // An absent field changes nothing; an empty logo removes the logo.
  await owner.post(home, { 'logo.url': '' });
  expect((await stored()).look).toMatchObject({ logo: null, width: 640, template: 'letter' });
});

test('a logo without a size is measured, and a width keeps its proportions', async () => {
  // The beginning of a PNG of 440 × 120 pixels.
  const png = Buffer.from('89504e470d0a1a0a0000000d49484452000001b800000078080600000000000000', 'hex');
  const site = await startFeedServer((_, response) => response.end(png));
  const url = `${site.url}/logo.png`;
  const logoAfter = async (width: string) => {
    const fields = { ...whole, 'logo.url': url, 'logo.width': width, 'logo.height': '' };
    expect((await owner.post(home, fields)).location).toBe(`${home}?notice=look-saved`);
    return (await stored()).look['logo'];
  };
  expect((await owner.get(home)).text).toContain('>Width of the logo</label>');
  expect(await logoAfter('')).toEqual({ url, width: 440, height: 120 });
  expect(await logoAfter('220')).toEqual({ url, width: 220, height: 60 });
  await site.close();
});

test.each([
  [{ brandColour: 'green' }, 'brand', 'Enter a colour such as #0b5a78.'],
  [{ brandColour: '"><script>alert(1)</script>' }, 'brand', 'Enter a colour such as #0b5a78.'],
  [{ width: '10000' }, 'width', 'Enter a whole number from 480 to 720.'],
  [{ width: '' }, 'width', 'Enter a whole number from 480 to 720.'],
  [{ subject: '{{firstTitel}}' }, 'subject', 'This subject cannot be used: {{firstTitel}} is unknown'],
  [{ subject: '' }, 'subject', 'This subject cannot be used: it is empty.'],
  [{ 'logo.url': 'javascript:alert(1)', 'logo.width': '220', 'logo.height': '60' }, 'logo', 'Enter an'],
  [
    { 'logo.url': 'https://a.example/l.png', 'logo.width': '', 'logo.height': '60' },
    'logo-width',
    'Enter a whole number',
  ],
  [{ 'fonts.text': 'Comic Sans' }, 'text', 'Choose one of these.'],
  [{ template: 'own:7' }, 'template', 'This version does not exist.'],
  [{ template: '../../etc/passwd' }, 'template', 'This template does not exist.'],
] as [Record<string, string>, string, string][])(
  '%j is refused beside its field, which keeps the typed value',
  async (fields, id, words) => {
    const before = await stored();
    const log = (await audited()).length;
    const colour = (fields['brandColour'] ?? whole.brandColour)
      .replaceAll('"', '&quot;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;');
    for (const path of [home, `${home}/preview`]) {
      const refused = await owner.post(path, { ...whole, ...fields });
      expect(refused.status).toBe(422);
      expect(refused.text).toContain('<a href="#settings">please fix the fields below</a>');
      expect(tag(refused.text, id)).toContain('aria-invalid="true"');
      expect(refused.text).toMatch(new RegExp(`id="${id}-wrong">${words.replaceAll(/[.{}]/g, '\\$&')}`));
      expect(refused.text).not.toContain('<script>alert');
      expect(tag(refused.text, 'brand')).toContain(`value="${colour}"`);
      expect(tag(refused.text, 'logo')).toContain(`value="${fields['logo.url'] ?? whole['logo.url']}"`);
    }
    expect(await stored()).toEqual(before);
    expect(await audited()).toHaveLength(log);
  },
);

test('a preview shows the typed look on each screen, and changes nothing', async () => {
  const before = await database.db.query('select * from newsletters');
  const log = (await audited()).length;
  const { status, text } = await owner.post(`${home}/preview`, { ...whole, images: 'linked' });
  expect(status).toBe(200);
  expect(text).toContain('nothing is saved yet');
  expect(text).toMatch(/<strong dir="auto">The Daily Test of \w+/);
  expect(text).toMatch(/the 90 kB at which Gmail starts to clip/);
  const frames = Array.from(text.matchAll(/<iframe sandbox [^>]*src="([^"]+)"/g), ([, src = '']) =>
    src.replaceAll('&amp;', '&').replaceAll('&#x3D;', '='),
  );
  expect(frames).toHaveLength(2);
  const [light, dark] = await Promise.all(frames.map((src) => owner.get(src)));
  for (const mail of [light, dark]) {
    expect(mail?.status).toBe(200);
    expect(mail?.headers.get('content-security-policy')).toMatch(/^sandbox;.*frame-ancestors 'self'/);
    expect(mail?.text).toContain('https://news.example.org/logo.png');
    expect(mail?.text).not.toContain('prefers-color-scheme');
  }
  expect(light?.text).toContain('<meta name="color-scheme" content="light">');
  expect(dark?.text).toContain('<meta name="color-scheme" content="dark">');
  expect(await database.db.query('select * from newsletters')).toEqual(before);
  expect(await audited()).toHaveLength(log);
});

test('a preview by a link leaves no trace', async () => {
  const query = new URLSearchParams({ ...whole, 'logo.url': 'https://evil.example/x.png' }).toString();
  for (const path of [`${home}?${query}`, `${home}/mail?${query}`])
    expect((await owner.get(path)).status).toBe(200);
  expect(await database.db.query('select 1 from images')).toEqual([]);
  const wrong = await owner.get(`${home}/mail?brandColour=red`);
  expect(wrong.status).toBe(404);
});

test('standing words are tried and saved', async () => {
  const words = { opening: 'Hello & welcome\r\n\r\nto all', closing: '', sponsor: '<p>Quay <b>Bank</b></p>' };
  const tried = await owner.post(`${home}/words/preview`, words);
  expect(tried.headers.get('content-security-policy')).toMatch(/^sandbox;/);
  expect(tried.text).toContain('Hello &amp; welcome');
  expect((await stored()).words).toMatchObject({ opening: null });
  expect((await owner.post(`${home}/words`, words)).location).toBe(`${home}?notice=look-saved`);
  expect((await stored()).words).toEqual({
    opening: 'Hello & welcome\n\nto all',
    closing: null,
    sponsor: '<p>Quay <b>Bank</b></p>',
  });
  const { status, text } = await owner.post(`${home}/words`, { opening: `long${'x'.repeat(5_000)}` });
  expect(status).toBe(422);
  expect(text).toContain('id="opening-wrong">This text cannot be used');
  expect(text).toContain(`long${'x'.repeat(5_000)}`);
});

describe('an own template', () => {
  test('begins with one of ours, is kept, tried, used, and left again', async () => {
    const mjml = (await magazine()).replace('{{> masthead}}', '<mj-text>Mine alone</mj-text>{{> masthead}}');
    const tried = await owner.post(`${home}/templates/preview`, { mjml, note: '', file: '' });
    expect(tried.text).toContain('Mine alone');
    expect(tried.headers.get('content-security-policy')).toMatch(/^sandbox;/);
    expect((await app.api('GET', `/newsletters/${newsletterId}/mail-templates`)).body.data).toEqual([]);

    const kept = await keep(mjml.replaceAll('\n', '\r\n'), 'a <line> more');
    expect(kept.location).toBe(`${home}?notice=template-kept`);
    expect((await audited()).at(-1)?.action).toBe('template.add');
    expect((await keep(file(mjml.replace('Mine', 'Still mine')))).status).toBe(303);
    const { text } = await owner.get(home);
    expect(text).toContain('a &lt;line&gt; more');
    expect((await stored()).look).toMatchObject({ template: 'magazine' });
    const [, first] = (await app.api('GET', `/newsletters/${newsletterId}/mail-templates`)).body.data ?? [];
    const { body } = await app.api('GET', `/mail-templates/${String(first?.['id'])}`);
    expect(body['mjml']).toBe(mjml);

    expect((await owner.get(`${home}/mail?template=own%3A2`)).text).toContain('Still mine alone');
    await owner.post(home, { template: 'own:2' });
    expect((await owner.get(`${home}/mail`)).text).toContain('Still mine alone');
    await owner.post(home, { template: 'own:1' });
    expect((await stored()).look).toMatchObject({ template: 'own', version: 1 });
    expect((await owner.get(home)).text).toMatch(/value="own:1" checked>/);
    expect((await owner.get(`${home}?from=own%3A2`)).text).toContain('Still mine alone');
    await owner.post(home, { template: 'headlines' });
    const stock = await owner.get(`${home}/mail`);
    expect(stock.status).toBe(200);
    expect(stock.text).not.toContain('ine alone');
  });

  const hostile: [string, (mjml: string) => string | File, RegExp][] = [
    [
      'a script',
      (mjml) => mjml.replace('{{> posts}}', '<mj-raw><script>steal()</script></mj-raw>{{> posts}}'),
      /mail has no &lt;script&gt;/,
    ],
    [
      'a file of ours',
      (mjml) => mjml.replace('{{> posts}}', '<mj-include path="/etc/passwd" />'),
      /mj-include/,
    ],
    [
      'a title as it is',
      (mjml) => mjml.replace('{{> posts}}', '{{#each posts}}{{{title}}}{{/each}}'),
      /without escaping/,
    ],
    ['no way out', (mjml) => mjml.replace('{{> footer}}', ''), /no link to unsubscribe/],
    [
      'unknown MJML',
      (mjml) => mjml.replace('{{> posts}}', '<mj-marquee>a</mj-marquee>{{> posts}}'),
      /line 11: .*mj-marquee/,
    ],
    [
      'a block that stays open',
      (mjml) => mjml.replace('{{> more}}', '{{#if more}}'),
      /line \d+: .*not closed/,
    ],
    ['nothing in it', () => '  ', /Paste MJML or choose a file/],
    [
      'a picture for a file',
      () => file(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0xff])),
      /not a text file in UTF-8/,
    ],
    ['a NUL', (mjml) => `${mjml}\u0000`, /NUL/],
    ['too much of it', (mjml) => mjml + ' é'.repeat(60_000), /longer than 100,000/],
    ['far too large a file', (mjml) => file(mjml + 'é'.repeat(3_000_000)), /longer than 100,000/],
  ];
  test.each(hostile)('with %s is refused with the reason, and shown again', async (_, change, reason) => {
    const log = (await audited()).length;
    const sent = change(await magazine());
    const fields = typeof sent === 'string' ? { mjml: sent, file: '' } : { mjml: '', file: sent };
    for (const path of [`${home}/templates`, `${home}/templates/preview`]) {
      const { status, text } = await owner.post(path, { note: 'my "note"', ...fields });
      expect(status).toBe(422);
      const [, problems = ''] = /id="problems">(.*?)<\/div>/s.exec(text) ?? [];
      expect(problems).toMatch(reason);
      expect(tag(text, 'note')).toContain('value="my &quot;note&quot;"');
      expect(text).not.toContain('<script>steal');
    }
    expect((await app.api('GET', `/newsletters/${newsletterId}/mail-templates`)).body.data).toEqual([]);
    expect(await audited()).toHaveLength(log);
  });
});

test('without posts there is nothing to show, and all else works', async () => {
  await database.db.change('delete from posts');
  const { text } = await owner.get(home);
  expect(text).toContain('Nothing to show yet');
  expect(text).not.toContain('<iframe');
  expect((await owner.post(`${home}/templates/preview`, { mjml: await magazine(), file: '' })).status).toBe(
    404,
  );
  expect((await owner.post(home, { width: '500' })).status).toBe(303);
});

test('a viewer sees the page and changes nothing', async () => {
  const { text } = await viewer.get(home);
  expect(text).toContain('<iframe sandbox');
  expect(text).toContain('Changing it takes the role Editor or Owner.');
  expect(text).toMatch(/<dt>Template<\/dt><dd[^>]*>(Magazine|Headlines|Letter):/);
  for (const words of ['>Save</button>', '>Save the words</button>', 'type="file"', '<textarea'])
    expect(text).not.toContain(words);
  const before = await stored();
  const mjml = await magazine();
  for (const path of ['', '/preview', '/words', '/words/preview', '/templates', '/templates/preview']) {
    const fields = path.startsWith('/templates') ? { mjml, file: '' } : { ...whole, opening: 'Hello' };
    expect((await viewer.post(home + path, fields)).status).toBe(403);
    const forged = await owner.post(home + path, { ...fields, csrf: 'forged' });
    expect(forged.status).toBe(403);
    expect(forged.text).toContain('Nothing was changed');
    const elsewhere = await owner.post(home + path, fields, { origin: 'https://evil.example' });
    expect(elsewhere.status).toBe(403);
  }
  expect(await stored()).toEqual(before);
  expect((await viewer.get('/console/newsletters/none/look')).status).toBe(404);
  expect((await visitor(app.url).get(home)).location).toMatch(/^\/console\/sign-in/);
});

describe('a form that is older than another person’s change', () => {
  const decode = (text = ''): string =>
    text.replaceAll('&quot;', '"').replaceAll('&#x3D;', '=').replaceAll('&amp;', '&');
  /** Of the look, then of the texts. */
  const madeFromIn = (text: string): string[] =>
    [...text.matchAll(/name="madeFrom" value="([^"]*)"/g)].map(([, value]) => decode(value));

  test('the look is not saved, and the page says what is new and keeps what was typed', async () => {
    const [madeFrom = ''] = madeFromIn((await owner.get(home)).text);
    await owner.post(home, { brandColour: '#112233', width: '500' });
    const tried = await owner.post(`${home}/preview`, { ...whole, madeFrom });
    expect(madeFromIn(tried.text)[0]).toBe(madeFrom);
    const stale = await owner.post(home, { ...whole, madeFrom });
    expect(stale.status).toBe(409);
    expect(stale.text).toContain('someone else has changed these settings');
    expect(stale.text).toMatch(/<li dir="auto">[^<]*: #0b5a78 → #112233<\/li>/);
    expect(stale.text.match(/<li dir="auto">/g)).toHaveLength(2);
    expect(tag(stale.text, 'brand')).toContain('value="#2C6E49"');
    expect((await stored()).look).toMatchObject({ brandColour: '#112233', width: 500, template: 'magazine' });

    const again = await owner.post(home, { ...whole, madeFrom: madeFromIn(stale.text)[0] ?? '' });
    expect(again.location).toBe(`${home}?notice=look-saved`);
    expect((await stored()).look).toMatchObject({ brandColour: '#2c6e49', template: 'letter' });
  });

  test('neither are the texts; a changed look does not make them stale', async () => {
    const [, madeFrom = ''] = madeFromIn((await owner.get(home)).text);
    await owner.post(home, { brandColour: '#112233' });
    expect((await owner.post(`${home}/words`, { opening: 'Mine', madeFrom })).status).toBe(303);
    const stale = await owner.post(`${home}/words`, { opening: 'Theirs', closing: 'Bye', madeFrom });
    expect(stale.status).toBe(409);
    expect(stale.text).toMatch(/<li dir="auto">[^<]*: empty → Mine<\/li>/);
    expect(stale.text).toContain('\nTheirs</textarea>');
    expect((await stored()).words).toMatchObject({ opening: 'Mine', closing: null });
    const again = { opening: 'Theirs', madeFrom: madeFromIn(stale.text)[1] ?? '' };
    expect((await owner.post(`${home}/words`, again)).status).toBe(303);
  });
});
