// API keys, roles and the audit log.
import { useApp, useDatabase } from '../support/fixture.js';

const database = useDatabase();
/** Milliseconds by which the test has put the clock forward. */
let ahead = 0;
const app = useApp(database, { now: () => new Date(Date.now() + ahead) });

const newsletter = { name: 'Key test', from: { address: 'digest@example.org' } };

describe('who may use the API', () => {
  test('a request without a valid key gets 401', async () => {
    for (const key of ['', 'dd_wrong', `dd_${'a'.repeat(43)}`]) {
      const answer = await app.api('GET', '/newsletters', undefined, { key });
      expect(answer.status).toBe(401);
      expect(answer.body.code).toBe('unauthorized');
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      expect(answer.headers.get('content-type')).toMatch('application/problem+json');
    }
  });

  test('a viewer reads and changes nothing', async () => {
    const key = await app.key('viewer');
    expect((await app.api('GET', '/newsletters', undefined, { key })).status).toBe(200);
    expect((await app.api('POST', '/newsletters', newsletter, { key })).status).toBe(403);
    expect((await app.api('GET', '/api-keys', undefined, { key })).status).toBe(403);
  });

  test('an editor changes newsletters, and neither keys, accounts nor the audit log', async () => {
    const key = await app.key('editor');
    expect((await app.api('POST', '/newsletters', newsletter, { key })).status).toBe(201);
    for (const path of ['/api-keys', '/accounts', '/audit'])
      expect((await app.api('GET', path, undefined, { key })).body.code).toBe('forbidden');
  });

  test('a key is shown once, stored hashed, and opens nothing once revoked or expired', async () => {
    const made = await app.api('POST', '/api-keys', { name: 'for a script', role: 'viewer' });
    const apiKey = made.body.apiKey ?? '';
    expect(apiKey).toMatch(/^dd_[\w-]{43}$/);
    const listed = await app.api('GET', '/api-keys');
    expect(listed.text).toContain('for a script');
    expect(listed.text).not.toContain(apiKey);
    const stored = await database.db.query('select * from api_keys');
    expect(JSON.stringify(stored)).toContain('for a script');
    expect(JSON.stringify(stored)).not.toContain(apiKey);

    expect((await app.api('GET', '/newsletters', undefined, { key: apiKey })).status).toBe(200);
    const used = await database.db.one<{ lastUsedAt: Date | null }>(
      'select last_used_at from api_keys where id = $1',
      [made.body.id],
    );
    expect(used.lastUsedAt).not.toBeNull();
    expect((await app.api('DELETE', `/api-keys/${made.body.id}`)).status).toBe(204);
    expect((await app.api('GET', '/newsletters', undefined, { key: apiKey })).status).toBe(401);

    const expiring = await app.api('POST', '/api-keys', {
      name: 'short',
      expiresAt: new Date(Date.now() + ahead + 60_000).toISOString(),
    });
    const short = expiring.body.apiKey ?? '';
    expect((await app.api('GET', '/newsletters', undefined, { key: short })).status).toBe(200);
    ahead += 60_000;
    expect((await app.api('GET', '/newsletters', undefined, { key: short })).status).toBe(401);
  });

  test('the last owner cannot be deleted', async () => {
    const first = await app.api('POST', '/accounts', {
      email: 'owner@example.org',
      password: 'long enough for us',
      role: 'owner',
    });
    expect(first.status).toBe(201);
    expect(first.text).not.toContain('argon2');
    const again = await app.api('POST', '/accounts', {
      email: 'OWNER@example.org',
      password: 'long enough for us',
    });
    expect(again.body.code).toBe('email-taken');
    expect((await app.api('DELETE', `/accounts/${first.body.id}`)).body.code).toBe('last-owner');
    await app.api('POST', '/accounts', {
      email: 'two@example.org',
      password: 'long enough for us',
      role: 'owner',
    });
    expect((await app.api('DELETE', `/accounts/${first.body.id}`)).status).toBe(204);
  });
});

describe('the audit log', () => {
  test('lists each change with its actor, newest first, in pages, and cannot be changed', async () => {
    const { body } = await app.api('POST', '/newsletters', { ...newsletter, name: 'Audited' });
    await app.api('PATCH', `/newsletters/${body.id}`, { name: 'Audited again' });
    const page = await app.api('GET', '/audit?limit=1');
    expect(page.body.data).toEqual([
      expect.objectContaining({ action: 'newsletter.change', subject: `newsletter:${body.id}` }),
    ]);
    const next = await app.api('GET', `/audit?limit=1&cursor=${page.body.nextCursor}`);
    expect(next.body.data).toEqual([
      expect.objectContaining({ action: 'newsletter.create', subject: `newsletter:${body.id}` }),
    ]);
    expect(next.body.data?.[0]?.['actor']).toMatch(/^key:\d+$/);
    await expect(database.db.query('delete from audit')).rejects.toThrow(/cannot be changed/);
  });

  test('has no entry for a refused request', async () => {
    const before = await app.api('GET', '/audit?limit=1');
    await app.api('POST', '/newsletters', { name: '' });
    await app.api('PATCH', '/newsletters/999999', { name: 'No such' });
    expect((await app.api('GET', '/audit?limit=1')).body.data).toEqual(before.body.data);
  });
});
