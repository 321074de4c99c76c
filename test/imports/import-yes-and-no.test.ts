// Columns of yes and no, as spreadsheets and people fill them. A reader who said no is never mailed.
import type { Newsletter } from '../../src/newsletters/schema.js';
import { getImport } from '../../src/imports/get-import.js';
import { listSubscribers } from '../../src/subscribers/list-subscribers.js';
import { useDatabase } from '../support/fixture.js';
import { makeNewsletter } from '../support/newsroom.js';
import { imported, importDeps, statuses, type ImportOptions } from './import-support.js';

const database = useDatabase();
let newsletter: Newsletter;

async function forgetAll(): Promise<void> {
  await database.db.change('delete from subscribers');
  await database.db.change('delete from suppressions');
}
beforeEach(async () => {
  await forgetAll();
  newsletter = await makeNewsletter(database.db);
});

const take = (body: string, options?: ImportOptions) => imported(database.db, newsletter.id, body, options);

/** The result of each value in that column: the reader's status, or the error of their row. */
async function become(column: string, values: readonly string[]): Promise<string[]> {
  await forgetAll();
  const done = await take(
    [`email;${column}`, ...values.map((value, n) => `r${n}@example.org;${value}`)].join('\n'),
  );
  const found = await statuses(database.db, newsletter.id);
  const wrong = new Map(
    (await getImport(importDeps(database.db), done.id))?.errors.map(({ line, reason }) => [line, reason]),
  );
  return values.map((_, n) => found[`r${n}@example.org`] ?? wrong.get(n + 2) ?? 'lost');
}

const all = (count: number, status: string) => Array.from({ length: count }, () => status);
const yes = [
  'TRUE',
  'WAHR',
  'VRAI',
  'VERDADERO',
  'VERO',
  'VERDADEIRO',
  'WAAR',
  'ja',
  'sì',
  '1',
  '1.0',
  '1,0',
  'X',
];
const no = ['FALSE', 'FALSCH', 'FAUX', 'FALSO', 'ONWAAR', 'nein', 'nee', 'não', '0', '0.0', '0,0'];

test.each([
  ['subscribed', 'active', 'unsubscribed'],
  ['Opt-In', 'active', 'unsubscribed'],
  ['active', 'active', 'unsubscribed'],
  ['unsubscribed', 'unsubscribed', 'active'],
  ['Opt-Out', 'unsubscribed', 'active'],
  ['bounced', 'suppressed', 'active'],
  ['complained', 'suppressed', 'active'],
  ['Blacklisted', 'suppressed', 'active'],
  ['suppressed', 'suppressed', 'active'],
])('%s, in the words of spreadsheets', async (column, whenYes, whenNo) => {
  expect(await become(column, yes)).toEqual(all(yes.length, whenYes));
  expect(await become(column, no)).toEqual(all(no.length, whenNo));
});

test('a status in such a column is one', async () => {
  expect(await become('subscribed', ['Unsubscribed', 'never', 'pending', 'subscribed', 'bounced'])).toEqual([
    'unsubscribed',
    'unsubscribed',
    'expired',
    'active',
    'suppressed',
  ]);
  expect(await become('Opt-In', ['declined', 'Opted out', 'confirmed'])).toEqual([
    'unsubscribed',
    'unsubscribed',
    'active',
  ]);
  expect(await become('unsubscribed', ['Unsubscribed', 'subscribed', 'never', 'NULL', '-', ''])).toEqual([
    'unsubscribed',
    ...all(5, 'active'),
  ]);
});

test('an unreadable value is an error that names the column and the value', async () => {
  expect(await become('Opt-In', ['perhaps', 'NULL'])).toEqual([
    expect.stringMatching(/"Opt-In" says "perhaps"/),
    expect.stringMatching(/"Opt-In" says "NULL"/),
  ]);
  expect(await become('bounced', ['7'])).toEqual([expect.stringMatching(/"bounced" says "7"/)]);
  // An attribute of the same name may hold any value.
  const attributes = `uuid,email,name,attributes,status\n1,att@example.org,,"{""active"": ""gold""}",enabled\n`;
  expect(await take(attributes)).toMatchObject({ source: 'listmonk', created: 1, invalid: 0 });
});

test('a day is when it came about, and a status outranks it', async () => {
  const values = ['2024-03-01 10:00', '01/02/2021', '0000-00-00 00:00:00'];
  expect(await become('unsubscribed', values)).toEqual(['unsubscribed', 'unsubscribed', 'active']);
  const { data } = await listSubscribers(importDeps(database.db), { email: 'r0@example.org', limit: 1 });
  expect(data[0]?.subscriptions[0]?.unsubscribedAt).toEqual(new Date('2024-03-01T10:00:00Z'));

  await take('email,status,unsubscribed\nback@example.org,active,2024-03-01\ngone@example.org,active,yes\n');
  await take('email,subscribed\nann@example.org,2023-04-05\n');
  await take('email,bounced\nbob@example.org,2023-04-05\n');
  expect(await statuses(database.db, newsletter.id)).toMatchObject({
    'back@example.org': 'active',
    'gone@example.org': 'unsubscribed',
    'ann@example.org': 'active',
    'bob@example.org': 'suppressed',
  });
  const ann = await listSubscribers(importDeps(database.db), { email: 'ann@example.org', limit: 1 });
  expect(ann.data[0]?.subscriptions[0]?.requestedAt).toEqual(new Date('2023-04-05T00:00:00Z'));
});

test('of two columns that may say no, each is asked', async () => {
  await take('email,active,subscribed\nann@example.org,1,0\nbob@example.org,0,1\ncyd@example.org,1,1\n');
  expect(await statuses(database.db, newsletter.id)).toEqual({
    'ann@example.org': 'unsubscribed',
    'bob@example.org': 'unsubscribed',
    'cyd@example.org': 'active',
  });
});

test('bounces and complaints are suppressed as such', async () => {
  await take('email,bounced,complained\nann@example.org,1,0\nbob@example.org,0,true\n');
  const reasons = await database.db.query<{ reason: string }>(
    'select reason from suppressions order by reason',
  );
  expect(reasons.map(({ reason }) => reason)).toEqual(['bounce', 'complaint']);
});

test('exports that went through a German spreadsheet', async () => {
  expect(
    await take(
      'id;email;name;note;subscribed_to_emails;complimentary_plan;created_at;deleted_at;labels\n' +
        '1;ann@example.org;Ann;;FALSCH;FALSCH;2023-01-02T03:04:05.000Z;;\n' +
        '2;bob@example.org;Bob;;WAHR;FALSCH;2023-01-02T03:04:05.000Z;;\n',
    ),
  ).toMatchObject({ source: 'ghost', invalid: 0 });
  expect(
    await take(
      'email;active_subscription;expiry;plan;email_disabled;created_at\n' +
        'cyd@example.org;FALSCH;;other;WAHR;2023-01-02T03:04:05.000Z\n' +
        'dan@example.org;FALSCH;;other;FALSCH;2023-01-02T03:04:05.000Z\n',
    ),
  ).toMatchObject({ source: 'substack', invalid: 0 });
  expect(await statuses(database.db, newsletter.id)).toEqual({
    'ann@example.org': 'unsubscribed',
    'bob@example.org': 'active',
    'cyd@example.org': 'unsubscribed',
    'dan@example.org': 'active',
  });
});
