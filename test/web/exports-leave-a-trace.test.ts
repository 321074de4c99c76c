// Every file with readers names its taker in the audit log. A role that may only read takes none.
import { listAudit } from '../../src/accounts/audit.js';
import { signToken } from '../../src/subscribers/tokens.js';
import { useDatabase } from '../support/fixture.js';
import { useEveryRoute } from '../support/every-route.js';
import { links } from '../support/newsroom.js';

const database = useDatabase();
const every = useEveryRoute(database);

const files = [
  ['/api/v1/newsletters/:id/subscribers.csv', 'subscribers.export', 'newsletter'],
  ['/api/v1/newsletters/:id/subscribers.ndjson', 'subscribers.export', 'newsletter'],
  ['/api/v1/subscribers/:id/export', 'subscriber.export', 'subscriber'],
  ['/api/v1/imports/:id/errors.csv', 'import.export-errors', 'import'],
  ['/console/newsletters/:slug/readers.csv', 'subscribers.export', 'newsletter'],
  ['/console/newsletters/:slug/readers.ndjson', 'subscribers.export', 'newsletter'],
  ['/console/newsletters/:slug/imports/:id/errors.csv', 'import.export-errors', 'import'],
] as const;

const latest = async () => (await listAudit(database.db, { limit: 1 }))[0];

test('these are all files with readers', () => {
  const downloads = every.declared.filter((path) => /\.(csv|ndjson)$|\/export$/.test(path));
  expect(downloads.toSorted()).toEqual(files.map(([path]) => path).toSorted());
});

describe.each(files)('%s', (declared, action, kind) => {
  const fetchAs = async (role: 'viewer' | 'editor') => {
    const path = every.fill(declared) ?? declared;
    const headers: Record<string, string> = path.startsWith('/api/')
      ? { authorization: `Bearer ${await every.app.key(role)}` }
      : { cookie: await every.cookieOf(role) };
    return fetch(every.app.url + path, { headers, redirect: 'manual' });
  };

  test('a viewer gets nothing', async () => {
    const exports = () => database.db.query(`select 1 as one from audit where action like '%export%'`);
    const before = await exports();
    const answer = await fetchAs('viewer');
    expect(answer.status).toBe(403);
    expect(await answer.text()).not.toContain('@readers.example.org');
    expect(await exports()).toEqual(before);
  });

  test('an editor gets it, and the audit log says so', async () => {
    const answer = await fetchAs('editor');
    expect(answer.status).toBe(200);
    await answer.arrayBuffer();
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await latest()).toMatchObject({
      actor: expect.stringMatching(/^(key|account):\d+$/),
      action,
      subject: expect.stringMatching(new RegExp(`^${kind}:\\d+$`)),
    });
  });
});

test('a reader who takes or erases their data at their link is in the audit log, without the address', async () => {
  const { id, subscriberId } = await database.db.one<{ id: string; subscriberId: string }>(
    'select id::text as id, subscriber_id::text as subscriber_id from subscriptions order by id limit 1',
  );
  const path = `/preferences/${signToken(links.key, 'preferences', id)}`;
  const post = (action: string) =>
    fetch(every.app.url + path, { method: 'POST', body: new URLSearchParams({ action }) });
  for (const [button, action] of [
    ['export', 'subscriber.export'],
    ['erase-for-good', 'subscriber.erase'],
  ] as const) {
    const answer = await post(button);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    await answer.arrayBuffer();
    const entry = await latest();
    expect(entry).toMatchObject({ actor: 'reader', action, subject: `subscriber:${subscriberId}` });
    expect(JSON.stringify(entry)).not.toContain('@');
  }
  const { count } = await database.db.one<{ count: number }>(
    'select count(*)::int as count from subscribers where id = $1',
    [subscriberId],
  );
  expect(count).toBe(0);
});
