// The console shows and changes who may subscribe.
import { useApp, useDatabase } from '../support/fixture.js';
import { makeNewsletter } from '../support/newsroom.js';
import { makeAccount, visitor, type Visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database, { publicUrl: 'http://digest.example.org' });
let owner: Visitor;
let viewer: Visitor;
const home = '/console/newsletters/the-daily-test/joining';

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
  expect(saved.location).toBe(`${home}?notice=joining-saved`);
  expect((await owner.get(saved.location ?? '')).text).toMatch(/<option value="always" selected>always/);
  expect((await subscribe('ada@readers.example')).status).toBe(403);
  expect((await audited())[0]?.action).toBe('newsletter.change');
  await owner.post(home, { confirm: 'imported-only', challenge: '' });
  expect((await subscribe('ada@readers.example')).status).toBe(202);
  const { text } = await owner.get(home);
  expect(text).toMatch(/<option value="imported-only" selected>/);
});

test.each([{ confirm: 'never', challenge: '' }, { confirm: 'double', challenge: '<b>' }, {}])(
  '%j is refused, and changes nothing',
  async (fields: Record<string, string>) => {
    const before = (await owner.get(home)).text;
    const { location } = await owner.post(home, fields);
    expect(location).toBe(`${home}?notice=joining-refused`);
    expect((await owner.get(home)).text).toBe(before);
  },
);

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
  expect((await viewer.post(home, { confirm: 'double', challenge: 'off' })).status).toBe(403);
  expect((await viewer.post(`${home}/domains`, { domains: 'a.example', rule: 'block' })).status).toBe(403);
  expect((await viewer.get('/console/newsletters/none/joining')).status).toBe(404);
});
