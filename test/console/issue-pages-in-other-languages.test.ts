// Home, the issues and the pages that send, in German and Hebrew: no words are left in English. Each page is shown to an
// account in English too: a text of several words that both show was not translated.
import { createAccount } from '../../src/accounts/create-account.js';
import { findAccount, setAccountLanguage } from '../../src/accounts/manage-accounts.js';
import { assembleNow } from '../../src/issues/assemble-now.js';
import type { Language } from '../../src/languages/language.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { assembleDeps, issueFor, makeNewsletter, makePosts, makeReaders } from '../support/newsroom.js';
import { password, visitor, type Page, type Visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database);
const home = '/console/newsletters/the-daily-test';
const people = new Map<Language, Visitor>();
let review: string;
let sent: string;

/** What publishers and servers write, and names. */
const notOurs =
  /^(?:The Daily Test|Nothing|Weekend|Held|(?:One|Two|Three|Post number)(?: · One| and .*| .*more)?|Daily Digest|.*@.*|https?:.*|Europe\/Berlin|UTC)(?: · Daily Digest)?$/;

beforeAll(async () => {
  const { db } = database;
  const { id } = await makeNewsletter(db, { timezone: 'Europe/Berlin' });
  await makePosts(db, id, [{ title: 'One' }, { title: 'Two' }, { title: 'Three' }]);
  await makeReaders(db, id, 3);
  await makeNewsletter(db, { name: 'Nothing', slug: 'nothing-yet', postalAddress: null });
  sent = (await issueFor(db, 3, { posts: 2, name: 'Weekend' })).issueId;
  const held = await makeNewsletter(db, { name: 'Held', slug: 'held', schedule: { review: 'hold' } });
  await makePosts(db, held.id, [{ title: 'One' }, { title: 'Two' }]);
  await makeReaders(db, held.id, 2);
  const assembled = await assembleNow(assembleDeps(db), { newsletterId: held.id });
  if (assembled.status !== 'created') throw new Error(assembled.status);
  review = assembled.issueId;
  await makePosts(db, held.id, [{ title: 'Three' }]);
  for (const language of ['en', 'de', 'he'] as const) {
    const email = `${language}@example.org`;
    await createAccount({ db }, { email, password, role: 'owner' });
    const accountId = (await findAccount(db, email))?.id ?? '';
    await setAccountLanguage(db, { id: accountId, language });
    const person = visitor(app.url);
    await person.signIn(email);
    people.set(language, person);
  }
});

/** The texts and labels of a page. */
function textsOf({ text }: Page): string[] {
  const own = text.replaceAll(/<(script|style|code|textarea)\b[^]*?<\/\1>/g, ' ');
  const labels = own.matchAll(/ (?:aria-label|title|placeholder|data-label)="([^"]+)"/g);
  return [...Array.from(labels, ([, label = '']) => label), ...own.split(/<[^>]*>/)]
    .map((one) =>
      one
        .replaceAll(/&[#\w]+;/g, ' ')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    )
    .filter((one) => /[A-Za-z]{3}/.test(one) && !notOurs.test(one));
}

type Show = (person: Visitor) => Promise<Page>;
const pages: [string, Show][] = [
  ['all newsletters', (person) => person.get('/console')],
  ['home', (person) => person.get(home)],
  ['the home of a newsletter that cannot send', (person) => person.get('/console/newsletters/nothing-yet')],
  ['the home of a newsletter with review', (person) => person.get('/console/newsletters/held')],
  ['a home with an issue that was sent', (person) => person.get('/console/newsletters/weekend?notice=saved')],
  ['the issues', (person) => person.get('/console/newsletters/weekend/issues')],
  ['no issues', (person) => person.get(`${home}/issues`)],
  ['the question before sending', (person) => person.get(`${home}/send`)],
  ['the question before assembling', (person) => person.get('/console/newsletters/held/send')],
  ['the question before cancelling', (person) => person.get(`/console/issues/${sent}/cancel`)],
  ['the review', (person) => person.get(`/console/issues/${review}/review`)],
  ['the question before approving', (person) => person.get(`/console/issues/${review}/review/approve`)],
  ['no review', (person) => person.get('/console/issues/999999/review')],
  ['the next issue', (person) => person.get(`${home}/next-issue`)],
  [
    'the next issue with a wrong subject',
    (person) => person.post(`${home}/next-issue`, { subject: '{{x}}' }),
  ],
  [
    'the next issue that another editor changed',
    (person) => person.post(`${home}/next-issue`, { madeFrom: '99', held: 'on', subject: 'x' }),
  ],
  ['no next issue', (person) => person.get('/console/newsletters/nothing-yet/next-issue')],
  ['nothing to send', (person) => person.get('/console/newsletters/nothing-yet?notice=no-postal-address')],
  ['sending', (person) => person.get('/console/sending')],
];

/** Texts of a page that its English twin shows too. */
async function leftInEnglish(show: Show): Promise<Record<string, string[]>> {
  const shown = new Map<Language, Page>();
  for (const [language, person] of people) {
    await person.get(`${home}/next-issue`);
    shown.set(language, await show(person));
  }
  const english = new Set(textsOf(shown.get('en') as Page));
  expect(english.size).toBeGreaterThan(3);
  const left = (language: Language): string[] => {
    const page = shown.get(language) as Page;
    expect(page.text).toContain(`<html lang="${language}"`);
    return textsOf(page).filter((one) => english.has(one));
  };
  return {
    // A single word may be the same in German: Status, Newsletter.
    de: left('de').filter((one) => one.includes(' ')),
    he: left('he'),
  };
}

test.each(pages)('%s', async (_, show) => {
  expect(await leftInEnglish(show)).toEqual({ de: [], he: [] });
});

test('the hold and a provider that refuses are told on every page', async () => {
  const { db } = database;
  const [lostFrom, lostUntil] = ['2026-11-20T07:00:00Z', '2026-11-20T19:00:00Z'];
  await db.change(`update lifeline set held_at = $2, hold_reason = 'x', lost_from = $1, lost_until = $2`, [
    lostFrom,
    lostUntil,
  ]);
  await db.change(
    `insert into provider_pauses (group_key, cause, bad, ends, reply, paused_at, until, times)
     values ('yahoo', 'policy', 40, 200, '550 no', now(), now() + interval '1 hour', 1)`,
  );
  for (const path of [home, '/console/sending'])
    expect(await leftInEnglish((person) => person.get(path))).toEqual({ de: [], he: [] });
  expect((await (people.get('de') as Visitor).get(home)).text).toContain('Der Versand ist angehalten:');
});
