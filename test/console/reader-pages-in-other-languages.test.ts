// Readers, imports and settings in German and Hebrew, with readers, issues and an import in every state.
import { updateNewsletter } from '../../src/newsletters/update-newsletter.js';
import { useApp, useDatabase } from '../support/fixture.js';
import type { Visitor } from './browser-session.js';
import { makeEverything } from './every-state.js';
import { leftInEnglish, peopleOf, posted, type People, type Show } from './other-languages.js';

const database = useDatabase();
const app = useApp(database);
const home = '/console/newsletters/every-state';
let people: People;
let made: Awaited<ReturnType<typeof makeEverything>>;
let dryRun: string;
let readerIds: string[];

/** What publishers, readers and servers write, and names. */
const notOurs =
  /^(?:Every State|UTC|HTML|As they said|paper|email|Daily Digest|\S+@\S+|https?:\S*|Kundenname:name,Post:email|[A-Z]\w+\/[\w/ -]+|CSV|NDJSON|(?:English|Deutsch|Français|Español))(?: · Daily Digest)?$/;

beforeAll(async () => {
  const { db } = database;
  made = await makeEverything(db);
  readerIds = (await db.query<{ id: string }>('select id from subscribers order by id')).map(({ id }) => id);
  await db.change('update subscribers set name = $2, language = $3 where id = $1', [
    readerIds[0],
    'Ada King',
    'fr',
  ]);
  await db.change(`update subscriptions set topics = '{Arts}' where subscriber_id = $1`, [readerIds[1]]);
  people = await peopleOf(db, app.url);
  const english = people.get('en') as Visitor;
  await english.get(`${home}/imports`);
  const lines = [
    'email;name;status;topics;signup',
    'ada@example.org;Ada;;;',
    'nobody;;;;',
    'bo@example.org;;gone fishing;;',
    'cy@example.org;;;Sailing;',
    'di@example.org;;pending;;2019-01-01',
    'ed@example.org;;pending;;',
    '"fay@example.org;;;;',
  ];
  const file = new File([lines.join('\n')], 'readers.csv');
  const tried = await english.post(`${home}/imports?dryRun=true`, { file, basis: 'paper' });
  dryRun = tried.location ?? '';
});

const settings = `${home}/settings`;
const wrong = {
  name: '',
  slug: 'Not A Slug',
  siteUrl: 'x',
  'from.address': 'x',
  replyTo: 'x',
  postalAddress: 'x'.repeat(600),
  sendTime: 'x',
  minPosts: 'x',
  maxPosts: 'x',
  cutoffMinutes: 'x',
  lateAfterMinutes: 'x',
  reviewMinutes: 'x',
  retractMinutes: 'x',
};
const pages: [string, Show][] = [
  ['the readers', (person) => person.get(`${home}/readers`)],
  ['all readers', (person) => person.get('/console/subscribers')],
  ['suppressed readers', (person) => person.get(`${home}/readers?status=suppressed&problem=bounced`)],
  ['a search that is too short', (person) => person.get(`${home}/readers?search=a`)],
  ['a search without a result', (person) => person.get('/console/subscribers?search=nobody')],
  ['no reader', (person) => person.get('/console/subscribers/999999')],
  ['a new reader', (person) => person.get(`${home}/readers/new`)],
  ['an address that is none', posted(`${home}/readers/new`, `${home}/readers`, { email: 'no address' })],
  ['the question before erasing', (person) => person.get(`/console/subscribers/${readerIds[0]}/erase`)],
  ['the imports', (person) => person.get(`${home}/imports`)],
  ['no file', posted(`${home}/imports`, `${home}/imports`, { file: '', basis: 'paper' })],
  [
    'no basis',
    posted(`${home}/imports`, `${home}/imports`, { file: new File(['email\n'], 'x.csv'), basis: '' }),
  ],
  [
    'a workbook',
    posted(`${home}/imports`, `${home}/imports`, {
      file: new File(['PK\u0003\u0004'], 'x.xlsx'),
      basis: 'x',
    }),
  ],
  [
    'a file without addresses',
    posted(`${home}/imports`, `${home}/imports`, { file: new File(['a,b\n1,2\n'], 'x.csv'), basis: 'x' }),
  ],
  ['an import', (person) => person.get(`${home}/imports/${made.importId}`)],
  ['errors of an import', (person) => person.get(`${home}/imports/${made.importId}?outcome=invalid`)],
  ['a dry run', (person) => person.get(dryRun)],
  ['the question before undoing', (person) => person.get(`${home}/imports/${made.importId}/undo`)],
  ['no import', (person) => person.get(`${home}/imports/999999`)],
  ['the settings', (person) => person.get(settings)],
  ['wrong settings', posted(settings, settings, wrong)],
  ['a slug that is taken', posted(settings, settings, { slug: 'taken', name: 'Every State' })],
  [
    'settings that another editor changed',
    posted(settings, settings, { name: 'x', madeFrom: JSON.stringify({ replyTo: 'was@example.org' }) }),
  ],
  ['a new newsletter', (person) => person.get('/console/new-newsletter')],
  ['the question before deleting', (person) => person.get(`${home}/delete`)],
  ['the wrong name before deleting', posted(`${home}/delete`, `${home}/delete`, { name: 'x' })],
  ['a deletion while an issue is sent', posted(`${home}/delete`, `${home}/delete`, { name: 'Every State' })],
];

test.each(pages)('%s', async (_, show) => {
  expect(await leftInEnglish(people, show, notOurs)).toEqual({ de: [], he: [] });
});

test('each reader, with the reasons why issues came or not, and what came back', async () => {
  for (const id of readerIds)
    expect({
      id,
      ...(await leftInEnglish(people, (person) => person.get(`/console/subscribers/${id}`), notOurs)),
    }).toEqual({ id, de: [], he: [] });
});

test('times and numbers are written as the language writes them', async () => {
  await updateNewsletter(database, { id: made.newsletterId, patch: { timezone: 'Europe/Berlin' } });
  await database.db.change(
    `update imports set rows = 12345, created_at = '2026-03-05T06:07:00Z' where id = $1`,
    [made.importId],
  );
  const { text } = await (people.get('de') as Visitor).get(`${home}/imports/${made.importId}`);
  expect(text).toContain('12.345');
  expect(text).toContain('05.03.2026, 07:07');
  expect(text).toMatch(/gerechnet|Ergebnis jeder Zeile/);
});
