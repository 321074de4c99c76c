// An API key for named newsletters: every operation about another one is closed, by its path and by what the request names.
import { createApiKey } from '../../src/accounts/api-keys.js';
import { endpoints } from '../../src/api/routes.js';
import { visitor } from '../console/browser-session.js';
import { useEveryRoute } from '../support/every-route.js';
import { useDatabase } from '../support/fixture.js';
import { makeNewsletter, makeReaders } from '../support/newsroom.js';

const database = useDatabase();
const every = useEveryRoute(database);
let own: string;
let key: string;
let webhook: string;

beforeAll(async () => {
  const { id } = await makeNewsletter(database.db, { name: 'Own', slug: 'own' });
  await makeReaders(database.db, id, 1);
  own = id;
  ({ apiKey: key } = await createApiKey(database, { name: 'own', role: 'owner', newsletterIds: [id] }));
  const foreign = await database.db.one<{ id: string }>(`select id from newsletters where slug = 'open'`);
  const made = await database.db.one<{ id: string }>(
    `insert into webhooks (url, events, newsletter_id, secret, created_at)
     values ('https://hook.example/', '{issue.finished}', $1, '', now()) returning id`,
    [foreign.id],
  );
  webhook = made.id;
});

const call = (method: string, path: string, body?: unknown) => every.app.api(method, path, body, { key });

/** Bodies that name the newsletter "Open"; others have none. */
const naming = async (path: string): Promise<unknown> => {
  const { id } = await database.db.one<{ id: string }>(`select id from newsletters where slug = 'open'`);
  if (path === '/subscribers') return { email: 'new@example.org', newsletterId: id };
  if (path === '/webhooks')
    return { url: 'https://hook.example/', events: ['issue.finished'], newsletterId: id };
  return {};
};

test('no operation reaches a foreign newsletter, whatever the role', async () => {
  expect(endpoints.length).toBeGreaterThan(70);
  const reached: string[] = [];
  for (const { method, path } of endpoints) {
    const known = path.replace(':deliveryId', '1').replace('/providers/:id', '/providers/google');
    const filled = (every.fill(known) ?? known).replace(/^\/webhooks\/\d+/, `/webhooks/${webhook}`);
    expect(filled).not.toContain(':');
    const { status, text } = await call(
      method.toUpperCase(),
      filled,
      method === 'get' ? undefined : await naming(path),
    );
    const listsOwn =
      method === 'get' && path === '/newsletters' && status === 200 && !text.includes('"Open"');
    if (![403, 404].includes(status) && !listsOwn) reached.push(`${method} ${filled}: ${status}`);
  }
  expect(reached).toEqual([]);
});

test('its own newsletter is open, and lists show no other', async () => {
  for (const path of ['', '/feeds', '/posts', '/issues', '/imports', '/statistics', '/mail-templates'])
    expect([path, (await call('GET', `/newsletters/${own}${path}`)).status]).toEqual([path, 200]);
  expect((await call('GET', '/newsletters')).body.data).toMatchObject([{ name: 'Own' }]);
  for (const named of [own, 'own'])
    expect((await call('GET', `/subscribers?newsletter=${named}`)).body.data).toHaveLength(1);
  expect((await call('GET', '/subscribers')).status).toBe(403);
  expect((await call('GET', '/subscribers?newsletter=open')).status).toBe(403);
  expect((await call('PATCH', `/newsletters/${own}`, { name: 'Own and better' })).status).toBe(200);
});

test('a reader who is added has no other newsletters in the answer, and is closed once others are known', async () => {
  const { email } = await database.db.one<{ email: string }>(
    `select s.address as email from subscribers s join subscriptions u on u.subscriber_id = s.id
       join newsletters n on n.id = u.newsletter_id where n.slug = 'open' and s.address is not null order by s.id limit 1`,
  );
  const added = await call('POST', '/subscribers', { email, newsletterId: own });
  expect(added.body['subscriptions']).toMatchObject([{ newsletterId: own }]);
  expect((await call('GET', `/subscribers/${added.body.id}`)).status).toBe(404);
});

test('a webhook of its own cannot be moved to another newsletter, or to all', async () => {
  const made = await call('POST', '/webhooks', {
    url: 'https://hook.example/own',
    events: ['issue.finished'],
    newsletterId: own,
  });
  expect(made.status).toBe(201);
  const path = `/webhooks/${made.body.id}`;
  const open = await database.db.one<{ id: string }>(`select id from newsletters where slug = 'open'`);
  for (const newsletterId of [null, open.id])
    expect((await call('PATCH', path, { newsletterId })).status).toBe(403);
  expect((await call('PATCH', path, { newsletterId: own })).status).toBe(200);
});

test('owners make such keys through the API and in the console, which show what they reach', async () => {
  const made = await every.app.api('POST', '/api-keys', { name: 'by API', newsletterIds: [own] });
  expect(made.body).toMatchObject({ newsletterIds: [own] });
  const wrong = await every.app.api('POST', '/api-keys', { name: 'by API', newsletterIds: ['999999'] });
  expect(wrong.status).toBe(400);
  const owner = visitor(every.app.url);
  await owner.signIn('owner@example.org');
  await owner.get('/console/integrations');
  const none = await owner.post('/console/integrations', { name: 'by hand', role: 'viewer', covers: 'some' });
  expect([none.status, none.text.includes('Choose at least one newsletter.')]).toEqual([422, true]);
  const { text } = await owner.post('/console/integrations', {
    name: 'by hand',
    role: 'viewer',
    covers: 'some',
    [`newsletter-${own}`]: 'on',
  });
  const apiKey = /dd_[\w-]{43}/.exec(text)?.[0] ?? '';
  const listed = await every.app.api('GET', '/newsletters', undefined, { key: apiKey });
  expect(listed.body.data).toHaveLength(1);
  expect((await owner.get('/console/integrations')).text).toMatch(/by hand<[^]*?1 newsletter/);
});

test('a key of before the limit keeps its reach, and a deleted newsletter leaves a key without any', async () => {
  await database.db.change(`insert into api_keys (name, key_hash, role) select 'old', sha256('x'), 'owner'`);
  const keys = (await every.app.api('GET', '/api-keys')).body.data as {
    name: string;
    newsletterIds: unknown;
  }[];
  expect(keys.find(({ name }) => name === 'old')).toMatchObject({ newsletterIds: null });
  await database.db.change('delete from newsletters where id = $1', [own]);
  expect((await call('GET', '/newsletters')).body.data).toEqual([]);
});
