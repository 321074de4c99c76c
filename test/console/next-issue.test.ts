// The next issue's editor in the console: order, headlines, later, left out, and two editors at once.
import { useApp, useDatabase } from '../support/fixture.js';
import { makeNewsletter, makePosts, makeReaders } from '../support/newsroom.js';
import { makeAccount, visitor, type Visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database);
const path = '/console/newsletters/the-daily-test/next-issue';
let owner: Visitor;
let ids: string[];
let newsletterId: string;

beforeAll(async () => {
  const { id } = await makeNewsletter(database.db);
  newsletterId = id;
  ids = await makePosts(database.db, id, [{ title: 'One' }, { title: 'Two' }, { title: 'Three' }]);
  await makeReaders(database.db, id, 1);
  owner = visitor(app.url);
  await owner.signIn(await makeAccount(database.db, 'owner'));
});

/** The titles of the rows with their fates, in order, and the version that the form was made from. */
async function shown(who = owner): Promise<{ rows: string[]; madeFrom: string; text: string }> {
  const { text } = await who.get(path);
  const rows = [...text.matchAll(/<li data-fate="(\w+)">[^]*?<strong dir="auto">([^<]*)</g)];
  const madeFrom = /name="madeFrom" value="(\d+)"/.exec(text)?.[1] ?? '';
  return { rows: rows.map(([, fate, title]) => `${fate} ${title}`), madeFrom, text };
}

test('buttons move a post, and the preview is in the saved order', async () => {
  const before = await shown();
  expect(before.rows).toEqual(['keep Three', 'keep Two', 'keep One']);
  const moved = await owner.post(path, { madeFrom: before.madeFrom, move: `${ids[0]}:up` });
  expect(moved.location).toBe(`${path}?notice=draft-saved`);
  expect((await shown()).rows).toEqual(['keep Three', 'keep One', 'keep Two']);
  const mail = (await owner.get('/console/newsletters/the-daily-test/next?scheme=light')).text;
  expect(mail.lastIndexOf('One')).toBeLessThan(mail.lastIndexOf('Two'));
});

test('numbers order, a headline is edited, and posts wait or stay out', async () => {
  const { madeFrom } = await shown();
  const saved = await owner.post(path, {
    madeFrom,
    [`place-${ids[0]}`]: '1',
    [`place-${ids[1]}`]: '2',
    [`place-${ids[2]}`]: '3',
    [`title-${ids[0]}`]: 'One, edited',
    [`do-${ids[1]}`]: 'later',
    [`do-${ids[2]}`]: 'drop',
    subject: 'Mine: {{firstTitle}}',
    'words-opening': 'Good evening.',
  });
  expect(saved.location).toBe(`${path}?notice=draft-saved`);
  const page = await shown();
  expect(page.rows).toEqual(['keep One, edited', 'later Two', 'drop Three']);
  expect(page.text).toContain('Mine: One, edited');
  const text = (await owner.get('/console/newsletters/the-daily-test/next?part=text')).text;
  expect(text).toContain('Good evening.');
  expect(text).not.toContain('Two');
});

test('a stale form is not saved: it says what changed, keeps what was typed, and can replace it', async () => {
  const { madeFrom } = await shown();
  await owner.post(path, { madeFrom, [`title-${ids[0]}`]: 'One by another', subject: '' });
  const stale = await owner.post(path, { madeFrom, [`title-${ids[0]}`]: 'One by me', subject: 'Mine' });
  expect(stale.status).toBe(409);
  expect(stale.text).toContain('The headline of “One”: One by another');
  expect(stale.text).toContain('value="One by me"');
  const version = /name="madeFrom" value="(\d+)"/.exec(stale.text)?.[1] ?? '';
  const again = await owner.post(path, {
    madeFrom: version,
    [`title-${ids[0]}`]: 'One by me',
    subject: 'Mine',
  });
  expect(again.location).toBe(`${path}?notice=draft-saved`);
  expect((await shown()).rows[0]).toBe('keep One by me');
});

test('a pinned post comes first, and stays there when another arrives', async () => {
  const { madeFrom } = await shown();
  const pinned = await owner.post(path, { madeFrom, pin: `${ids[1]}:on`, [`do-${ids[1]}`]: 'keep' });
  expect(pinned.location).toBe(`${path}?notice=draft-saved`);
  await makePosts(database.db, newsletterId, [{ title: 'Four' }]);
  const page = await shown();
  expect(page.rows.slice(0, 2)).toEqual(['keep Two', 'keep Four']);
  await owner.post(path, { madeFrom: page.madeFrom, pin: `${ids[1]}:off` });
  expect(await database.db.one('select pinned from posts where id = $1', [ids[1]])).toEqual({
    pinned: false,
  });
});

test('a wrong subject keeps the form; a viewer sees it and cannot save', async () => {
  const { madeFrom } = await shown();
  const wrong = await owner.post(path, { madeFrom, subject: '{{nonsense}}' });
  expect(wrong.status).toBe(422);
  expect(wrong.text).toContain('value="{{nonsense}}"');
  const viewer = visitor(app.url);
  await viewer.signIn(await makeAccount(database.db, 'viewer'));
  expect((await shown(viewer)).text).toContain('Your role can view the next issue, but cannot change it.');
  expect((await viewer.post(path, { madeFrom })).status).toBe(403);
});
