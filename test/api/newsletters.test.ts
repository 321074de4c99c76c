// Newsletters through the API: creating, patching, listing and deleting.
import { useApp, useDatabase } from '../support/fixture.js';

const database = useDatabase();
const app = useApp(database);

const from = { address: 'digest@example.org' };

describe('creating', () => {
  test('a name and a sender are enough', async () => {
    const { status, body, headers } = await app.api('POST', '/newsletters', { name: 'Grüße & Küsse', from });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/api/v1/newsletters/${body.id}`);
    expect(body).toMatchObject({
      slug: 'grusse-kusse',
      from: { name: 'Grüße & Küsse', address: 'digest@example.org' },
      timezone: 'UTC',
      confirm: 'double',
      tracking: 'off',
      challenge: null,
      archive: 'public',
      postalAddress: null,
      schedule: {
        frequencies: ['daily'],
        sendTime: '07:00',
        weekdays: [1, 2, 3, 4, 5, 6, 7],
        review: 'auto',
      },
    });
    expect((await app.api('GET', `/newsletters/${body.id}`)).body).toEqual(body);
  });

  test('a slug made from the name steps aside, one that was asked for does not', async () => {
    await app.api('POST', '/newsletters', { name: 'Same name', from });
    const second = await app.api('POST', '/newsletters', { name: 'Same name', from });
    expect(second.body['slug']).toBe('same-name-2');
    const third = await app.api('POST', '/newsletters', { name: 'Third', slug: 'same-name', from });
    expect(third.status).toBe(409);
    expect(third.body.code).toBe('slug-taken');
  });

  test.each([
    ['name', { name: 'Line\nbreak', from }],
    ['name', { name: 'See https://spam.example', from }],
    ['name', { name: 'x'.repeat(65), from }],
    ['from.address', { name: 'N', from: { address: 'nobody' } }],
    ['from.address', { name: 'N', from: { address: 'a@b.example\r\nBcc: c@d.example' } }],
    ['timezone', { name: 'N', from, timezone: 'Mars/Olympus' }],
    ['challenge', { name: 'N', from, challenge: 'sometimes' }],
    ['timezone', { name: 'N', from, timezone: '+02:00' }],
    ['language', { name: 'N', from, language: 'not a language' }],
    ['siteUrl', { name: 'N', from, siteUrl: 'javascript:alert(1)' }],
    ['subject', { name: 'N', from, subject: '{{constructor}}' }],
    ['schedule.sendTime', { name: 'N', from, schedule: { sendTime: '24:00' } }],
    ['schedule.weekdays', { name: 'N', from, schedule: { weekdays: [] } }],
    ['schedule.weekdays', { name: 'N', from, schedule: { weekdays: [1, 1] } }],
    ['schedule.weekdays.0', { name: 'N', from, schedule: { weekdays: [8] } }],
    ['schedule.minPosts', { name: 'N', from, schedule: { minPosts: 30 } }],
    ['schedule.cutoffMinutes', { name: 'N', from, schedule: { cutoffMinutes: 1441 } }],
    ['colour', { name: 'N', from, colour: 'red' }],
  ])('%s is refused by name: %j', async (path, input) => {
    const { status, body } = await app.api('POST', '/newsletters', input);
    expect(status).toBe(400);
    expect(body.code).toBe('invalid');
    expect((body['errors'] as { path: string }[]).map((error) => error.path)).toContain(path);
  });
});

test('a patch merges the schedule, replaces lists, and null clears', async () => {
  const { body } = await app.api('POST', '/newsletters', {
    name: 'Patched',
    from,
    siteUrl: 'https://example.org/',
    topics: ['a', 'b'],
    schedule: { weekdays: [1, 2, 3] },
  });
  const path = `/newsletters/${body.id}`;
  const patched = await app.api('PATCH', path, {
    siteUrl: null,
    topics: ['c'],
    from: { name: 'Somebody' },
    schedule: { sendTime: '18:30' },
  });
  expect(patched.status).toBe(200);
  expect(patched.body).toMatchObject({
    siteUrl: null,
    topics: ['c'],
    from: { name: 'Somebody', address: 'digest@example.org' },
    schedule: { sendTime: '18:30', weekdays: [1, 2, 3] },
  });
  // Each value is valid alone; together they are not.
  expect((await app.api('PATCH', path, { schedule: { minPosts: 21 } })).status).toBe(400);
  expect((await app.api('PATCH', path, { slug: 'same-name' })).body.code).toBe('slug-taken');
  expect((await app.api('GET', path)).body).toEqual(patched.body);
});

test('lists come in pages', async () => {
  const seen: unknown[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await app.api('GET', `/newsletters?limit=2${cursor ? `&cursor=${cursor}` : ''}`);
    expect(page.body.data?.length).toBeLessThanOrEqual(2);
    seen.push(...(page.body.data ?? []).map((item) => item['id']));
    cursor = page.body.nextCursor;
  } while (cursor);
  const all = await database.db.query<{ id: string }>('select id from newsletters order by id');
  expect(seen).toEqual(all.map(({ id }) => id));
  expect((await app.api('GET', '/newsletters?limit=201')).status).toBe(400);
  expect((await app.api('GET', '/newsletters?cursor=x')).status).toBe(400);
});

test('a newsletter with an issue under way stays', async () => {
  const { body } = await app.api('POST', '/newsletters', { name: 'Busy', from });
  const path = `/newsletters/${body.id}`;
  await database.db.query(
    `insert into issues (newsletter_id, kind, slot, review) values ($1, 'manual', now(), 'auto')`,
    [body.id],
  );
  expect((await app.api('DELETE', path)).body.code).toBe('issue-unfinished');
  await database.db.query('update issues set finished_at = now() where newsletter_id = $1', [body.id]);
  expect((await app.api('DELETE', path)).status).toBe(204);
  expect((await app.api('GET', path)).status).toBe(404);
  expect((await app.api('DELETE', path)).status).toBe(404);
});

test('impossible ids are not found', async () => {
  for (const id of ['x', '0', '-1', '1e3', "1'--", '99999999999999999999'])
    expect((await app.api('GET', `/newsletters/${encodeURIComponent(id)}`)).status).toBe(404);
});
