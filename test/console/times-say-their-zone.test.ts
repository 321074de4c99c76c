// A page with times says their zone, once.
import { createApiKey } from '../../src/accounts/api-keys.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { makeAccount, visitor, type Visitor } from './browser-session.js';
import { makeEverything } from './every-state.js';

const database = useDatabase();
const app = useApp(database);
let owner: Visitor;

beforeAll(async () => {
  const { db } = database;
  const { newsletterId } = await makeEverything(db);
  await db.change(`update newsletters set timezone = 'Asia/Tokyo' where id = $1`, [newsletterId]);
  await createApiKey(database, { name: 'The shop', role: 'editor' });
  await db.change(
    `insert into webhooks (url, events, secret, created_at) values ('https://example.org/', '{}', '\\x00', now())`,
  );
  owner = visitor(app.url);
  await owner.signIn(await makeAccount(db, 'owner'));
});

test.each([
  ['/console/audit', 'UTC'],
  ['/console/integrations', 'UTC'],
  ['/console/integrations/webhooks', 'UTC'],
  ['/console/integrations/webhooks/1', 'UTC'],
  ['/console/newsletters/every-state/issues', 'Asia/Tokyo'],
])('%s says %s once', async (path, zone) => {
  const { status, text } = await owner.get(path);
  expect([status, text.split(`Times are in ${zone}.`).length - 1]).toEqual([200, 1]);
});
