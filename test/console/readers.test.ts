// A publisher finds, adds, suppresses and erases readers in the console.
import { useApp, useDatabase } from '../support/fixture.js';
import { evidence, makeNewsletter, makePosts, makeReaders } from '../support/newsroom.js';
import { suppressBounced, suppressComplained } from '../../src/subscribers/suppressions.js';
import { updateSubscriber } from '../../src/subscribers/update-subscriber.js';
import { makeAccount, visitor, type Page, type Visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database, { publicUrl: 'http://digest.example.org' });
let owner: Visitor;
let viewer: Visitor;
const readers = '/console/newsletters/the-daily-test/readers';

const addressesOn = ({ text }: Page): string[] =>
  [...text.matchAll(/<a href="\/console\/subscribers\/\d+"><bdi>([^<]*)<\/bdi>/g)].map(
    ([, email]) => email ?? '',
  );

beforeAll(async () => {
  await makeNewsletter(database.db, { confirm: 'imported-only' });
  await makeNewsletter(database.db, { name: 'Another', slug: 'another', confirm: 'imported-only' });
  [owner, viewer] = [visitor(app.url), visitor(app.url)];
  await owner.signIn(await makeAccount(database.db, 'owner'));
  await viewer.signIn(await makeAccount(database.db, 'viewer'));
});

async function add(email: string, name = '', newsletter = 'the-daily-test'): Promise<string> {
  const path = `/console/newsletters/${newsletter}/readers`;
  await owner.get(`${path}/new`);
  const made = await owner.post(path, { email, name, basis: 'asked for it at the fair' });
  return made.location?.replace(/\?.*/, '') ?? '';
}

test('a part of an address or name finds readers, in any case, in this newsletter only', async () => {
  await add('ada.lovelace@readers.example', 'Ada King');
  await add('grace@navy.example', 'Grace Hopper');
  await add('percent_100%@odd.example');
  await add('ada@elsewhere.example', '', 'another');
  const search = async (text: string, path = readers) =>
    addressesOn(await owner.get(`${path}?search=${encodeURIComponent(text)}`));
  expect(await search('LOVELACE')).toEqual(['ada.lovelace@readers.example']);
  expect(await search('hopper')).toEqual(['grace@navy.example']);
  expect(await search('ada')).toEqual(['ada.lovelace@readers.example']);
  expect(await search('ada', '/console/subscribers')).toEqual([
    'ada.lovelace@readers.example',
    'ada@elsewhere.example',
  ]);
  expect((await owner.get('/console/subscribers?search=elsewhere')).text).toContain('>Another <span');
  // The signs of SQL patterns are letters here.
  expect(await search('_100%')).toEqual(['percent_100%@odd.example']);
  expect(await search('a%a')).toEqual([]);
  const short = await owner.get(`${readers}?search=ad`);
  expect(short.text).toContain('Type at least three characters.');
  expect(addressesOn(short)).toEqual([]);
});

test('a status is a filter, and a page leads to the next with the same filter', async () => {
  const page = await add('leaves@readers.example');
  const number = /\d+$/.exec(page)?.[0];
  await owner.get(page);
  const newsletter = /name="newsletter" value="(\d+)"/.exec((await owner.get(page)).text)?.[1] ?? '';
  expect((await owner.post(`${page}/unsubscribe`, { newsletter })).location).toContain('reader-unsubscribed');
  expect(addressesOn(await owner.get(`${readers}?status=unsubscribed`))).toEqual(['leaves@readers.example']);
  expect(addressesOn(await owner.get(`${readers}?status=active`))).not.toContain('leaves@readers.example');
  expect(addressesOn(await owner.get(`${readers}?status=unsubscribed&search=leaves`))).toHaveLength(1);
  expect(addressesOn(await owner.get(`${readers}?status=active&search=leaves`))).toEqual([]);
  // The next page starts after a reader's number.
  expect(addressesOn(await owner.get(`${readers}?status=unsubscribed&cursor=${number}`))).toEqual([]);
  await makeReaders(database.db, newsletter, 52, { prefix: 'crowd', domain: 'many.example' });
  const first = await owner.get(`${readers}?search=many.example`);
  const next = /href="([^"]*cursor[^"]*)"/
    .exec(first.text)?.[1]
    ?.replaceAll('&amp;', '&')
    .replaceAll('&#x3D;', '=');
  const found = [...addressesOn(first), ...addressesOn(await owner.get(next ?? ''))];
  expect(new Set(found).size).toBe(52);
});

test('an address that cannot be added is named, and what was typed stays', async () => {
  await owner.get(`${readers}/new`);
  const refused = await owner.post(readers, { email: 'no address', name: 'Ann "Lee"', basis: 'fair' });
  expect(refused.status).toBe(422);
  expect(refused.text).toContain('Not added:');
  expect(refused.text).toContain('value="Ann &quot;Lee&quot;"');
});

test('a reader is suppressed with a note, and the suppression is lifted', async () => {
  const page = await add('stop@readers.example');
  await owner.get(page);
  await owner.post(`${page}/suppress`, { note: 'asked by <phone>' });
  const shown = await owner.get(page);
  expect(shown.text).toContain('an admin suppressed it');
  expect(shown.text).toContain('asked by &lt;phone&gt;');
  expect(addressesOn(await owner.get(`${readers}?status=suppressed`))).toEqual(['stop@readers.example']);
  expect((await owner.post(`${page}/lift`)).location).toContain('suppression-lifted');
  expect((await owner.get(page)).text).not.toContain('an admin suppressed it');
});

test('a problem is a filter, which the search keeps', async () => {
  const page = await add('no-mailbox@readers.example');
  await suppressBounced(database.db, [
    { subscriberId: /\d+$/.exec(page)?.[0] ?? '', evidence: evidence('550 5.1.1') },
  ]);
  const found = await owner.get(`${readers}?problem=bounced`);
  expect(addressesOn(found)).toEqual(['no-mailbox@readers.example']);
  expect(found.text).toContain('<input type="hidden" name="problem" value="bounced">');
  expect(found.text).toMatch(/href="[^"]*readers\?status&#x3D;active&amp;problem&#x3D;bounced"/);
  expect(addressesOn(await owner.get(`${readers}?problem=complained`))).toEqual([]);
});

test('after a spam complaint only an owner allows mail again, and says why', async () => {
  const page = await add('annoyed@readers.example');
  const subscriberId = /\d+$/.exec(page)?.[0] ?? '';
  await suppressComplained(database.db, { subscriberId, evidence: evidence('report'), at: new Date() });
  const editor = visitor(app.url);
  await editor.signIn(await makeAccount(database.db, 'editor'));
  expect((await editor.get(page)).text).toContain('only an owner can allow mail again');
  const refused = `${page}?notice=complaint-stays`;
  expect((await editor.post(`${page}/lift`, { note: 'please' })).location).toBe(refused);
  await owner.get(page);
  expect((await owner.post(`${page}/lift`, { note: ' ' })).location).toBe(refused);
  expect((await owner.get(page)).text).toContain('its reader reported mail as spam');
  const lifted = await owner.post(`${page}/lift`, { note: 'asked by letter' });
  expect(lifted.location).toContain('suppression-lifted');
  expect((await owner.get(page)).text).not.toContain('reported mail as spam');
  const [last] = await database.db.query('select action, detail from audit order by id desc limit 1');
  expect(last).toEqual({ action: 'suppression.remove', detail: { note: 'asked by letter' } });
});

test('a reader’s data are exported, and the person is erased after a question', async () => {
  const page = await add('gone@readers.example', 'Gone Soon');
  await owner.get(page);
  const file = await owner.post(`${page}/export`);
  expect(file.headers.get('cache-control')).toBe('no-store');
  expect(JSON.parse(file.text)).toMatchObject({ subscriber: { email: 'gone@readers.example' } });
  expect((await owner.get(`${page}/erase`)).text).toContain('gone@readers.example');
  expect((await owner.post(`${page}/erase`)).location).toBe('/console/subscribers?notice=reader-erased');
  expect((await owner.get(page)).status).toBe(404);
  const audit = await database.db.query<{ action: string }>(
    'select action from audit order by id desc limit 2',
  );
  expect(audit.map(({ action }) => action)).toEqual(['subscriber.erase', 'subscriber.export']);
});

test('a viewer finds readers, and can neither change nor take any', async () => {
  const page = await add('watched@readers.example');
  expect(addressesOn(await viewer.get(`${readers}?search=watched`))).toEqual(['watched@readers.example']);
  expect((await viewer.get(page)).text).not.toContain('>Erase…<');
  for (const act of ['unsubscribe', 'suppress', 'lift', 'export', 'erase'])
    expect(`${act} ${(await viewer.post(`${page}/${act}`)).status}`).toBe(`${act} 403`);
  expect((await viewer.get(`${page}/erase`)).status).toBe(403);
  expect((await viewer.post(readers, { email: 'x@readers.example' })).status).toBe(403);
});

test('a test of the next digest needs no reader, and goes to the person who asks', async () => {
  const { id } = await makeNewsletter(database.db, { name: 'No Readers', slug: 'no-readers' });
  const home = '/console/newsletters/no-readers';
  await owner.get(home);
  expect((await owner.post(`${home}/test`)).location).toBe(`${home}?notice=no-posts`);
  await makePosts(database.db, id, 2);
  expect((await owner.post(`${home}/test`)).location).toBe(`${home}?notice=test-sent`);
  const [mail] = app.sink.messagesTo('owner@example.org');
  const parsed = await mail?.parsed();
  expect(parsed?.subject).toContain('Post number');
  expect(parsed?.headers.some(({ key }) => key === 'list-unsubscribe')).toBe(true);
  expect((await viewer.post(`${home}/test`)).status).toBe(403);
});

test('frequency, source and date of joining are filters', async () => {
  const { id } = await makeNewsletter(database.db, {
    name: 'Filters',
    slug: 'filters',
    schedule: { frequencies: ['daily', 'weekly'] },
  });
  await makeReaders(database.db, id, 6, { prefix: 'filter', domain: 'filters.example' });
  const change = (sql: string) =>
    database.db.query(
      `with r as (select s.id, s.subscriber_id, r.address from subscriptions s join subscribers r on r.id = s.subscriber_id
         where s.newsletter_id = $1) ${sql}`,
      [id],
    );
  const [first, second, third] = [1, 2, 3].map((n) => `filter${n}@filters.example`);
  await change(
    `update subscriptions s set via = case when r.address = '${first}' then 'api' else 'form' end from r where r.id = s.id`,
  );
  // Ids are given in the order of time: all readers before these two were added before them.
  await database.db.query(
    `update subscribers set created_at = now() - interval '40 days'
     where id <= (select id from subscribers where address = $1)`,
    [second],
  );
  await updateSubscriber(
    { db: database.db, now: () => new Date() },
    {
      id: (await database.db.one<{ id: string }>('select id from subscribers where address = $1', [third]))
        .id,
      via: 'api',
      newsletterId: id,
      frequency: 'weekly',
    },
  );
  const found = async (query: string) =>
    addressesOn(await owner.get(`/console/newsletters/filters/readers?${query}`));
  expect(await found('source=api')).toEqual([first]);
  expect(await found('frequency=weekly')).toEqual([third]);
  expect(await found('frequency=daily')).toHaveLength(5);
  expect(await found('added=30')).toHaveLength(4);
  expect(await found('added=365')).toHaveLength(6);
  expect(await found('added=30&source=form&frequency=daily&search=filter4')).toEqual([
    'filter4@filters.example',
  ]);
  expect(await found('added=30&source=api')).toEqual([]);
  // Each chip says how many readers it finds alone, whatever else is chosen. Zeros are not shown.
  const chips = async (query: string) => {
    const page = (await owner.get(`/console/newsletters/filters/readers?${query}`)).text;
    const links = page.matchAll(
      /<a href="[^"]*[?&;](\w+)(?:=|&#x3D;)([\w]+)"[^>]*>[^<]*(?:<span class="dim">([^<]+)<\/span>)?<\/a>/g,
    );
    return Object.fromEntries(
      [...links].flatMap(([, name, value, count]) => (count ? [[`${name} ${value}`, count]] : [])),
    );
  };
  const alone = {
    'status active': '6',
    'source api': '1',
    'source form': '5',
    'frequency daily': '5',
    'frequency weekly': '1',
    'added 7': '4',
    'added 30': '4',
    'added 365': '6',
  };
  expect(await chips('')).toEqual(alone);
  const chosen = (await owner.get('/console/newsletters/filters/readers?source=api&added=365')).text;
  const shown = [...chosen.matchAll(/<span class="dim">(\d+)<\/span><\/a>/g)].map(([, count]) => count);
  expect(shown).toEqual(['6', '5', '1', '5', '1', '4', '4', '6']);
  // The chips of a filter keep the others.
  const { text } = await owner.get('/console/newsletters/filters/readers?source=form&added=30');
  expect(text.replaceAll('&#x3D;', '=')).toContain('readers?source=form&amp;added=365');
});

test('a problem of many readers says that there are more', async () => {
  const { id } = await makeNewsletter(database.db, { name: 'Crowd', slug: 'crowd' });
  await makeReaders(database.db, id, 501, { prefix: 'crowd', domain: 'crowd.example' });
  await database.db.query(
    `insert into suppressions (address_hash, reason)
     select address_hash, 'bounce' from subscribers where domain = 'crowd.example' limit 101`,
  );
  const { text } = await owner.get('/console/newsletters/crowd/readers');
  expect(text).toContain('>bounced <span class="dim">100+</span>');
  expect(text).toContain('>reported spam</a>');
  // The first rows are all of other newsletters' readers. No number would say that there is none.
  const beside = await makeNewsletter(database.db, { name: 'Beside', slug: 'two' });
  await makeReaders(database.db, beside.id, 501, { prefix: 'beside', domain: 'beside.example' });
  expect((await owner.get('/console/newsletters/two/readers')).text).toContain('<span class="dim">0+</span>');
  await database.db.query(`delete from suppressions where reason = 'bounce'`);
});

test('a reader’s choices are changed at their request, unless somebody has changed them meanwhile', async () => {
  await makeNewsletter(database.db, {
    name: 'Choices',
    slug: 'choices',
    confirm: 'imported-only',
    topics: ['Tea', 'Milk', 'Cake'],
    schedule: { frequencies: ['daily', 'weekly'] },
  });
  const page = await add('chooser@readers.example', '', 'choices');
  const viewOf = async () => {
    const { subscriptions, language } = await database.db.one<{
      subscriptions: { topics: string[] | null; frequency: string | null; plainText: boolean };
      language: string | null;
    }>(
      `select r.language, json_build_object('topics', s.topics, 'frequency', t.frequency, 'plainText', s.plain_text) as subscriptions
       from subscribers r join subscriptions s on s.subscriber_id = r.id left join reading_times t on t.id = s.reading_time_id
       where r.address = 'chooser@readers.example'`,
    );
    return { ...subscriptions, language };
  };
  const form = async () => {
    const { text } = await owner.get(page);
    const field = (name: string) =>
      new RegExp(`name="${name}" value="([^"]*)"`).exec(text)?.[1]?.replaceAll('&quot;', '"') ?? '';
    return { newsletter: field('newsletter'), madeFrom: field('madeFrom'), sendTime: '07:00' };
  };
  const all = { 'topic.0': 'on', 'topic.1': 'on', 'topic.2': 'on' };

  const old = await form();
  expect((await owner.post(`${page}/choices`, { ...old, ...all, frequency: 'daily' })).location).toContain(
    'saved',
  );
  // Nothing was chosen, so the reader has the newsletter's time and all topics still.
  expect(await viewOf()).toEqual({ topics: null, frequency: null, plainText: false, language: null });

  const chosen = { frequency: 'weekly', 'topic.1': 'on', plainText: 'on' };
  expect((await owner.post(`${page}/choices`, { ...old, ...chosen })).location).toContain('saved');
  expect(await viewOf()).toEqual({ topics: ['Milk'], frequency: 'weekly', plainText: true, language: null });

  const late = await owner.post(`${page}/choices`, { ...old, ...all, frequency: 'daily' });
  expect(late.status).toBe(409);
  expect(late.text).toContain('How often: Daily → Weekly');
  expect(late.text).toContain('Topics: all → Milk');
  expect(await viewOf()).toMatchObject({ topics: ['Milk'], frequency: 'weekly' });

  const renamed = { name: 'Cho', language: 'de', madeFrom: '{"name":"","language":""}' };
  expect((await owner.post(`${page}/name`, renamed)).location).toContain('saved');
  expect(await viewOf()).toMatchObject({ language: 'de' });
  expect((await owner.get(page)).text).toContain('<option value="de" selected>');
  // Another tab still has the form from before.
  const stale = await owner.post(`${page}/name`, { ...renamed, name: 'Joe' });
  expect(stale.status).toBe(409);
  expect(stale.text).toContain('Name: empty → Cho');
  expect(stale.text).toContain('value="Joe"');
  expect((await owner.get(page)).text).toContain('value="Cho"');
});

describe('selected readers', () => {
  const idsOf = async (names: readonly string[]): Promise<string[]> => {
    const ids: string[] = [];
    for (const name of names) ids.push(/\d+$/.exec(await add(`${name}@picked.example`))?.[0] ?? '');
    return ids;
  };
  const asked = async (act: string, ids: readonly string[]): Promise<string> => {
    const query = new URLSearchParams([['act', act], ...ids.map((id): [string, string] => ['reader', id])]);
    return (await owner.get(`${readers}/selected?${query.toString()}`)).location ?? '';
  };
  const stateOf = async (id: string | undefined): Promise<string> =>
    (await owner.get(`/console/subscribers/${id}`)).text;

  test('a page asks first, names them, and leaves out who does not read this newsletter', async () => {
    const [one, two] = await idsOf(['one', 'two']);
    const other = /\d+$/.exec(await add('other@picked.example', '', 'another'))?.[0];
    const page = await asked('unsubscribe', [one ?? '', two ?? '', other ?? '', '999999']);
    expect(page).toBe(`${readers}/selected/unsubscribe/${one}-${two}-${other}-999999`);
    const { text } = await owner.get(page);
    expect(text).toContain('Unsubscribe 2 readers from The Daily Test?');
    expect(text).toContain('2 selected readers are left out');
    expect(addressesOn({ text } as Page)).toEqual(['one@picked.example', 'two@picked.example']);
    expect(await stateOf(one)).toContain('data-state="active"');

    expect((await owner.post(page)).location).toBe(`${readers}?notice=readers-unsubscribed`);
    for (const id of [one, two]) expect(await stateOf(id)).toContain('data-state="unsubscribed"');
    expect(await stateOf(other)).toContain('data-state="active"');
  });

  test('suppressed with a note, exported with an entry in the log, and erased', async () => {
    const ids = await idsOf(['three', 'four']);
    const suppress = await asked('suppress', ids);
    await owner.get(suppress);
    expect((await owner.post(suppress, { note: 'asked by phone' })).location).toContain('readers-suppressed');
    for (const id of ids) expect(await stateOf(id)).toContain('asked by phone');

    const file = await owner.post(await asked('export', ids));
    expect(file.text.split('\r\n').map((line) => line.split(',')[0])).toEqual([
      'email',
      'three@picked.example',
      'four@picked.example',
      '',
    ]);
    expect((await owner.post(await asked('erase', ids))).location).toBe(`${readers}?notice=readers-erased`);
    for (const id of ids) expect((await owner.get(`/console/subscribers/${id}`)).status).toBe(404);
    const audit = await database.db.query<{ action: string; count: number }>(
      `select action, count(*)::int as count from audit where subject = any ($1) group by action order by action`,
      [ids.map((id) => `subscriber:${id}`)],
    );
    expect(audit).toEqual([
      { action: 'subscriber.add', count: 2 },
      { action: 'subscriber.erase', count: 2 },
      { action: 'subscriber.export', count: 2 },
      { action: 'suppression.add', count: 2 },
    ]);
  });

  test('an account of one newsletter stops no mail of another', async () => {
    const [both] = await idsOf(['both']);
    await add('both@picked.example', '', 'another');
    const email = await makeAccount(database.db, 'editor');
    await database.db.query(
      `with limited as (update accounts set all_newsletters = false where email = $1 returning id)
       insert into account_newsletters (account_id, newsletter_id)
       select limited.id, n.id from limited, newsletters n where n.slug = 'the-daily-test'`,
      [email],
    );
    const editor = visitor(app.url);
    await editor.signIn(email);
    const { location } = await editor.get(`${readers}/selected/suppress/${both}`);
    expect(location).toBe(`${readers}?notice=no-reader-selected`);
    expect((await editor.get(`${readers}/selected/unsubscribe/${both}`)).text).toContain(
      'both@picked.example',
    );
  });

  test('nobody selected, an unknown act, and a viewer', async () => {
    const none = `${readers}?notice=no-reader-selected`;
    expect(await asked('erase', [])).toBe(none);
    expect(await asked('mail', ['1'])).toBe(none);
    expect(await asked('erase', ["1' or 1=1", '-1'])).toBe(none);
    expect((await viewer.get(readers)).text).not.toContain('name="reader"');
    expect((await viewer.get(`${readers}/selected/export/1`)).status).toBe(403);
  });
});
