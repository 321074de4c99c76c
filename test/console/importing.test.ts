// The console's import form: dry run, import, results by line, undo and export.
import { openSecrets } from '../../src/secrets.js';
import { runImport } from '../../src/imports/run-import.js';
import { undoImport } from '../../src/people/undo-import.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { makeNewsletter, secretKey } from '../support/newsroom.js';
import { makeAccount, visitor, type Visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database);
let owner: Visitor;
const page = '/console/newsletters/the-daily-test/imports';

beforeAll(async () => {
  await makeNewsletter(database.db);
  owner = visitor(app.url);
  await owner.signIn(await makeAccount(database.db, 'owner'));
});
beforeEach(async () => {
  await database.db.change('delete from imports');
  await database.db.change('delete from subscribers');
  await owner.get(page);
});

const deps = () => ({ db: database.db, secrets: openSecrets(secretKey), now: () => new Date() });
const count = async (table: string): Promise<number> =>
  (await database.db.one<{ count: number }>(`select count(*)::int as count from ${table}`)).count;
const file = (text: string | Uint8Array<ArrayBuffer>, name = 'readers.csv') => new File([text], name);

/** Sends the form with a file, then runs the import that it started. */
async function imported(
  text: string,
  { dryRun = false, ask = '' } = {},
): Promise<{ id: string; path: string }> {
  const sent = await owner.post(`${page}${dryRun ? '?dryRun=true' : ''}`, {
    basis: 'paper',
    ask,
    file: file(text),
  });
  expect(sent.status).toBe(303);
  const path = sent.location ?? '';
  const id = /\/imports\/(\d+)$/.exec(path)?.[1] ?? '';
  await runImport(deps(), { importId: id });
  return { id, path };
}

test('a dry run lists the outcome of each row, and changes nothing', async () => {
  const { path } = await imported('email,name,status\nada@example.org,<b>Ada,active\nnobody,,\n', {
    dryRun: true,
  });
  const { text } = await owner.get(path);
  expect(text).toContain('A dry run: nothing was changed.');
  expect(text).toMatch(/Would be created<\/dt><dd>1</);
  expect(text).toMatch(/<bdi>ada@example\.org<\/bdi>.*would be created/s);
  expect(text).toContain('The e-mail address needs one @.');
  expect(text).not.toContain('/undo');
  expect(await count('subscriptions')).toBe(0);
  expect((await owner.get(`${path}/errors.csv`)).text).toMatch(/\r\n3,nobody,/);
  const filtered = await owner.get(`${path}?outcome=invalid`);
  expect(filtered.text).toContain('The e-mail address needs one @.');
  expect(filtered.text).not.toContain('ada@example.org');
  expect((await owner.get(page)).text).toContain('Dry run of a list');
});

test('the file of a dry run is imported by one button, and once', async () => {
  const sent = await owner.post(`${page}?dryRun=true`, {
    file: file('email\nada@example.org\nbob@example.org\n'),
  });
  expect(sent.status).toBe(303); // a first look needs no basis
  const dry = sent.location ?? '';
  await runImport(deps(), { importId: /\d+$/.exec(dry)?.[0] ?? '' });
  expect((await owner.get(dry)).text).toContain('Import these 2 readers');
  const asked = await owner.post(`${dry}/run`, { basis: ' ' });
  expect(asked.status).toBe(422);
  expect(asked.text).toContain('Say why you may mail these people.');
  const started = await owner.post(`${dry}/run`, { basis: 'paper' });
  const done = started.location ?? '';
  expect([started.status, done]).toEqual([303, expect.stringMatching(/\/imports\/\d+$/)]);
  expect(done).not.toBe(dry);
  expect((await owner.post(`${dry}/run`, { basis: 'paper' })).location).toBe(done);
  await runImport(deps(), { importId: /\d+$/.exec(done)?.[0] ?? '' });
  expect(await count('subscriptions')).toBe(2);
  expect(await count('import_chunks')).toBe(0);
  expect((await owner.get(done)).text).toMatch(/Basis<\/dt><dd[^>]*>paper</);
  expect((await owner.get(dry)).text).toContain(`href="${done}">See the import`);
});

test('an import without a basis is asked back, with what was typed', async () => {
  for (const basis of ['', ' \n ']) {
    const answer = await owner.post(page, {
      basis,
      map: 'Post:email',
      file: file('Post\nada@example.org\n'),
    });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('Say why you may mail these people.');
    expect(answer.text).toContain('value="Post:email"');
  }
  expect(await count('imports')).toBe(0);
});

test('shows how many readers would get a confirmation mail, and that old requests have expired', async () => {
  const old = 'email,status,created_at\nada@example.org,pending,2019-01-01\n';
  const usual = await owner.get((await imported(old, { dryRun: true })).path);
  expect(usual.text).not.toContain('e-mail that asks them to confirm');
  expect(usual.text).toMatch(/Never confirmed<\/dt>.*They get no mail/);
  expect(usual.text).toMatch(/Unconfirmed for more than seven days: gets no confirmation mail/);
  const all = await owner.get((await imported(old, { dryRun: true, ask: 'all' })).path);
  expect(all.text).toContain('1 reader gets an e-mail that asks them to confirm');
});

test('an import is done, shown, exported and taken back', async () => {
  const rows = Array.from({ length: 60 }, (_, n) => `reader${n}@example.org`);
  const { id, path } = await imported(`email\n${rows.join('\n')}\n`);
  const first = await owner.get(path);
  expect(first.text).toContain('paper');
  const next =
    /href="([^"]*after(?:=|&#x3D;)\d+)#rows"/.exec(first.text)?.[1]?.replaceAll('&#x3D;', '=') ?? '';
  expect((await owner.get(next)).text).toContain('reader59@example.org');
  const out = await owner.get('/console/newsletters/the-daily-test/readers.csv');
  expect(out.headers.get('content-disposition')).toContain('the-daily-test.csv');
  expect(out.text.trim().split('\r\n')).toHaveLength(61);
  expect((await owner.get(`${path}/undo`)).text).toContain('Undo this import?');
  expect(await count('subscriptions')).toBe(60); // a GET changes nothing
  const asked = await owner.post(`${path}/undo`);
  expect(asked.location).toBe(`${path}?notice=import-undone`);
  expect((await owner.get(path)).text).toContain('data-refresh');
  await undoImport(deps(), { importId: id });
  expect((await owner.get(path)).text).toContain('Undone: 60 subscriptions removed');
  expect(await count('subscriptions')).toBe(0);
});

test.each<[string, File | string, RegExp]>([
  ['no file', '', /Choose a file with your readers/],
  ['a file of 0 bytes', file(''), /The file is empty/],
  ['a ZIP archive', file(Buffer.from('PK\u0003\u0004\u0000\u0000'), 'all.zip'), /ZIP archive/],
  ['a file without addresses', file('name\nAda\n'), /No column is recognised as the e-mail address/],
  ['who never subscribed', file('Email\n', 'nonsubscribed_members_export_1.csv'), /never subscribed/],
])('%s: the form shows the problem and the typed values, and nothing is stored', async (_, sent, said) => {
  const answer = await owner.post(page, { basis: 'my <words>', file: sent });
  expect(answer.status).toBe(422);
  expect(answer.text).toMatch(said);
  expect(answer.text).toContain('my &lt;words&gt;');
  expect(await count('imports')).toBe(0);
});

test.each(['readers.csv', ''])(
  'a forged form whose file “%s” ends early is refused, and harms nobody',
  async (name) => {
    const boundary = 'abc';
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n`;
    const refused = await fetch(app.url + page, {
      method: 'POST',
      headers: {
        origin: app.url,
        cookie: [...owner.cookies].map(([key, value]) => `${key}=${value}`).join('; '),
        'content-type': `multipart/form-data; boundary=${boundary}`,
      },
      body: `${head}email\na@exam`,
    });
    expect(refused.status).toBe(403);
    // An error that nobody hears ends the process.
    expect((await owner.get(page)).status).toBe(200);
  },
);

test('a forged form and a role without permission are refused before the file is stored', async () => {
  const forged = await owner.post(page, { csrf: 'forged', file: file('email\na@example.org\n') });
  expect(forged.status).toBe(403);
  const viewer = visitor(app.url);
  await viewer.signIn(await makeAccount(database.db, 'viewer'));
  const viewed = await viewer.get(page);
  expect(viewed.status).toBe(200);
  expect(viewed.text).not.toContain('type="file"');
  // Large enough that the refusal arrives before the whole body is sent.
  const long = file(`email\n${'a@example.org\n'.repeat(500_000)}`);
  expect((await viewer.post(page, { file: long })).status).toBe(403);
  const elsewhere = await owner.get(`/console/newsletters/another/imports`);
  expect(elsewhere.status).toBe(404);
  expect(await count('imports')).toBe(0);
});
