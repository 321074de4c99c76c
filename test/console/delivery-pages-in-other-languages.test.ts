// The pages of delivery in German and Hebrew, with a relay that does not answer and with what DNS says of a domain.
import { readConfig } from '../../src/config/environment.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { makeEverything } from './every-state.js';
import type { Visitor } from './browser-session.js';
import { leftInEnglish, peopleOf, posted, type People, type Show } from './other-languages.js';

const database = useDatabase();
// Nothing listens on port 1.
const { relays = [] } = readConfig({ SMTP_URL: 'smtp://127.0.0.1:1?rate=20&connections=5' });
const app = useApp(database, { settings: { relays } });
const home = '/console/delivery';
let people: People;

/** As a worker reports a relay whose STARTTLS is missing. */
const lacksTls = {
  share: 5,
  used: 5,
  trouble: 'the relay does not offer STARTTLS',
  said: { key: 'doctor.lacksTls', args: { reply: '502 no' } },
};

/** Names, and what DNS and servers say. */
const notOurs =
  /^(?:Every State|Daily Digest|SPF|DKIM|DMARC|MX|TXT|HTML|UTC|.*@.*|[\w.-]*example\.org|550 .*)(?: · Daily Digest)?$/;

beforeAll(async () => {
  await makeEverything(database.db);
  await database.db.change(
    `insert into delivery_workers (host, pid, circuits, conditions) values ('a', 1, '{"127.0.0.1:1": "open"}', $1)`,
    [JSON.stringify({ '127.0.0.1:1': lacksTls })],
  );
  people = await peopleOf(database.db, app.url);
});

const pages: [string, Show][] = [
  ['the relays', (person) => person.get(home)],
  ['a relay that does not answer', posted(home, `${home}/test`, { relay: '127.0.0.1:1' })],
  ['the domains', (person) => person.get(`${home}/dns`)],
  ['what DNS says', posted(`${home}/dns`, `${home}/dns`, { domain: 'example.org' })],
  ['the suppressions', (person) => person.get(`${home}/suppressions`)],
  ['what comes back', (person) => person.get(`${home}/returns`)],
];

test.each(pages)('%s', async (_, show) => {
  expect(await leftInEnglish(people, show, notOurs)).toEqual({ de: [], he: [] });
});

test('the last error of a relay is in the language of the account; what the relay said stays as it is', async () => {
  const ofRelay = async () =>
    /Letzter Fehler<\/dt><dd>(.*?)<\/dd>/.exec((await (people.get('de') as Visitor).get(home)).text)?.[1];
  expect(await ofRelay()).toMatch(/^Bevor ein Passwort .* der Mailserver beginnt es nicht \(„502 no“\)/);
  await database.db.change('update delivery_workers set conditions = $1', [
    JSON.stringify({ '127.0.0.1:1': { share: 5, used: 5, trouble: '421 come again' } }),
  ]);
  expect(await ofRelay()).toBe('<bdi lang="en">421 come again</bdi>');
});

test('the advice stands beside what the system said', async () => {
  const show = posted(home, `${home}/test`, { relay: '127.0.0.1:1' });
  const { text } = await show(people.get('de') as Visitor);
  expect(text).toMatch(
    /kann nicht verwendet werden: connect ECONNREFUSED 127\.0\.0\.1:1\. An Port 1 von 127\.0\.0\.1/,
  );
});
