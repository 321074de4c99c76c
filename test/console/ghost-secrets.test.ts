// An owner makes, replaces and removes the secret by which Ghost signs its calls.
import { createHmac } from 'node:crypto';
import { ghostSecret } from '../../src/ghost/signature.js';
import { openSecrets } from '../../src/secrets.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { makeNewsletter, secretKey } from '../support/newsroom.js';
import { makeAccount, visitor, type Page, type Visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database);
const path = '/console/integrations/ghost';
let owner: Visitor;
let id: string;
const first = (): string => ghostSecret(openSecrets(secretKey), { newsletterId: id, salt: '' });

beforeAll(async () => {
  id = (await makeNewsletter(database.db)).id;
  owner = visitor(app.url);
  await owner.signIn(await makeAccount(database.db, 'owner'));
});

/** The answer to a call that is signed with the secret. */
async function call(secret: string): Promise<number> {
  const body = JSON.stringify({
    post: {
      current: { id: 'g1', title: 'Snow', url: 'https://a.example/1', status: 'published' },
      previous: {},
    },
  });
  const at = Date.now();
  const signature = createHmac('sha256', secret).update(`${body}${at}`).digest('hex');
  const headers = { 'content-type': 'application/json', 'x-ghost-signature': `sha256=${signature}, t=${at}` };
  return (await fetch(`${app.url}/hooks/ghost/${id}`, { method: 'POST', body, headers })).status;
}

const secretOn = ({ text }: Page): string => /id="ghost-secret">([^<]+)</.exec(text)?.[1] ?? '';

async function make(): Promise<Page> {
  await owner.get(path);
  return owner.post(path, { newsletter: id });
}

test('the first secret is the one of the command line, is shown once, and its webhook is accepted', async () => {
  const made = await make();
  expect(secretOn(made)).toBe(first());
  expect(made.text).toMatch(/id="ghost-url">[^<]*\/hooks\/ghost\/\d+</);
  for (const words of ['Add custom integration', 'Published post updated', 'data-copy="ghost-secret"'])
    expect(made.text).toContain(words);
  expect((await owner.get(path)).text).not.toContain(first());
  expect(await call(first())).toBe(204);
});

test('a new secret ends the old one, and after a removal none is accepted', async () => {
  const second = secretOn(await make());
  expect([second.length > 30, second === first()]).toEqual([true, false]);
  expect([await call(first()), await call(second)]).toEqual([401, 204]);
  await owner.get(path);
  expect((await owner.post(`${path}/${id}/remove`)).location).toMatch(/notice=ghost-removed/);
  expect([await call(first()), await call(second)]).toEqual([401, 401]);
  const third = secretOn(await make());
  expect([await call(second), await call(third)]).toEqual([401, 204]);
});

test('only owners see the page, and the audit log has each act', async () => {
  const editor = visitor(app.url);
  await editor.signIn(await makeAccount(database.db, 'editor'));
  expect((await editor.get(path)).status).toBe(403);
  await editor.get('/console');
  expect((await editor.post(path, { newsletter: id })).status).toBe(403);
  const acts = await database.db.query<{ action: string }>(
    `select action from audit where action like 'ghost%' order by id`,
  );
  expect(acts.map(({ action }) => action)).toEqual([
    'ghost-secret.make',
    'ghost-secret.make',
    'ghost-secret.remove',
    'ghost-secret.make',
  ]);
  expect((await owner.get('/console/audit')).text).toContain('removed the secret for Ghost');
});
