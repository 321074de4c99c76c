// Each answer to a valid key says what is left of its limit, and the one beyond it says when to come back.
import { once } from 'node:events';
import express from 'express';
import { admitKeys, requestsPerMinute } from '../../src/api/admit-keys.js';
import { closeAfterTest, useApp, useDatabase } from '../support/fixture.js';

const database = useDatabase();
const app = useApp(database);

const limits = ({ headers }: Response) => [headers.get('ratelimit-policy'), headers.get('ratelimit')];

test('a request takes one of the limit, whatever it is answered with', async () => {
  const key = await app.key('viewer');
  const authorization = `Bearer ${key}`;
  const answers: Response[] = [];
  for (const [method, path] of [
    ['GET', '/newsletters'],
    ['GET', '/newsletters/0'],
    ['POST', '/newsletters'],
  ])
    answers.push(
      await fetch(`${app.url}/api/v1${path}`, { method: method ?? '', headers: { authorization } }),
    );
  expect(answers.map(({ status }) => status)).toEqual([200, 404, 403]);
  const policy = `"api-key";q=${requestsPerMinute};w=60`;
  for (const [index, answer] of answers.entries())
    expect(limits(answer)).toEqual([
      policy,
      expect.stringMatching(new RegExp(`^"api-key";r=${requestsPerMinute - 1 - index};t=(5\\d|60)$`)),
    ]);
  // A stranger learns nothing of it.
  expect(limits(await fetch(`${app.url}/api/v1/newsletters`))).toEqual([null, null]);
});

test('beyond the limit: 429, nothing left, and the same time in both headers', async () => {
  const limited = express();
  const admit = admitKeys({ db: database.db, now: () => new Date() }, 2);
  limited.get('/', admit({ permission: 'read', path: '/' }), (_req, res) => void res.json({}));
  const server = limited.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closeAfterTest({ close: () => new Promise((resolve) => void server.close(resolve)) });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const ask = async (key: string) =>
    fetch(`http://127.0.0.1:${port}/`, { headers: { authorization: `Bearer ${key}`, connection: 'close' } });
  const [key, other] = [await app.key('viewer'), await app.key('viewer')];
  for (const left of [1, 0]) expect((await ask(key)).headers.get('ratelimit')).toContain(`;r=${left};`);
  const refused = await ask(key);
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({ code: 'too-many-requests' });
  const seconds = refused.headers.get('retry-after');
  expect(Number(seconds)).toBeGreaterThan(50);
  expect(limits(refused)).toEqual(['"api-key";q=2;w=60', `"api-key";r=0;t=${seconds}`]);
  expect((await ask(other)).status).toBe(200);
});
