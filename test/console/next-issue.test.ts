// The next issue's editor in the console: order, headlines, later, left out, and two editors at once.
import { useApp, useDatabase } from '../support/fixture.js';
import { openSecrets } from '../../src/secrets.js';
import { signToken } from '../../src/subscribers/tokens.js';
import {
  assembleDeps,
  fanOutNext,
  makeNewsletter,
  makePosts,
  makeReaders,
  secretKey,
} from '../support/newsroom.js';
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
  const rows = [...text.matchAll(/<li data-fate="(\w+)">[^]*?name="title-\d+" value="([^"]*)"/g)];
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

test('a button beside the acts holds the issue with what was typed, another ends that, and saving keeps it', async () => {
  const button = /<button [^>]*form="next" name="hold" value="(\w+)">([^<]+)</;
  const sentence = 'This issue is held: it waits until someone approves it.';
  const isHeld = async (): Promise<boolean> => {
    const { text } = await shown();
    const [, value, words] = button.exec(text) ?? [];
    const held = value === 'off';
    expect([words, text.includes(sentence)]).toEqual([held ? 'Do not hold' : 'Hold', held]);
    return held;
  };
  const press = async (fields: Record<string, string>): Promise<void> => {
    const { madeFrom, text } = await shown();
    const held = text.includes('name="held" value="on"') ? { held: 'on' } : {};
    const saved = await owner.post(path, { madeFrom, ...held, ...fields });
    expect(saved.location).toBe(`${path}?notice=draft-saved`);
  };
  expect(await isHeld()).toBe(false);
  await press({ hold: 'on', subject: 'Typed before' });
  expect(await isHeld()).toBe(true);
  expect((await shown()).text).toContain('value="Typed before"');
  await press({ subject: 'Typed after' });
  expect(await isHeld()).toBe(true);
  await press({ hold: 'off' });
  expect(await isHeld()).toBe(false);
});

test('a wrong subject keeps the form; a viewer cannot save', async () => {
  const { madeFrom } = await shown();
  const wrong = await owner.post(path, { madeFrom, subject: '{{nonsense}}' });
  expect(wrong.status).toBe(422);
  expect(wrong.text).toContain('value="{{nonsense}}"');
  const viewer = visitor(app.url);
  await viewer.signIn(await makeAccount(database.db, 'viewer'));
  expect((await viewer.post(path, { madeFrom })).status).toBe(403);
});

test('without posts the page leads to the one that writes a post; a viewer gets no such link', async () => {
  const { id } = await makeNewsletter(database.db, { slug: 'nothing-new', name: 'Nothing new' });
  await makePosts(database.db, id, 1);
  await makeReaders(database.db, id, 1, { prefix: 'none' });
  const page = '/console/newsletters/nothing-new';
  await fanOutNext(assembleDeps(database.db), id);
  const link = `href="${page}/posts/new"`;
  expect((await owner.get(`${page}/next-issue`)).text).toContain(link);
  const viewer = visitor(app.url);
  await viewer.signIn('viewer@example.org');
  expect((await viewer.get(`${page}/next-issue`)).text).not.toContain(link);
});

test('a viewer sees posts and words as text, and the reason once: no field that does nothing', async () => {
  const { db } = database;
  const { id } = await makeNewsletter(db, { slug: 'as-text', name: 'As text' });
  await makePosts(db, id, [{ title: 'Seen as text' }, { title: 'And this one' }]);
  await makeReaders(db, id, 1, { prefix: 'text' });
  const viewer = visitor(app.url);
  await viewer.signIn('viewer@example.org');
  const issueId = await fanOutNext(assembleDeps(db), id, { review: 'hold' });
  await makePosts(db, id, [{ title: 'Seen tomorrow' }]);
  for (const [page, title] of [
    ['/console/newsletters/as-text/next-issue', 'Seen tomorrow'],
    [`/console/issues/${issueId}/review`, 'Seen as text'],
  ] as const) {
    const { text } = await viewer.get(page);
    const main = /<main[^]*<\/main>/.exec(text)?.[0] ?? '';
    expect(main).toContain(`<strong dir="auto">${title}</strong>`);
    expect(main.split('the role Editor or Owner.')).toHaveLength(2);
    expect(main).not.toContain('Your role');
    expect(main).not.toMatch(/<textarea|<select|disabled|name="title-/);
    expect(main).not.toMatch(/>(Approve…|Skip this issue|Hold|Save and preview)</);
  }
});

test('the links behind their number: each with its host and its post, and when they are checked', async () => {
  const { db } = database;
  const { id } = await makeNewsletter(db, { slug: 'links', name: 'Links', content: 'full' });
  const [one = '', two = ''] = await makePosts(db, id, [{ title: 'First' }, { title: 'Second' }]);
  await makeReaders(db, id, 1, { prefix: 'links' });
  const at = (name: string): string => `https://www.other.example/${name}?a=1&amp;b=2`;
  for (const post of [one, two])
    await db.query('update posts set html = $2 where id = $1', [
      post,
      `<p><a href="${at('shared')}">Shared</a> <a href="${at(`of-${post}`)}">Own</a></p>`,
    ]);
  const page = '/console/newsletters/links/next-issue';
  const { text } = await owner.get(page);
  const list = /<details class="links">[^]*?<\/details>/.exec(text)?.[0] ?? '';
  // The addresses of both posts, one link of each, one that both have, which is of the first, and the site.
  expect(list).toContain('<summary>6 links</summary>');
  expect(list).toContain('<h3 dir="auto">Elsewhere in the mail</h3>');
  expect(list).toContain('This one will not wait, unless you hold it.');
  const [, second = '', first = ''] = list.split('<h3 dir="auto">');
  expect([second.startsWith('Second'), first.startsWith('First')]).toEqual([true, true]);
  expect(second).toContain(at('shared'));
  expect(second).toContain(at(`of-${two}`));
  expect(first).not.toContain(at('shared'));
  expect(first).toContain('<bdi>other.example</bdi>');
  expect(list).not.toContain('/unsubscribe');
  await owner.post(page, { madeFrom: '0', hold: 'on' });
  expect((await owner.get(page)).text).toContain('checked as soon as this issue waits for approval.');
});

test('the preview as a reader has their topics, language and address, and links of nobody', async () => {
  const { db } = database;
  const { id } = await makeNewsletter(db, {
    slug: 'as-readers',
    name: 'As readers',
    topics: ['Sea', 'Town'],
  });
  await makePosts(db, id, [
    { title: 'A ship', topics: ['Sea'] },
    { title: 'A street', topics: ['Town'] },
  ]);
  await makeReaders(db, id, 2, { prefix: 'as', topics: ['Sea'] });
  await makeReaders(db, id, 1, { prefix: 'landlubber', topics: ['Desert'] });
  await db.change(`update subscribers set language = 'de', name = 'Ada' where address like 'as1@%'`);
  await db.change(`update subscriptions set plain_text = true where subscriber_id in
    (select id from subscribers where address like 'as2@%')`);
  const viewer = visitor(app.url);
  await viewer.signIn(await makeAccount(db, 'viewer'));
  const page = '/console/newsletters/as-readers/next-issue';

  const german = await viewer.get(`${page}?as=as1@readers.example.org`);
  expect(german.text).toContain('German · topics: Sea');
  const [, frame = ''] = /src="([^"]*scheme=light[^"]*)"/.exec(german.text) ?? [];
  const mail = await viewer.get(frame.replaceAll('&amp;', '&'));
  expect(mail.headers.get('cache-control')).toBe('no-store');
  expect(mail.text).toContain('A ship');
  expect(mail.text).not.toContain('A street');
  expect(mail.text).toContain('as1@readers.example.org');
  expect(mail.text).toContain('lang="de"');
  const { id: subscription } = await db.one<{ id: string }>(
    `select s.id from subscriptions s join subscribers r on r.id = s.subscriber_id where r.address like 'as1@%'`,
  );
  expect(mail.text).toContain('/unsubscribe/');
  for (const purpose of ['unsubscribe', 'preferences'] as const)
    expect(mail.text).not.toContain(signToken(openSecrets(secretKey).derive('links'), purpose, subscription));

  const plain = await viewer.get(`${page}?as=AS2@Readers.example.org`);
  expect(plain.text).toContain('English · topics: Sea · Plain text');
  expect(plain.text).toMatch(/scheme=light&amp;reader=\d+&amp;part=text/);
  expect((await viewer.get(`${page}?as=landlubber1@readers.example.org`)).text).toContain(
    'Nothing for this reader',
  );
  expect((await viewer.get(`${page}?as=nobody@readers.example.org`)).text).toContain(
    'No reader of this newsletter',
  );
  // A reader of another newsletter is none of this one.
  expect((await viewer.get(`${page}?as=reader1@readers.example.org`)).text).toContain(
    'No reader of this newsletter',
  );
  const other = await db.one<{ id: string }>(`select id from subscribers where address like 'reader1@%'`);
  expect((await viewer.get(`/console/newsletters/as-readers/next?reader=${other.id}`)).status).toBe(404);

  // The same of an issue in review.
  const issueId = await fanOutNext(assembleDeps(db), id, { review: 'hold' });
  const issueMail = await viewer.get(`/console/issues/${issueId}/mail?as=as1@readers.example.org`);
  const [, inIssue = ''] = /src="([^"]*preview\?reader=[^"]*)"/.exec(issueMail.text) ?? [];
  const own = await viewer.get(inIssue);
  expect(own.text).toContain('A ship');
  expect(own.text).not.toContain('A street');
  expect(own.text).toContain('lang="de"');
  const none = await viewer.get(`/console/issues/${issueId}/mail?as=landlubber1@readers.example.org`);
  expect(none.text).toContain('Nothing for this reader');
});

test('an issue in review is edited in the rows of the next issue: pictures, buttons that move, badges', async () => {
  const { db } = database;
  const { id } = await makeNewsletter(db, { slug: 'same-rows', name: 'Same rows' });

  const [one = '', two = ''] = await makePosts(db, id, [{ title: 'First' }, { title: 'Second' }]);
  await db.query(`update posts set image = '{"url":"https://pictures.example.org/one.png"}' where id = $1`, [
    one,
  ]);
  await makeReaders(db, id, 1, { prefix: 'rows' });
  const next = await owner.get('/console/newsletters/same-rows/next-issue');
  const issueId = await fanOutNext(assembleDeps(db), id, { review: 'hold' });
  const review = `/console/issues/${issueId}/review`;
  const before = await owner.get(review);
  const names = ({ text }: { text: string }): string[] =>
    Array.from(
      text.matchAll(/<(?:input|textarea|select)[^>]* name="([a-z]+-[^"]*)"/g),
      ([, name = '']) => name,
    );
  expect(names(before)).toEqual(names(next));
  expect(before.text).toContain(`src="/console/newsletters/same-rows/posts/${one}/thumbnail"`);
  expect(/<form[^>]*id="next"[^]*?<\/form>/.exec(before.text)?.[0]).not.toContain('<details');
  const keep = { [`do-${one}`]: 'keep', [`do-${two}`]: 'keep' };
  const saved = await owner.post(`${review}/save`, {
    ...keep,
    [`place-${two}`]: '1',
    [`place-${one}`]: '2',
    [`title-${one}`]: 'First, edited',
    move: `${one}:up`,
  });
  expect(saved.location).toBe(`${review}?notice=saved`);
  const { text } = await owner.get(review);
  expect(text.indexOf('value="First, edited"')).toBeLessThan(text.indexOf('value="Second"'));
  expect(text.split('<span class="badge">edited</span>')).toHaveLength(2);
});

test('in review, headlines and excerpts are edited for this issue; an empty one is as the feed has it', async () => {
  const { db } = database;
  const { id } = await makeNewsletter(db, { slug: 'in-review', name: 'In review' });
  const [one = '', two = ''] = await makePosts(db, id, [{ title: 'First' }, { title: 'Second' }]);
  await makeReaders(db, id, 1, { prefix: 'reviewed' });
  const issueId = await fanOutNext(assembleDeps(db), id, { review: 'hold' });
  const review = `/console/issues/${issueId}/review`;
  const save = async (title: string, excerpt: string) => {
    await owner.get(review);
    return owner.post(`${review}/save`, {
      [`do-${one}`]: 'keep',
      [`title-${one}`]: title,
      [`excerpt-${one}`]: excerpt,
      [`do-${two}`]: 'keep',
    });
  };
  expect((await save('A better headline', 'Worth <b>reading</b>')).location).toBe(`${review}?notice=saved`);
  const page = await owner.get(review);
  expect(page.text).toContain('value="A better headline"');
  expect(page.text).toContain('Worth &lt;b&gt;reading&lt;/b&gt;</textarea>');
  const mail = await owner.get(`${review}/preview`);
  expect(mail.text).toContain('A better headline');
  expect(mail.text).toContain('Worth &lt;b&gt;reading&lt;/b&gt;');
  // The post itself, and so its page and other issues, stays as it was.
  const { title } = await db.one<{ title: string }>('select title from posts where id = $1', [one]);
  expect(title).toBe('First');
  await save('', '');
  const back = await owner.get(`${review}/preview`);
  expect(back.text).toContain('First');
  expect(back.text).not.toContain('A better headline');
  expect(back.text).not.toContain('Worth');
});
