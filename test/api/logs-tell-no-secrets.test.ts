// The log contains no address, token, key or password.
import { PassThrough } from 'node:stream';
import { createLog } from '../../src/log.js';
import { makeAccount, visitor } from '../console/browser-session.js';
import { startApp, type TestApp } from '../support/app.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import { makeNewsletter } from '../support/newsroom.js';

const database = useDatabase();
let app: TestApp;
let written = '';

beforeAll(async () => {
  const stream = new PassThrough();
  stream.on('data', (chunk: Buffer) => (written += chunk.toString()));
  app = await startApp(database, {
    publicUrl: 'http://digest.example.org',
    log: createLog('trace', 'web', stream),
  });
});
closeAfterAll(() => app.close());

test('a day of requests leaves routes in the log, and no address, token, key or password', async () => {
  await makeNewsletter(database.db);
  const owner = visitor(app.url);
  await owner.signIn(await makeAccount(database.db, 'owner'));
  await owner.signIn('somebody@private.example', 'a secret guess');
  await owner.get('/console');
  const key = await app.key('owner');
  await app.api('GET', '/subscribers?email=reader%40private.example', undefined, { key });
  await app.api('POST', '/subscribers', { email: 'reader@private.example', newsletterId: '1' }, { key });
  await fetch(`${app.url}/n/the-daily-test/subscribe`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'reader@private.example' }),
  });
  const token = 'abcdefghijklmnopqrstuv123456';
  for (const path of ['c', 'confirm', 'unsubscribe', 'preferences', 'address', 'review', 'held']) {
    await fetch(`${app.url}/${path}/${token}`);
    await fetch(`${app.url}/${path}/${token}`, { method: 'POST' });
  }
  await fetch(`${app.url}/preferences/${token}?email=reader@private.example`);

  const lines = written.trim().split('\n');
  expect(lines.length).toBeGreaterThanOrEqual(12);
  const links = ['/confirm/:token', '/unsubscribe/:token', '/preferences/:token', '/address/:token'];
  for (const route of ['/api/v1/subscribers', '/console/sign-in', ...links])
    expect(written).toContain(`"route":"${route}"`);
  const secrets = [token, key, 'private.example', 'owner@example.org', 'secret guess', 'correct horse'];
  secrets.push(...owner.cookies.values());
  for (const secret of secrets) expect(written).not.toContain(secret);
});
