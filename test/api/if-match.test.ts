// Requests on condition that the object is still the one that the client read (RFC 9110 section 13.1.1, RFC 9110 section 13.1.2).
import { endpoints } from '../../src/api/routes.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { assembleDeps, fanOutNext, makeNewsletter, makePosts, makeReaders } from '../support/newsroom.js';

const database = useDatabase();
const app = useApp(database);

const from = { address: 'digest@example.org' };

async function newsletter(name: string) {
  const { body } = await app.api('POST', '/newsletters', { name, from });
  return `/newsletters/${body.id}`;
}
const tagAt = async (path: string) => (await app.api('GET', path)).headers.get('etag') ?? '';
const ifMatch = (tag: string) => ({ headers: { 'if-match': tag } });

test('every change of one object has a GET of that object, whose ETag it can name', () => {
  const paths = new Set(endpoints.filter(({ method }) => method === 'get').map(({ path }) => path));
  const changes = endpoints.filter(({ method }) => method === 'patch' || method === 'delete');
  expect(changes.length).toBeGreaterThan(8);
  expect(changes.filter(({ path }) => !paths.has(path)).map(({ path }) => path)).toEqual([]);
});

test('the ETag is strong, stays while nothing changes, and is another after a change', async () => {
  const path = await newsletter('Tags');
  const tag = await tagAt(path);
  expect(tag).toMatch(/^"[\w-]+"$/);
  expect(await tagAt(path)).toBe(tag);
  const changed = await app.api('PATCH', path, { name: 'Other tags' }, ifMatch(tag));
  expect(changed.status).toBe(200);
  expect(changed.headers.get('etag')).not.toBe(tag);
  expect(changed.headers.get('etag')).toBe(await tagAt(path));
});

test('a change that names another version gets 412 and changes nothing', async () => {
  const path = await newsletter('Stale');
  const stale = await tagAt(path);
  await app.api('PATCH', path, { name: 'Newer' });
  for (const tag of [stale, `W/${await tagAt(path)}`, '"nonsense"', 'nonsense', '']) {
    const answer = await app.api('PATCH', path, { name: 'Lost' }, ifMatch(tag));
    expect([tag, answer.status, answer.body.code]).toEqual([tag, 412, 'precondition-failed']);
    expect((await app.api('DELETE', path, undefined, ifMatch(tag))).status).toBe(412);
  }
  expect((await app.api('GET', path)).body).toMatchObject({ name: 'Newer' });
  const several = ifMatch(`"nonsense", ${await tagAt(path)}`);
  expect((await app.api('PATCH', path, { name: 'Several' }, several)).status).toBe(200);
  expect((await app.api('PATCH', path, { name: 'Any' }, ifMatch('*'))).status).toBe(200);
  expect((await app.api('DELETE', path, undefined, ifMatch(await tagAt(path)))).status).toBe(204);
  expect((await app.api('DELETE', path, undefined, ifMatch('*'))).status).toBe(404);
});

test('of two that name the same version at once, one changes the object', async () => {
  const path = await newsletter('Race');
  const tag = await tagAt(path);
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, n) => app.api('PATCH', path, { name: `Race ${n}` }, ifMatch(tag))),
  );
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
    200,
    ...Array<number>(7).fill(412),
  ]);
});

test('every kind of object refuses a wrong tag', async () => {
  const path = await newsletter('Kinds');
  const made = async (method: string, at: string, body: object) => (await app.api(method, at, body)).body;
  await app.api('POST', `${path}/posts`, { guid: 'a', title: 'A', url: 'https://example.org/a' });
  const posts = (await app.api('GET', `${path}/posts`)).body.data ?? [];
  const subscriber = await made('POST', '/subscribers', { email: 'ann@example.org' });
  const suppression = await made('POST', '/suppressions', { email: 'ben@example.org' });
  const rule = await made('POST', '/domain-rules', { domain: 'example.net', rule: 'block' });
  const key = await made('POST', '/api-keys', { name: 'other' });
  const account = await made('POST', '/accounts', { email: 'a@example.org', password: 'long enough 1234' });
  const { id: feed } = await database.db.one<{ id: string }>(
    `insert into feeds (newsletter_id, url, next_poll_at) values ($1, 'http://192.0.2.1/feed', now()) returning id`,
    [path.split('/').at(-1)],
  );
  const objects: [method: string, path: string, body?: object][] = [
    ['PATCH', `/posts/${String(posts[0]?.['id'])}`, { pinned: true }],
    ['PATCH', `/subscribers/${subscriber.id}`, { name: 'Ann' }],
    ['DELETE', `/subscribers/${subscriber.id}`],
    ['DELETE', `/suppressions/${suppression.id}`],
    ['DELETE', `/domain-rules/${rule.id}`],
    ['DELETE', `/api-keys/${key.id}`],
    ['DELETE', `/accounts/${account.id}`],
    ['PATCH', `/feeds/${feed}`, { disabled: true }],
    ['DELETE', `/feeds/${feed}`],
  ];
  for (const [method, at, body] of objects) {
    const wrong = await app.api(method, at, body, ifMatch('"another"'));
    expect([method, at, wrong.status]).toEqual([method, at, 412]);
    const right = await app.api(method, at, body, ifMatch(await tagAt(at)));
    expect([method, at, right.status]).toEqual([method, at, method === 'PATCH' ? 200 : 204]);
  }
});

test('a refused change gets the same answer with If-Match as without', async () => {
  const { id: newsletterId } = await makeNewsletter(database.db);
  await makePosts(database.db, newsletterId, 1);
  await makeReaders(database.db, newsletterId, 1);
  const path = `/issues/${await fanOutNext(assembleDeps(database.db), newsletterId)}`;
  const without = await app.api('PATCH', path, { subject: 'Too late' });
  expect([without.status, without.body.code]).toEqual([409, 'wrong-state']);
  const conditional = await app.api('PATCH', path, { subject: 'Too late' }, ifMatch('*'));
  expect([conditional.status, conditional.body]).toEqual([without.status, without.body]);
});

test('a GET that names the current version gets 304 without a body, and after a change the object', async () => {
  const path = await newsletter('Unchanged');
  const tag = await tagAt(path);
  for (const named of [tag, `"nonsense", ${tag}`, `W/${tag}`, '*']) {
    const same = await app.api('GET', path, undefined, { headers: { 'if-none-match': named } });
    expect([named, same.status, same.text, same.headers.get('etag')]).toEqual([named, 304, '', tag]);
  }
  await app.api('PATCH', path, { name: 'Changed' });
  const other = await app.api('GET', path, undefined, { headers: { 'if-none-match': tag } });
  expect([other.status, other.body['name']]).toEqual([200, 'Changed']);
  expect(other.headers.get('etag')).not.toBe(tag);
});

test('a field that changes by itself ends 304, and refuses no change', async () => {
  const { body } = await app.api('POST', '/api-keys', { name: 'polled', role: 'viewer' });
  const path = `/api-keys/${body.id}`;
  const tag = await tagAt(path);
  expect((await app.api('GET', path, undefined, { headers: { 'if-none-match': tag } })).status).toBe(304);
  await app.api('GET', '/newsletters', undefined, { key: body.apiKey ?? '' });
  const used = await app.api('GET', path, undefined, { headers: { 'if-none-match': tag } });
  expect([used.status, used.body['lastUsedAt']]).toEqual([200, expect.any(String)]);
  expect(used.headers.get('etag')).not.toBe(tag);
  expect((await app.api('DELETE', path, undefined, ifMatch(tag))).status).toBe(204);
});
