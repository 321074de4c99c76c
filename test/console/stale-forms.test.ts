// A form that another change has made stale saves nothing and says what changed, from what to what. Pressed again, it
// saves: it was made from what the page then showed.
import { getNewsletterBySlug } from '../../src/newsletters/get-newsletter.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { makeNewsletter, makeReaders } from '../support/newsroom.js';
import { makeAccount, visitor, type Page, type Visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database, { publicUrl: 'http://digest.example.org' });
let owner: Visitor;
const home = '/console/newsletters/the-daily-test';
const question = (label: string, name: string) =>
  ({ name, label, type: 'text', maxLength: 200, required: false }) as const;

beforeAll(async () => {
  const { id } = await makeNewsletter(database.db, {
    topics: ['Arts', 'Milk'],
    schedule: { frequencies: ['daily', 'weekly'] },
    customFields: [question('City', 'city'), question('Trade', 'trade')],
  });
  await makeReaders(database.db, id, 1);
  owner = visitor(app.url);
  await owner.signIn(await makeAccount(database.db, 'owner'));
});

const unescaped = (text: string): string =>
  text.replaceAll('&quot;', '"').replaceAll('&#x3D;', '=').replaceAll('&#x27;', "'").replaceAll('&amp;', '&');

/** What the form with this action was made from. */
function versionIn({ text }: Pick<Page, 'text'>, action: string): string {
  const form = [...text.matchAll(/<form[^>]*method="post".*?<\/form>/gs)].find(([one]) =>
    one.includes(`action="${action}"`),
  );
  return unescaped(/ name="madeFrom" value="([^"]*)"/.exec(form?.[0] ?? '')?.[1] ?? '');
}

interface Kind {
  page: string;
  action: string;
  /** The fields of a colleague, who is first, and of the form that is late. */
  first: Record<string, string>;
  late: Record<string, string>;
  said: string;
}

const kinds: [string, () => Promise<Kind>][] = [
  [
    'settings',
    async () => ({
      page: `${home}/settings`,
      action: `${home}/settings`,
      first: { 'frequency.daily': 'on', 'weekday.1': 'on', replyTo: 'first@example.org' },
      late: { 'frequency.daily': 'on', 'weekday.1': 'on', replyTo: 'late@example.org' },
      said: 'empty → first@example.org',
    }),
  ],
  [
    'the form',
    async () => ({
      page: `${home}/form`,
      action: `${home}/form`,
      first: { 'form.headline': 'First' },
      late: { 'form.headline': 'Late' },
      said: '→ First',
    }),
  ],
  [
    'the order of questions',
    async () => ({
      page: `${home}/form`,
      action: `${home}/form/questions/city/move`,
      first: { to: 'down' },
      late: { to: 'down' },
      said: 'City, Trade → Trade, City',
    }),
  ],
  [
    'a question',
    async () => ({
      page: `${home}/form/questions/trade`,
      action: `${home}/form/questions/trade`,
      first: { label: 'Craft' },
      late: { label: 'Job' },
      said: 'Trade → Craft',
    }),
  ],
  [
    'the selection',
    async () => ({
      page: `${home}/selection`,
      action: `${home}/selection`,
      first: { include: 'Arts' },
      late: { include: 'Milk' },
      said: '→ Arts',
    }),
  ],
  [
    'the look',
    async () => ({
      page: `${home}/look`,
      action: `${home}/look`,
      first: { brandColour: '#111111' },
      late: { brandColour: '#222222' },
      said: '→ #111111',
    }),
  ],
  [
    'the texts of mails',
    async () => ({
      page: `${home}/look`,
      action: `${home}/look/words`,
      first: { opening: 'First' },
      late: { opening: 'Late' },
      said: 'empty → First',
    }),
  ],
  [
    'a feed',
    async () => {
      const { id } = await database.db.one<{ id: string }>(
        `insert into feeds (newsletter_id, url, next_poll_at) select id, 'http://192.0.2.1/feed', now() + interval '1 year'
         from newsletters where slug = 'the-daily-test' returning id::text`,
      );
      const page = `${home}/feeds/${id}`;
      return {
        page,
        action: `${page}/settings`,
        first: { pollMinutes: '60' },
        late: { pollMinutes: '15' },
        said: '→ every hour',
      };
    },
  ],
  [
    'a reader',
    async () => {
      const { id } = await database.db.one<{ id: string }>('select min(id)::text as id from subscribers');
      const page = `/console/subscribers/${id}`;
      return { page, action: `${page}/name`, first: { name: 'Ann' }, late: { name: 'Eve' }, said: '→ Ann' };
    },
  ],
  [
    'the choices of a reader',
    async () => {
      const { id } = await database.db.one<{ id: string }>('select min(id)::text as id from subscribers');
      const newsletter = (await getNewsletterBySlug(database.db, 'the-daily-test'))?.id ?? '';
      const page = `/console/subscribers/${id}`;
      return {
        page,
        action: `${page}/choices`,
        first: { newsletter, frequency: 'daily', sendTime: '18:00' },
        late: { newsletter, frequency: 'daily', sendTime: '19:00' },
        said: '07:00 → 18:00',
      };
    },
  ],
  [
    'a role',
    async () => {
      await makeAccount(database.db, 'editor');
      const { id } = await database.db.one<{ id: string }>(
        `select id::text from accounts where role = 'editor' limit 1`,
      );
      const page = `/console/team/${id}`;
      return {
        page,
        action: `${page}/role`,
        first: { role: 'viewer' },
        late: { role: 'owner' },
        said: '→ Viewer',
      };
    },
  ],
];

test.each(kinds)('%s', async (_, kindOf) => {
  const { page, action, first, late, said } = await kindOf();
  const madeFrom = versionIn(await owner.get(page), action);
  expect(madeFrom).not.toBe('');
  expect((await owner.post(action, { ...first, madeFrom })).status).toBe(303);
  const stale = await owner.post(action, { ...late, madeFrom });
  expect(stale.status).toBe(409);
  expect(unescaped(stale.text)).toContain(said);
  const again = versionIn(stale, action);
  expect(again).not.toBe(madeFrom);
  expect((await owner.post(action, { ...late, madeFrom: again })).status).toBe(303);
});

test('a refused form keeps its version, so that its correction does not replace what a colleague saved', async () => {
  const settings = `${home}/settings`;
  const fields = { 'frequency.daily': 'on', 'weekday.1': 'on' };
  const madeFrom = versionIn(await owner.get(settings), settings);
  await owner.post(settings, { ...fields, 'from.name': 'Colleague', madeFrom });
  const refused = await owner.post(settings, { ...fields, sendTime: '25:00', madeFrom });
  expect(refused.status).toBe(422);
  const corrected = { ...fields, sendTime: '06:00', madeFrom: versionIn(refused, settings) };
  expect((await owner.post(settings, corrected)).status).toBe(409);
  expect((await getNewsletterBySlug(database.db, 'the-daily-test'))?.from.name).toBe('Colleague');
});
