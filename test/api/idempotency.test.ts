// draft-ietf-httpapi-idempotency-key-header: a repeated POST takes effect once and gets the first answer
// again.
import { useApp, useDatabase } from '../support/fixture.js';

const database = useDatabase();
const app = useApp(database, { now: () => new Date(Date.now() + ahead) });
let ahead = 0;

const input = (name: string) => ({ name, from: { address: 'digest@example.org' } });
const post = (name: string, idempotencyKey: string, key?: string) =>
  app.api('POST', '/newsletters', input(name), {
    headers: { 'idempotency-key': idempotencyKey },
    ...(key === undefined ? {} : { key }),
  });
const howMany = async (name: string) =>
  (await database.db.query('select 1 as one from newsletters where name = $1', [name])).length;

test('the same request with the same key has one effect and the same answer', async () => {
  const first = await post('Once', 'k-once');
  const second = await post('Once', 'k-once');
  expect(first.status).toBe(201);
  expect(second.status).toBe(201);
  expect(second.text).toBe(first.text);
  expect(second.headers.get('location')).toBe(first.headers.get('location'));
  expect(first.headers.get('idempotent-replayed')).toBeNull();
  expect(second.headers.get('idempotent-replayed')).toBe('true');
  expect(await howMany('Once')).toBe(1);
});

test('the same key with another request is refused', async () => {
  await post('First use', 'k-reused');
  const other = await post('Second use', 'k-reused');
  expect(other.status).toBe(422);
  expect(other.body.code).toBe('idempotency-key-reused');
  expect(await howMany('Second use')).toBe(0);
});

test("another API key's Idempotency-Key is another one", async () => {
  await post('Two keys', 'k-two');
  expect((await post('Two keys', 'k-two', await app.key('editor'))).status).toBe(201);
  expect(await howMany('Two keys')).toBe(2);
});

test('of many requests at once one takes effect, and no request gets a different answer', async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => post('At once', 'k-at-once')));
  expect(await howMany('At once')).toBe(1);
  const others = answers.filter(({ status }) => status !== 201);
  expect(others.map(({ body }) => body.code)).toEqual(others.map(() => 'request-in-progress'));
  expect(others.map(({ headers }) => headers.get('retry-after'))).toEqual(others.map(() => '1'));
  expect((await post('At once', 'k-at-once')).status).toBe(201);
});

test('a first request that died blocks for a minute, not for ever', async () => {
  await post('Crashed', 'k-crashed');
  await database.db.query(
    `update idempotent_answers set status = null, body = null where idempotency_key = 'k-crashed'`,
  );
  await database.db.query(`delete from newsletters where name = 'Crashed'`);
  expect((await post('Crashed', 'k-crashed')).status).toBe(409);
  ahead = 61_000;
  expect((await post('Crashed', 'k-crashed')).status).toBe(201);
  expect(await howMany('Crashed')).toBe(1);
  ahead = 0;
});

test('a refusal is an answer as well, and after a day the key is new', async () => {
  const taken = { ...input('Slug'), slug: 'at-once' };
  const headers = { 'idempotency-key': 'k-day' };
  expect((await app.api('POST', '/newsletters', taken, { headers })).body.code).toBe('slug-taken');
  await database.db.query(`delete from newsletters where slug = 'at-once'`);
  expect((await app.api('POST', '/newsletters', taken, { headers })).body.code).toBe('slug-taken');
  ahead = 24 * 3_600_000 + 1000;
  expect((await app.api('POST', '/newsletters', taken, { headers })).status).toBe(201);
  ahead = 0;
});

test('a stored answer shows no secret: the answer with a new API key is encrypted', async () => {
  const headers = { 'idempotency-key': 'k-secret' };
  const made = await app.api('POST', '/api-keys', { name: 'sealed' }, { headers });
  expect(made.body.apiKey).toMatch(/^dd_[\w-]{43}$/);
  const rows = await database.db.query(`select * from idempotent_answers where idempotency_key = 'k-secret'`);
  expect(rows).toHaveLength(1);
  expect(JSON.stringify(rows)).not.toContain(made.body.apiKey ?? 'none');
  const again = await app.api('POST', '/api-keys', { name: 'sealed' }, { headers });
  expect(again.body.apiKey).toBe(made.body.apiKey);
});

test('a key that is no visible ASCII is refused', async () => {
  expect((await post('Bad key', 'x'.repeat(256))).body.code).toBe('bad-idempotency-key');
});
