// A form that was opened before another one saved: it must not revert newer choices, and says what it left alone.
import { signToken } from '../../src/subscribers/tokens.js';
import { useDatabase, useSite } from '../support/fixture.js';
import { makeNewsletter, makeReaders } from '../support/newsroom.js';
import { secrets } from '../support/site.js';

const database = useDatabase();
const site = useSite(database);

type Fields = [name: string, value: string][];

const decoded = (html: string): string =>
  html.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&').replaceAll('&quot;', '"');

/** The fields that a browser sends for the first form of the page, unchanged. */
function fieldsOf(html: string): Fields {
  const form = /<form class="card preferences"[\s\S]*?<\/form>/.exec(html)?.[0] ?? '';
  const fields: Fields = [];
  for (const [tag] of form.matchAll(/<input[^>]*>|<select[\s\S]*?<\/select>/g)) {
    const [, name = ''] = /name="([^"]*)"/.exec(tag) ?? [];
    const isBox = /type="(radio|checkbox)"/.test(tag);
    const source = tag.startsWith('<select') ? (/<option[^>]*selected[^>]*>/.exec(tag)?.[0] ?? '') : tag;
    const [, value = ''] = /value="([^"]*)"/.exec(source) ?? [];
    if (!isBox || / checked/.test(tag)) fields.push([decoded(name), decoded(value)]);
  }
  return fields;
}

async function open(prefix: string) {
  const newsletter = await makeNewsletter(database.db, {
    name: prefix,
    timezone: 'Europe/Berlin',
    schedule: { sendTime: '07:00', frequencies: ['daily', 'weekly'] },
    topics: ['Science', 'Arts', 'Sport'],
    customFields: [
      { name: 'city', label: 'Your city', type: 'text', required: false, maxLength: 100 },
      { name: 'adult', label: 'I am over 18', type: 'checkbox', required: false },
    ],
  });
  await makeReaders(database.db, newsletter.id, 1, { prefix });
  const { id } = await database.db.one<{ id: string }>(
    'select id from subscriptions where newsletter_id = $1',
    [newsletter.id],
  );
  const url = `${site.url}/preferences/${signToken(secrets.derive('links'), 'preferences', id)}`;
  const tab = async () => fieldsOf(await (await fetch(url)).text());
  /** Saves the tab's form with these fields changed; topics are a list. */
  const save = async (fields: Fields, changes: Record<string, string | string[]> = {}) => {
    const sent = fields.filter(([name]) => !Object.hasOwn(changes, name));
    for (const [name, value] of Object.entries(changes))
      for (const one of [value].flat()) sent.push([name, one]);
    const body = new URLSearchParams([...sent, ['action', 'save']]);
    const answer = await fetch(url, { method: 'POST', body });
    return { status: answer.status, text: await answer.text() };
  };
  const stored = () =>
    database.db.one(
      `select s.topics, s.custom_fields, s.plain_text, r.language, t.frequency, t.send_time, t.weekday, t.timezone
       from subscriptions s join subscribers r on r.id = s.subscriber_id
       left join reading_times t on t.id = s.reading_time_id where s.id = $1`,
      [id],
    );
  return { newsletter, tab, save, stored };
}

test('a stale tab changes what its reader changed there, keeps newer choices, and names them', async () => {
  const { tab, save, stored } = await open('stale');
  const stale = await tab();
  await save(await tab(), {
    frequency: 'weekly',
    weekday: '5',
    sendTime: '18:00',
    topics: ['', 'Arts'],
    language: 'en',
    plainText: ['no', 'yes'],
    'customFields.adult': ['0', '1'],
  });
  const newer = await stored();
  const saved = await save(stale, { 'customFields.city': 'Haifa' });
  expect(await stored()).toEqual({
    ...newer,
    customFields: { city: 'Haifa', adult: true },
  });
  expect(newer).toMatchObject({ frequency: 'weekly', sendTime: '18:00', topics: ['Arts'], plainText: true });
  expect(saved.text).toContain('Saved. You changed these in another window meanwhile');
  expect(saved.text).toContain('How often, Day, Time, Topics, I am over 18, Language and Plain text only');
});

test('a stale tab in which nothing was changed reverts nothing', async () => {
  const { tab, save, stored } = await open('untouched');
  const stale = await tab();
  await save(await tab(), { sendTime: '18:00', timezone: 'Asia/Tokyo' });
  const newer = await stored();
  const answer = await save(stale);
  expect(await stored()).toEqual(newer);
  expect(answer.text).toContain('in another window');
  expect(answer.text).toContain('Time and Time zone');
  expect(answer.text).not.toContain('Saved.');
});

test('a choice that the reader made in the stale tab itself counts', async () => {
  const { tab, save, stored } = await open('newest');
  const stale = await tab();
  await save(await tab(), { sendTime: '18:00', frequency: 'weekly' });
  await save(stale, { sendTime: '09:00' });
  expect(await stored()).toMatchObject({ frequency: 'weekly', sendTime: '09:00' });
});

test('a topic that the publisher adds meanwhile stays among all topics', async () => {
  const { newsletter, tab, save, stored } = await open('topics');
  const stale = await tab();
  await database.db.change(`update newsletters set topics = '{Science,Arts,Sport,Food}' where id = $1`, [
    newsletter.id,
  ]);
  await save(stale, { sendTime: '18:00' });
  expect(await stored()).toMatchObject({ topics: null, sendTime: '18:00' });
});

test('a fresh tab saves everything, and an own form without a version too', async () => {
  const { tab, save, stored } = await open('fresh');
  await save(await tab(), { sendTime: '18:00' });
  expect((await save(await tab(), { sendTime: '07:00' })).text).not.toContain('another window');
  expect(await stored()).toMatchObject({ sendTime: null });
  await save([], { sendTime: '20:00' });
  expect(await stored()).toMatchObject({ sendTime: '20:00' });
});

test.each([
  ['language', 'xx', 'choose one of the languages'],
  ['language', 'pt-BR', 'choose one of the languages'],
  ['weekday', '0x3', 'weekday is a number'],
  ['weekday', '8', 'weekday is a number'],
  ['plainText', 'maybe', 'A box can only be ticked or not'],
  ['timezone', 'Mars/Base', 'IANA name'],
  ['sendTime', '7', 'like 07:00'],
  ['topics', 'Politics', 'One of the topics is not offered here'],
])('%s=%s is refused, with a sentence', async (name, value, said) => {
  const { save, stored } = await open(`no-${name}-${value.replaceAll(/\W/g, '')}`);
  const before = await stored();
  const answer = await save([], { [name]: value });
  expect([answer.status, answer.text.includes(said)]).toEqual([400, true]);
  expect(await stored()).toEqual(before);
});

test('a language that the reader chose elsewhere is an option, and may stay', async () => {
  const { tab, save, stored } = await open('own-language');
  await database.db.change(
    `update subscribers set language = 'pt-BR' where id = (select max(id) from subscribers)`,
  );
  const saved = await save(await tab(), { sendTime: '18:00' });
  expect(saved.status).toBe(200);
  expect(await stored()).toMatchObject({ language: 'pt-BR', sendTime: '18:00' });
});

test('a weekly newsletter is not said to come daily or weekly', async () => {
  const { newsletter, save } = await open('weekly-only');
  await database.db.change(
    `update newsletters set schedule = schedule || '{"frequencies": ["weekly"]}' where id = $1`,
    [newsletter.id],
  );
  expect((await save([], { frequency: 'hourly' })).text).toContain('This newsletter comes weekly only.');
});
