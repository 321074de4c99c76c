// The language in which each reader gets the digest.
import { useDatabase } from '../support/fixture.js';
import { assembleDeps, fanOutNext, makeNewsletter, makePosts, makeReaders } from '../support/newsroom.js';

const database = useDatabase();

const speak = (tag: string | null, ...addresses: string[]) =>
  database.db.query('update subscribers set language = $1 where address = any ($2)', [
    tag,
    addresses.map((name) => `${name}@readers.example.org`),
  ]);

async function sendNow(newsletterId: string) {
  const issueId = await fanOutNext(assembleDeps(database.db), newsletterId);
  return database.db.query<{ name: string; language: string; subject: string; html: string; text: string }>(
    `select split_part(r.address, '@', 1) as name, v.language, v.subject, v.html, v.text
     from deliveries d join variants v on v.id = d.variant_id join subscribers r on r.id = d.subscriber_id
     where d.issue_id = $1 order by r.id`,
    [issueId],
  );
}

test('each reader gets the digest in their language, or in the newsletter’s if they chose none', async () => {
  const { id } = await makeNewsletter(database.db);
  await makePosts(database.db, id, 3);
  await makeReaders(database.db, id, 6);
  await speak('de', 'reader2');
  await speak('de-AT', 'reader3');
  await speak('ar', 'reader4');
  // en-US is the newsletter's language in another country. There is no catalogue for nl.
  await speak('en-US', 'reader5');
  await speak('nl', 'reader6');
  const got = await sendNow(id);
  expect(got.map(({ name, language }) => [name, language])).toEqual([
    ['reader1', 'en'],
    ['reader2', 'de'],
    ['reader3', 'de'],
    ['reader4', 'ar'],
    ['reader5', 'en'],
    ['reader6', 'en'],
  ]);
  const [english, german, , arabic] = got;
  expect(english?.text).toContain('You get this e-mail because');
  expect(german?.subject).toMatch(/ und 2 weitere$/);
  expect(german?.html).toContain('<html lang="de" dir="ltr"');
  expect(german?.text).toContain('Sie erhalten diese E-Mail, weil');
  expect(arabic?.html).toContain('<html lang="ar" dir="rtl"');
  expect(new Set(got.map(({ html }) => html)).size).toBe(3);
});

test('a newsletter in Hebrew is in Hebrew for readers who chose no language', async () => {
  const { id } = await makeNewsletter(database.db, { language: 'he' });
  await makePosts(database.db, id, 1);
  await makeReaders(database.db, id, 2, { prefix: 'hebrew' });
  await speak('en', 'hebrew2');
  const [first, second] = await sendNow(id);
  expect(first?.html).toContain('<html lang="he" dir="rtl"');
  expect(second?.html).toContain('<html lang="en" dir="ltr"');
});
