// The cards of all newsletters: the next issue in words, the readers, and the tasks that need a person.
import { createAccount } from '../../src/accounts/create-account.js';
import { newsletterCards } from '../../src/console/home/cards.js';
import { translator } from '../../src/languages/translate.js';
import { getNewsletterBySlug, listNewsletters } from '../../src/newsletters/get-newsletter.js';
import { countReaders } from '../../src/subscribers/count-readers.js';
import type { Db } from '../../src/db.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { issueFor, makeNewsletter } from '../support/newsroom.js';
import { password, visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database);
const now = (): Date => new Date('2026-11-24T17:00:00Z');

/** The database, which counts its statements. */
function counting(): { db: Db; statements: () => number } {
  let statements = 0;
  const db = new Proxy(database.db, {
    get(target, name, receiver) {
      const value = Reflect.get(target, name, receiver) as unknown;
      if (typeof value !== 'function') return value;
      statements++;
      return value.bind(target) as unknown;
    },
  });
  return { db, statements: () => statements };
}

const cards = async (db: Db = database.db): ReturnType<typeof newsletterCards> =>
  newsletterCards(
    { db, now, goesUnsigned: () => false, sending: { relays: [] } } as unknown as Parameters<
      typeof newsletterCards
    >[0],
    await listNewsletters(database.db),
    { isOwner: true, words: translator('en') },
  );

beforeAll(async () => {
  const { db } = database;
  await createAccount({ db }, { email: 'owner@example.org', password, role: 'owner' });
  const timezone = 'Europe/Berlin';
  await makeNewsletter(db, { name: 'Calm', slug: 'calm', timezone, schedule: { sendTime: '07:00' } });
  await issueFor(db, 3, { posts: 2, name: 'Busy' });
  await makeNewsletter(db, { name: 'Half', slug: 'half' });
  await makeNewsletter(db, { name: 'New', slug: 'new', postalAddress: null });
});

test('each says when its next issue goes out, in its own zone, and to how many', async () => {
  const [busyId, found] = [(await getNewsletterBySlug(database.db, 'busy'))?.id ?? '', await cards()];
  const calm = found.find(({ slug }) => slug === 'calm');
  expect(calm?.next).toEqual({ when: 'tomorrow at 07:00', distance: 'in 13 h' });
  expect(calm?.tasks).toEqual([]);
  const busy = found.find(({ slug }) => slug === 'busy');
  expect([busy?.readers, await countReaders(database.db, busyId)]).toEqual([3, 3]);
  expect(found.find(({ slug }) => slug === 'new')?.next).toBeUndefined();
});

test('a newsletter that keeps mail from its readers comes first, then one with another task', async () => {
  const { db } = database;
  const half = await getNewsletterBySlug(db, 'half');
  await db.change(
    `insert into feeds (newsletter_id, url, next_poll_at) values ($1, 'https://half.example/feed', now())`,
    [half?.id],
  );
  await db.change(
    `insert into posts (newsletter_id, feed_id, seq, title, state, held_at)
     select newsletter_id, id, null, 'Old', 'held', now() from feeds`,
  );
  expect((await cards()).map(({ slug, tasks }) => [slug, tasks.map(({ urgent }) => urgent)])).toEqual([
    ['new', [true]],
    ['half', [false]],
    ['calm', []],
    ['busy', []],
  ]);
  const person = visitor(app.url);
  await person.signIn('owner@example.org');
  const { text } = await person.get('/console');
  const shown = text.slice(text.indexOf('class="cards"'));
  expect(shown.indexOf('/newsletters/new"')).toBeLessThan(shown.indexOf('/newsletters/calm"'));
  expect(shown).toContain('href="/console/newsletters/new/settings#postalAddress"');
  expect(shown).toMatch(/Next issue <strong>[^<]+ at 07:00<\/strong>, in \d+ (?:h|min)/);
});

test('a card leaves tasks beyond three to its home', async () => {
  const { db } = database;
  const id = (await getNewsletterBySlug(db, 'new'))?.id;
  await db.change(
    `insert into feeds (newsletter_id, url, failures, last_polled_at, next_poll_at)
     select $1, 'https://new.example/' || n, 9, now(), now() from generate_series(1, 5) n`,
    [id],
  );
  const [first] = await cards();
  expect([first?.slug, first?.tasks.length, first?.more]).toEqual(['new', 3, 3]);
});

test('more newsletters take no more statements', async () => {
  const few = counting();
  await cards(few.db);
  for (let n = 0; n < 20; n++) await makeNewsletter(database.db, { name: `Many ${n}`, slug: `many-${n}` });
  const many = counting();
  expect((await cards(many.db)).length).toBe(24);
  expect(many.statements()).toBe(few.statements());
});
