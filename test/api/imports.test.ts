// Imports through the API.
import { once } from 'node:events';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { openSecrets } from '../../src/secrets.js';
import { runImport } from '../../src/imports/run-import.js';
import { undoImport } from '../../src/people/undo-import.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { makeNewsletter, secretKey } from '../support/newsroom.js';
import { waitUntil } from '../support/wait.js';

const database = useDatabase();
const app = useApp(database);
let path: string;

beforeEach(async () => {
  await database.db.change('delete from imports');
  const newsletter = await makeNewsletter(database.db);
  path = `/newsletters/${newsletter.id}/imports`;
});

const deps = () => ({ db: database.db, secrets: openSecrets(secretKey), now: () => new Date() });
const csv = { 'content-type': 'text/csv' };
const post = (raw: string | Buffer, query = '', headers: Record<string, string> = {}) =>
  app.api('POST', `${path}${query}`, undefined, { raw, headers: { ...csv, ...headers } });
const count = async (table: string): Promise<number> =>
  (await database.db.one<{ count: number }>(`select count(*)::int as count from ${table}`)).count;

test('the file of a dry run is imported without another upload', async () => {
  expect((await post('email\na@example.org\n', '?basis=')).status).toBe(400);
  expect((await post('email\na@example.org\n', '?basis=%20')).status).toBe(400);
  const dry = (await post('email\nada@example.org\n', '?dryRun=true')).body.id ?? '';
  const run = (body?: object) => app.api('POST', `/imports/${dry}/run`, body);
  expect((await run({ basis: 'paper' })).body).toMatchObject({ code: 'not-a-dry-run' }); // not finished yet
  await runImport(deps(), { importId: dry });
  expect((await app.api('GET', `/imports/${dry}`)).body).toMatchObject({
    state: 'finished',
    fileKeptUntil: expect.any(String) as string,
    importedAs: null,
  });
  expect((await run()).body).toMatchObject({ status: 409, code: 'no-basis' });
  expect((await run({ basis: '' })).status).toBe(400);
  const started = await run({ basis: 'paper' });
  expect(started.status).toBe(202);
  const id = started.body.id ?? '';
  expect((await run({ basis: 'paper' })).body.id).toBe(id);
  expect((await app.api('GET', `/imports/${dry}`)).body).toMatchObject({
    fileKeptUntil: null,
    importedAs: id,
  });
  await runImport(deps(), { importId: id });
  expect((await app.api('GET', `/imports/${id}`)).body).toMatchObject({
    created: 1,
    basis: 'paper',
    dryRun: false,
  });
  expect((await app.api('POST', `/imports/${id}/run`, {})).body).toMatchObject({ code: 'not-a-dry-run' });
  expect((await app.api('POST', '/imports/987654/run', {})).status).toBe(404);
});

test('an import is stored, run, listed row by row, and undone', async () => {
  const body =
    'Kunde;Post;status\nAda;ada@example.org;active\nBob;bob@example.org;unsubscribed\n=x;"no,body";\n';
  const started = await post(body, '?map=Post:email,Kunde:name&basis=paper&fileName=kunden.csv');
  expect(started.status).toBe(202);
  const id = started.body.id ?? '';
  expect(started.headers.get('location')).toBe(`/api/v1/imports/${id}`);
  expect((await app.api('GET', `/imports/${id}`)).body).toMatchObject({
    state: 'queued',
    format: 'csv',
    source: null,
    encoding: 'utf-8',
    separator: ';',
    mapping: [
      { column: 'Kunde', field: 'name' },
      { column: 'Post', field: 'email' },
      { column: 'status', field: 'status' },
    ],
    bytes: body.length,
    undo: null,
  });
  await runImport(deps(), { importId: id });
  const done = await app.api('GET', `/imports/${id}`);
  expect(done.body).toMatchObject({
    state: 'finished',
    rows: 3,
    created: 2,
    updated: 0,
    skipped: 1,
    outcomes: { created: 2, invalid: 1 },
    statuses: { active: 1, unsubscribed: 1 },
    errors: [{ line: 4 }],
    readBytes: body.length,
  });
  expect((await app.api('GET', path)).body.data).toMatchObject([{ id, state: 'finished', errors: [] }]);

  const first = await app.api('GET', `/imports/${id}/rows?limit=1`);
  expect(first.body.data).toMatchObject([
    { line: 2, outcome: 'created', status: 'active', email: 'ada@example.org' },
  ]);
  const second = await app.api('GET', `/imports/${id}/rows?limit=5&cursor=${String(first.body.nextCursor)}`);
  expect(second.body.data).toMatchObject([{ line: 3 }, { line: 4, outcome: 'invalid' }]);
  expect(second.body.nextCursor).toBeNull();
  expect((await app.api('GET', `/imports/${id}/rows?outcome=invalid`)).body.data).toMatchObject([
    { line: 4, email: 'no,body', subscriberId: null },
  ]);
  expect((await app.api('GET', `/imports/${id}/rows?outcome=odd`)).status).toBe(400);
  // A cursor is a line, which has a smaller type than an id.
  for (const cursor of ['2147483647', '2147483648', '9223372036854775807'])
    expect((await app.api('GET', `/imports/${id}/rows?cursor=${cursor}`)).body).toEqual({
      data: [],
      nextCursor: null,
    });
  for (const cursor of ['9223372036854775808', 'x', '-1'])
    expect((await app.api('GET', `/imports/${id}/rows?cursor=${cursor}`)).status).toBe(400);
  expect((await app.api('GET', '/newsletters/abc/imports')).status).toBe(404);
  expect(
    (await app.api('POST', '/newsletters/abc/imports', undefined, { raw: 'email\n', headers: csv })).status,
  ).toBe(404);
  const errors = await app.api('GET', `/imports/${id}/errors.csv`);
  expect(errors.headers.get('content-type')).toMatch(/^text\/csv/);
  expect(errors.text).toMatch(/^line,email,reason\r\n4,"no,body",The e-mail address needs one @\.\r\n$/);
  const readers = await app.api('GET', path.replace('imports', 'subscribers.csv'));
  expect(readers.text.split('\r\n')).toHaveLength(4);
  expect(
    (await app.api('GET', path.replace('imports', 'subscribers.ndjson'))).text.trim().split('\n'),
  ).toHaveLength(2);

  const undone = await app.api('POST', `/imports/${id}/undo`);
  expect([undone.status, undone.body['undo']]).toMatchObject([202, { state: 'queued' }]);
  await undoImport(deps(), { importId: id });
  expect((await app.api('POST', `/imports/${id}/undo`)).body['undo']).toMatchObject({
    state: 'finished',
    removed: 2,
  });
  const { body: audit } = await app.api('GET', '/audit?limit=10');
  const downloaded = ['subscribers.export', expect.stringMatching(/^newsletter:/)];
  expect(audit.data?.map(({ action, subject }) => [action, subject]).slice(0, 5)).toEqual([
    ['subscribers.undo-import', `import:${id}`],
    downloaded,
    downloaded,
    ['import.export-errors', `import:${id}`],
    ['subscribers.import', `import:${id}`],
  ]);
  for (const unknown of [
    '/imports/999',
    '/imports/999/rows',
    '/imports/999/errors.csv',
    '/newsletters/999/imports',
  ])
    expect((await app.api('GET', unknown)).status).toBe(404);
  expect((await app.api('POST', '/imports/999/undo')).status).toBe(404);
});

test('a dry run cannot be undone; an invalid import is refused at once and leaves nothing', async () => {
  const dry = await post('email\na@example.org\n', '?dryRun=true');
  expect((await app.api('POST', `/imports/${dry.body.id}/undo`)).body.code).toBe('nothing-to-undo');
  await database.db.change('delete from imports');
  const refused = async (answer: ReturnType<typeof post>) => {
    const { status, body } = await answer;
    return [status, body.code];
  };
  expect(await refused(post('name\nx\n'))).toEqual([400, 'no-email-column']);
  expect(await refused(post('PK\u0003\u0004'))).toEqual([400, 'not-a-table']);
  expect(await refused(post('email\n', '?map=x'))).toEqual([400, 'invalid-map']);
  expect(await refused(post('email\n', '?status=odd'))).toEqual([400, 'invalid']);
  expect(await refused(post('email\n', '', { 'content-type': 'image/png' }))).toEqual([
    415,
    'unsupported-media-type',
  ]);
  expect(await refused(post('email\n', '', { 'content-encoding': 'zstd' }))).toEqual([
    415,
    'unsupported-encoding',
  ]);
  expect(await refused(post('no gzip', '', { 'content-encoding': 'gzip' }))).toEqual([400, 'malformed-body']);
  path = '/newsletters/999999/imports';
  expect(await refused(post('email\n'))).toEqual([404, 'not-found']);
  expect([await count('imports'), await count('import_chunks')]).toEqual([0, 0]);
});

test('a compressed body is unpacked on its way', async () => {
  const started = await post(gzipSync('email\na@example.org\n'), '', { 'content-encoding': 'gzip' });
  await runImport(deps(), { importId: started.body.id ?? '' });
  expect((await app.api('GET', `/imports/${started.body.id}`)).body).toMatchObject({ rows: 1, created: 1 });
});

test('sent twice with one Idempotency-Key it is one import; another body is refused', async () => {
  const headers = { 'idempotency-key': 'once' };
  const first = await post('email\na@example.org\n', '', headers);
  const again = await post('email\na@example.org\n', '', headers);
  expect([again.status, again.body.id, again.headers.get('idempotent-replayed')]).toEqual([
    202,
    first.body.id,
    'true',
  ]);
  const other = await post('email\nb@example.org\n', '', headers);
  expect([other.status, other.body.code]).toEqual([422, 'idempotency-key-reused']);
  expect([await count('imports'), await count('import_chunks')]).toEqual([1, 1]);
});

test('a client that goes away in the middle leaves nothing behind', async () => {
  const sent = request(`${app.url}/api/v1${path}`, {
    method: 'POST',
    headers: { ...csv, authorization: `Bearer ${await app.key('owner')}` },
  });
  sent.on('error', () => undefined);
  sent.write(`email\n${'a@example.org\n'.repeat(200_000)}`);
  await waitUntil(async () => (await count('import_chunks')) > 0, 30_000);
  sent.destroy();
  await new Promise((resolve) => sent.once('close', resolve));
  await waitUntil(async () => (await count('imports')) === 0, 30_000);
  expect(await count('import_chunks')).toBe(0);
});

test('a body that says it is too large is not waited for', async () => {
  const sent = request(`${app.url}/api/v1${path}`, {
    method: 'POST',
    headers: { ...csv, authorization: `Bearer ${await app.key('owner')}`, 'content-length': 2 ** 31 },
  });
  sent.on('error', () => undefined);
  sent.write('email\n');
  const [response] = (await once(sent, 'response')) as [{ statusCode: number }];
  expect(response.statusCode).toBe(413);
  sent.destroy();
});
