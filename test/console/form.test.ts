// The console shows and changes what the form asks, its words, and who may subscribe.
import { useApp, useDatabase } from '../support/fixture.js';
import { signTokens } from '../../src/subscribers/tokens.js';
import { links, makeNewsletter, makeReaders } from '../support/newsroom.js';
import { makeAccount, visitor, type Visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database, { publicUrl: 'http://digest.example.org' });
let owner: Visitor;
let viewer: Visitor;
const home = '/console/newsletters/the-daily-test/form';

beforeAll(async () => {
  await makeNewsletter(database.db);
  [owner, viewer] = [visitor(app.url), visitor(app.url)];
  await owner.signIn(await makeAccount(database.db, 'owner'));
  await viewer.signIn(await makeAccount(database.db, 'viewer'));
});

const subscribe = (email: string) =>
  fetch(`${app.url}/n/the-daily-test/subscribe`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email }),
  });
const audited = () =>
  database.db.query<{ action: string }>('select action from audit order by id desc limit 1');

test('the challenge is the operator’s until the newsletter has its own', async () => {
  expect((await owner.get('/console/newsletters/the-daily-test')).text).toContain(`href="${home}"`);
  const page = await owner.get(home);
  expect(page.text).toMatch(/<option value="" selected>server default: only during a flood/);
  const saved = await owner.post(home, { confirm: 'double', challenge: 'always' });
  expect(saved.location).toBe(`${home}?notice=form-saved`);
  expect((await owner.get(saved.location ?? '')).text).toMatch(/<option value="always" selected>always/);
  expect((await subscribe('ada@readers.example')).status).toBe(403);
  expect((await audited())[0]?.action).toBe('newsletter.change');
  await owner.post(home, { confirm: 'imported-only', challenge: '' });
  expect((await subscribe('ada@readers.example')).status).toBe(202);
  const { text } = await owner.get(home);
  expect(text).toMatch(/<option value="imported-only" selected>/);
});

test.each([
  { confirm: 'never', challenge: '' },
  { confirm: 'double', challenge: '<b>' },
  { 'form.time': 'sometimes' },
  { 'form.name': 'preferences' },
  { 'form.headline': 'x'.repeat(121) },
  { 'form.thanks': 'x'.repeat(601) },
  { 'confirmationMail.subject': 'x'.repeat(121) },
  { 'welcomeMail.text': ' ', 'welcomeMail.enabled': 'on' },
  { topics: `Ferries\n${'x'.repeat(65)}` },
])('%j is refused, and changes nothing', async (fields: Record<string, string>) => {
  const before = (await owner.get(home)).text;
  const answer = await owner.post(home, fields);
  expect(answer.status).toBe(422);
  const [field = ''] = Object.keys(fields).filter(
    (name) => !['double', 'on', ''].includes(fields[name] ?? ''),
  );
  expect(answer.text).toMatch(new RegExp(`id="${field}"[^>]* aria-invalid="true"`));
  expect(answer.text).toContain(`<a href="#${field}">`);
  expect((await owner.get(home)).text).toBe(before);
});

const asked = {
  'form.name': 'form',
  'form.frequency': 'form',
  'form.time': 'form',
  'form.topics': 'preferences',
  'form.language': 'form',
  topics: 'Ferries\n\nFood\nFerries',
  'form.headline': ' The harbour\u202e, every <morning> ',
  'form.introduction': 'Ships & bread.\r\n\r\n\r\nNo more\u0007.',
  'form.button': 'Count me in',
  'form.thanks': 'Thank you! {email}',
  'confirmationMail.subject': 'Aye or nay?',
  'confirmationMail.introduction': 'Welcome <aboard>.\r\nPress the button.',
};

test('what is chosen and written is what every form and the preferences ask', async () => {
  const { id } = await makeNewsletter(database.db, {
    name: 'The Harbour Post',
    slug: 'harbour',
    schedule: { frequencies: ['daily', 'weekly'] },
    timezone: 'Europe/Berlin',
  });
  const page = '/console/newsletters/harbour/form';
  const tried = await owner.post(`${page}/preview`, asked);
  const frame = /src="([^"]*\/frame\?[^"]*)"/.exec(tried.text)?.[1]?.replaceAll('&#x3D;', '=') ?? '';
  const framed = await owner.get(frame.replaceAll('&amp;', '&'));
  expect(framed.text).toContain('Count me in</button>');
  expect(await (await fetch(`${app.url}/n/harbour`)).text()).not.toContain('Count me in');
  const mail = await owner.get(
    `${page}/frame?${new URLSearchParams({ ...asked, part: 'confirmation' }).toString()}`,
  );
  expect(mail.text).toContain('Welcome &lt;aboard&gt;.<br>Press the button.</p>');
  expect(framed.headers.get('content-security-policy')).toContain("form-action 'none'");

  expect((await owner.post(page, asked)).location).toBe(`${page}?notice=form-saved`);
  const get = async (path: string) =>
    (await (await fetch(app.url + path, { headers: { accept: 'text/html' } })).text()).replaceAll('\\"', '"');
  for (const path of ['/n/harbour', '/n/harbour/embed?frame=1', '/n/harbour/embed.js']) {
    const html = await get(path);
    for (const name of ['name', 'frequency', 'sendTime', 'language'])
      expect([path, html.includes(` name="${name}"`)]).toEqual([path, true]);
    expect(html).not.toContain(' name="topics"');
    expect(html).toContain('The harbour, every &lt;morning&gt;');
    expect(html).toContain('Ships &amp; bread.');
    expect(html).not.toMatch(/[\u0007\u202e]/);
    expect(html).toContain('>Count me in</button>');
    expect(html).toContain('Berlin time');
  }
  expect(await get('/n/harbour/embed.js')).toContain('"thanks":"Thank you! {email}\\n"');
  const sent = await fetch(`${app.url}/n/harbour/subscribe`, {
    method: 'POST',
    headers: { accept: 'text/html' },
    body: new URLSearchParams({ email: 'bo@readers.example', sendTime: '18:00', language: 'de', name: 'Bo' }),
  });
  expect(await sent.text()).toContain('>Thank you! {email}</p>');
  const [stored] = await database.db.query(
    `select t.send_time, t.timezone, r.language, r.name from subscriptions s join subscribers r on r.id = s.subscriber_id
     join reading_times t on t.id = s.reading_time_id where s.newsletter_id = $1`,
    [id],
  );
  expect(stored).toEqual({ sendTime: '18:00', timezone: 'Europe/Berlin', language: 'de', name: 'Bo' });
});

test('a choice that readers do not have is on no page, and the preferences keep what they had', async () => {
  const newsletter = await makeNewsletter(database.db, {
    name: 'Plain',
    slug: 'plain',
    topics: ['Ferries'],
    form: { frequency: 'off', time: 'off', topics: 'off', language: 'off', name: 'off' },
  });
  const form = await (await fetch(`${app.url}/n/plain`)).text();
  await makeReaders(database.db, newsletter.id, 1);
  const { id } = await database.db.one<{ id: string }>(
    'select id from subscriptions where newsletter_id = $1',
    [newsletter.id],
  );
  const { preferences } = signTokens(links.key, id);
  const url = `${app.url}/preferences/${preferences}`;
  const page = await (await fetch(url)).text();
  for (const html of [form, page])
    expect(html).not.toMatch(/ name="(name|frequency|sendTime|timezone|topics|language)"/);
  const version = /name="version" value="([^"]*)"/.exec(page)?.[1]?.replaceAll('&#x3D;', '=') ?? '';
  const saved = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams({ action: 'save', version, plainText: 'yes' }),
  });
  expect(await saved.text()).toContain('Saved.');
});

test('a stale form says what someone else has changed, and saves at the second press', async () => {
  const page = await owner.get(home);
  const madeFrom = /name="madeFrom" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
  const decode = (text: string) => text.replaceAll('&quot;', '"').replaceAll('&#x3D;', '=');
  await owner.post(home, { 'form.button': 'Join' });
  const stale = await owner.post(home, { 'form.button': 'Read', madeFrom: decode(madeFrom) });
  expect(stale.status).toBe(409);
  expect(stale.text).toContain('<li dir="auto">Button: none → Join</li>');
  expect(stale.text).toMatch(/name="form\.button"[^>]* value="Read"/);
  const again = /name="madeFrom" value="([^"]*)"/.exec(stale.text)?.[1] ?? '';
  const saved = await owner.post(home, { 'form.button': 'Read', madeFrom: decode(again) });
  expect(saved.location).toBe(`${home}?notice=form-saved`);
});

test('domains are blocked, and their rules are deleted', async () => {
  const say = (domains: string, rule: string) => owner.post(`${home}/domains`, { domains, rule });
  await say('Spam.example, *.bücher.example', 'block');
  const { text } = await owner.get(home);
  for (const name of ['spam.example', 'xn--bcher-kva.example'])
    expect(text).toMatch(new RegExp(`<code>${name}</code> <span class="badge" data-state="block">`));
  expect((await say('not a/domain', 'block')).location).toBe(`${home}?notice=domain-refused`);
  await say('spam.example', 'forget');
  const after = (await owner.get(home)).text;
  expect(after).toContain('<code>xn--bcher-kva.example</code>');
  expect(after).not.toContain('<code>spam.example</code>');
  expect((await audited())[0]?.action).toBe('domain-rule.remove');
});

test('a viewer sees the page and changes nothing', async () => {
  const { text } = await viewer.get(home);
  expect(text).toContain('xn--bcher-kva.example');
  expect(text).not.toContain('>Save</button>');
  expect(text).toMatch(/<dt>Button<\/dt><dd dir="auto">Read<\/dd>/);
  expect(text).not.toMatch(/<(select|textarea)/);
  expect((await viewer.post(home, { confirm: 'double', challenge: 'off' })).status).toBe(403);
  expect((await viewer.post(`${home}/domains`, { domains: 'a.example', rule: 'block' })).status).toBe(403);
  expect((await viewer.get('/console/newsletters/none/form')).status).toBe(404);
});

describe('the publisher’s own questions', () => {
  const questions = `${home}/questions`;
  const stored = async () =>
    (
      await database.db.one<{ asked: { name: string }[] }>(
        "select custom_fields as asked from newsletters where slug = 'the-daily-test'",
      )
    ).asked;

  test('one is asked, changed, moved and removed, and the sign-up page follows', async () => {
    expect((await owner.get(home)).text).toContain(`href="${questions}/new"`);
    const city = { label: 'Your city?', type: 'text', maxLength: '', hint: 'Where you live', required: 'on' };
    expect((await owner.post(questions, city)).location).toBe(`${home}?notice=form-saved`);
    const choice = { label: 'Deine Größe', type: 'choice', choices: 'S\r\nM\r\n\r\n L ' };
    await owner.post(questions, choice);
    await owner.post(questions, { label: 'מה שמך', type: 'number', min: '0', integer: 'on' });
    expect(await stored()).toEqual([
      {
        name: 'yourCity',
        label: 'Your city?',
        type: 'text',
        maxLength: 200,
        hint: 'Where you live',
        required: true,
      },
      { name: 'deineGroE', label: 'Deine Größe', type: 'choice', choices: ['S', 'M', 'L'], required: false },
      { name: 'question', label: 'מה שמך', type: 'number', min: 0, integer: true, required: false },
    ]);
    expect(await (await fetch(`${app.url}/n/the-daily-test`)).text()).toContain(
      'name="customFields.yourCity"',
    );
    await owner.post(`${questions}/question/move`, { to: 'up' });
    expect((await stored()).map(({ name }) => name)).toEqual(['yourCity', 'question', 'deineGroE']);
    const page = (await owner.get(`${questions}/yourCity`)).text;
    expect(page).toContain('Files and the API call it yourCity.');
    // A kind cannot change: readers have answered.
    const madeFrom = /name="madeFrom" value="([^"]*)"/.exec(page)?.[1]?.replaceAll('&quot;', '"') ?? '';
    const changed = { label: 'City', type: 'checkbox', maxLength: '50', madeFrom };
    expect((await owner.post(`${questions}/yourCity`, changed)).status).toBe(303);
    expect((await stored())[0]).toEqual({
      name: 'yourCity',
      label: 'City',
      type: 'text',
      maxLength: 50,
      required: false,
    });
    const stale = await owner.post(`${questions}/yourCity`, { ...changed, label: 'Town' });
    expect([stale.status, stale.text]).toEqual([
      409,
      expect.stringContaining('someone else has changed the form'),
    ]);
    await owner.post(`${questions}/yourCity/remove`, {});
    expect((await stored()).map(({ name }) => name)).toEqual(['question', 'deineGroE']);
    expect((await audited())[0]?.action).toBe('newsletter.change');
    expect((await owner.get(`${questions}/yourCity`)).status).toBe(404);
  });

  test.each([
    [{ label: ' ', type: 'text' }, 'label', 'Write the question'],
    [{ label: 'Size', type: 'choice', choices: 'S\ns' }, 'choices', 'Enter 1 to 100 different answers'],
    [
      { label: 'Length', type: 'text', maxLength: '5000' },
      'maxLength',
      'Enter a whole number from 1 to 1,000',
    ],
    [{ label: 'Age', type: 'number', min: '9', max: '1' }, 'min', 'The smallest cannot be above the largest'],
    [{ label: 'Kind', type: 'colour' }, 'type', 'Choose one of these.'],
  ])('%j is refused beside its field', async (fields: Record<string, string>, id, words) => {
    const before = await stored();
    const refused = await owner.post(questions, fields);
    expect(refused.status).toBe(422);
    expect(refused.text).toMatch(new RegExp(`id="${id}-wrong">[^<]*${words}`));
    expect(await stored()).toEqual(before);
  });

  test('a viewer sees the questions, and can change none', async () => {
    expect((await viewer.get(home)).text).toContain('Deine Größe');
    expect((await viewer.get(`${questions}/new`)).status).toBe(403);
    expect((await viewer.post(questions, { label: 'Mine', type: 'text' })).status).toBe(403);
  });
});
