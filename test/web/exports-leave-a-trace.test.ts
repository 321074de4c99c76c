// Every file with readers, and the audit log itself, names its taker in the audit log. A role that may only read takes none.
import { listAudit } from '../../src/accounts/audit.js';
import { roles, type Role } from '../../src/accounts/permission.js';
import { signToken } from '../../src/subscribers/tokens.js';
import { useDatabase } from '../support/fixture.js';
import { useEveryRoute } from '../support/every-route.js';
import { links } from '../support/newsroom.js';

const database = useDatabase();
const every = useEveryRoute(database);

const files = [
  ['/api/v1/newsletters/:id/subscribers.csv', 'subscribers.export', /^newsletter:\d+$/],
  ['/api/v1/newsletters/:id/subscribers.ndjson', 'subscribers.export', /^newsletter:\d+$/],
  ['/api/v1/subscribers/:id/export', 'subscriber.export', /^subscriber:\d+$/],
  ['/api/v1/imports/:id/errors.csv', 'import.export-errors', /^import:\d+$/],
  ['/console/newsletters/:slug/readers.csv', 'subscribers.export', /^newsletter:\d+$/],
  ['/console/newsletters/:slug/readers.ndjson', 'subscribers.export', /^newsletter:\d+$/],
  ['/console/issues/:id/recipients.csv', 'subscribers.export', 'issue'],
  ['/console/newsletters/:slug/imports/:id/errors.csv', 'import.export-errors', /^import:\d+$/],
  ['/console/audit.csv', 'audit.export', /^null$/],
] as const;

const latest = async () => (await listAudit(database.db, { limit: 1 }))[0];

/** They hold sums by day, and nobody's address. */
const impersonal = new Set(['/console/newsletters/:slug/growth.csv']);

test('these are all files', () => {
  const downloads = every.declared.filter(
    (path) => /\.(csv|ndjson)$|\/export$/.test(path) && !impersonal.has(path),
  );
  expect(downloads.toSorted()).toEqual(files.map(([path]) => path).toSorted());
});

describe.each(files)('%s', (declared, action, subject) => {
  const fetchAs = async (role: Role) => {
    const path = every.fill(declared) ?? declared;
    const headers: Record<string, string> = path.startsWith('/api/')
      ? { authorization: `Bearer ${await every.app.key(role)}` }
      : { cookie: await every.cookieOf(role) };
    return fetch(every.app.url + path, { headers, redirect: 'manual' });
  };

  const taker: Role = declared === '/console/audit.csv' ? 'owner' : 'editor';

  test.each(roles.filter((role) => role === 'viewer' || (taker === 'owner' && role === 'editor')))(
    'as %s, there is nothing',
    async (role) => {
      const exports = () => database.db.query(`select 1 as one from audit where action like '%export%'`);
      const before = await exports();
      const answer = await fetchAs(role);
      expect(answer.status).toBe(403);
      expect(await answer.text()).not.toContain('@readers.example.org');
      expect(await exports()).toEqual(before);
    },
  );

  test(`as ${taker}, there is a file, and the audit log says so`, async () => {
    const answer = await fetchAs(taker);
    expect(answer.status).toBe(200);
    await answer.arrayBuffer();
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const entry = await latest();
    expect(entry).toMatchObject({ actor: expect.stringMatching(/^(key|account):\d+$/), action });
    expect(String(entry?.subject)).toMatch(subject);
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
