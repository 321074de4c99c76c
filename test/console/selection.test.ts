// An editor decides which posts go out, in which order, and which topics the feeds' categories become.
import { previewNext } from '../../src/issues/preview-next.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { assembleDeps, makeNewsletter, makePosts, makeReaders } from '../support/newsroom.js';
import { makeAccount, visitor, type Visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database);
const home = '/console/newsletters/the-daily-test/selection';
let editor: Visitor;
let viewer: Visitor;
let newsletterId: string;

beforeAll(async () => {
  newsletterId = (await makeNewsletter(database.db, { topics: ['Politics', 'Sport'] })).id;
  await makePosts(database.db, newsletterId, 3);
  await makeReaders(database.db, newsletterId, 1);
  await database.db.change(
    `update posts set topics = case id % 3 when 0 then array['Politik'] when 1 then array['Sport', 'Politik'] else array['<Werbung>'] end`,
  );
  [editor, viewer] = [visitor(app.url), visitor(app.url)];
  await editor.signIn(await makeAccount(database.db, 'editor'));
  await viewer.signIn(await makeAccount(database.db, 'viewer'));
});

const stored = async () =>
  (await database.db.one<{ selection: unknown }>('select selection from newsletters')).selection;
const madeFromOf = (text: string): string =>
  (/name="madeFrom" value="([^"]*)"/.exec(text)?.[1] ?? '')
    .replaceAll('&quot;', '"')
    .replaceAll('&#x3D;', '=')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');

test('the page names the categories that came, and what is saved decides the next issue', async () => {
  const { text } = await editor.get(home);
  expect(text).toMatch(/Politik · (?:Sport|&lt;Werbung&gt;) · /);
  expect(text).toMatch(/aria-current="page">Selection</);
  const saved = await editor.post(home, {
    madeFrom: madeFromOf(text),
    order: 'oldest',
    include: 'Politics\r\n\r\nSport',
    exclude: '',
    topicMap: 'Politik = Politics\r\n<Werbung>=',
  });
  expect(saved.location).toBe(`${home}?notice=settings-saved`);
  expect(await stored()).toEqual({
    order: 'oldest',
    include: ['Politics', 'Sport'],
    exclude: [],
    topicMap: { Politik: 'Politics', '<Werbung>': '' },
  });
  const again = await editor.get(home);
  expect(again.text).toContain('<option value="oldest" selected>');
  expect(again.text.replaceAll('&#x3D;', '=')).toContain('Politik = Politics\n&lt;Werbung&gt; =');
  const next = await previewNext(assembleDeps(database.db), { newsletterId });
  const excluded = await database.db.query<{ title: string }>(
    `select title from posts where topics = array['<Werbung>']`,
  );
  expect(next?.posts).toHaveLength(2);
  expect(next?.posts.map(({ title }) => title)).not.toContain(excluded[0]?.title);
  expect(
    (await database.db.one<{ action: string }>('select action from audit order by id desc limit 1')).action,
  ).toBe('newsletter.change');
});

test.each([
  [{ topicMap: 'Politik' }, 'topicMap', 'Write each line as category = topic'],
  [{ include: 'Sport\nSport' }, 'include', 'Enter at most 100 different topics'],
  [{ order: 'random' }, 'order', 'Choose one of these.'],
])('%j is refused beside its field', async (fields: Record<string, string>, id, words) => {
  const before = await stored();
  const refused = await editor.post(home, fields);
  expect(refused.status).toBe(422);
  expect(refused.text.replaceAll('&#x3D;', '=')).toMatch(
    new RegExp(`id="${id}-about"><p class="wrong">${words}`),
  );
  expect(await stored()).toEqual(before);
});

test('a form that is older than another person’s change says what is new', async () => {
  const madeFrom = madeFromOf((await editor.get(home)).text);
  await editor.post(home, { order: 'comments' });
  const stale = await editor.post(home, { madeFrom, order: 'topic' });
  expect(stale.status).toBe(409);
  expect(stale.text).toContain('Order: the oldest first → those with most comments first');
  const again = await editor.post(home, { madeFrom: madeFromOf(stale.text), order: 'topic' });
  expect(again.status).toBe(303);
});

test('a viewer sees the selection as text', async () => {
  const { text } = await viewer.get(home);
  expect(text).toContain('by topic, each under its heading');
  expect(text).not.toContain('<textarea');
  expect((await viewer.post(home, { order: 'newest' })).status).toBe(403);
});
