// The preferences page: what it shows, and when each choice takes effect.
import { assemble } from '../../src/issues/assemble.js';
import { assembleNow } from '../../src/issues/assemble-now.js';
import { plan } from '../../src/issues/plan.js';
import type { Newsletter } from '../../src/newsletters/schema.js';
import { addressHash } from '../../src/subscribers/address.js';
import { signToken } from '../../src/subscribers/tokens.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import {
  assembleDeps,
  makeNewsletter,
  makePosts,
  makeReaders,
  rememberingQueue,
} from '../support/newsroom.js';
import { clockAt, secrets, startSite, type Site } from '../support/site.js';

const hours = 3_600_000;
const days = 24 * hours;

const database = useDatabase();
let site: Site;

beforeAll(async () => {
  // This day is a Monday.
  site = await startSite(database.db, { clock: clockAt(new Date('2020-06-01T05:00:00Z')) });
});
closeAfterAll(() => site.close());

interface Stored {
  confirmedAt: Date | null;
  unsubscribedAt: Date | null;
  pausedUntil: Date | null;
  topics: string[] | null;
  readThrough: string;
  readingTime: {
    id: string;
    frequency: string;
    sendTime: string;
    weekday: number | null;
    timezone: string;
  } | null;
  consents: { event: string; via: string; detail: object | null }[];
}

class Reader {
  readonly id: string;
  readonly url: string;
  constructor(id: string) {
    this.id = id;
    this.url = `${site.url}/preferences/${signToken(secrets.derive('links'), 'preferences', id)}`;
  }
  async page(): Promise<string> {
    return (await fetch(this.url)).text();
  }
  async press(action: string, fields: Record<string, string> | [string, string][] = {}) {
    const body = new URLSearchParams(Array.isArray(fields) ? fields : Object.entries(fields));
    body.append('action', action);
    const answer = await fetch(this.url, { method: 'POST', body });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  }
  stored(): Promise<Stored> {
    return database.db.one<Stored>(
      `select s.confirmed_at, s.unsubscribed_at, s.paused_until, s.topics, s.read_through,
         case when t.id is not null then json_build_object('id', t.id::text, 'frequency', t.frequency, 'sendTime', t.send_time,
           'weekday', t.weekday, 'timezone', t.timezone) end as reading_time,
         coalesce((select json_agg(json_build_object('event', c.event, 'via', c.via, 'detail', c.detail) order by c.id)
           from consents c where c.subscription_id = s.id), '[]') as consents
       from subscriptions s left join reading_times t on t.id = s.reading_time_id where s.id = $1`,
      [this.id],
    );
  }
}

/** Creates a newsletter at 07:00 in Berlin, daily or weekly, and its active readers. */
async function readers(
  count: number,
  prefix: string,
): Promise<{ newsletter: Newsletter; readers: Reader[] }> {
  const newsletter = await makeNewsletter(database.db, {
    timezone: 'Europe/Berlin',
    schedule: { sendTime: '07:00', frequencies: ['daily', 'weekly'] },
    topics: ['Science', 'Arts', 'Sport'],
    now: site.clock.now,
  });
  await makeReaders(database.db, newsletter.id, count, { prefix, now: site.clock.now });
  const rows = await database.db.query<{ id: string }>(
    `select id from subscriptions where newsletter_id = $1 order by id`,
    [newsletter.id],
  );
  return { newsletter, readers: rows.map(({ id }) => new Reader(id)) };
}

async function reader(prefix: string): Promise<Reader> {
  const [one] = (await readers(1, prefix)).readers;
  if (!one) throw new Error('no reader was made');
  return one;
}

const everything = () =>
  database.db.query(
    `select s.*, (select count(*) from consents) as consents from subscriptions s order by id`,
  );

describe('the page', () => {
  test('shows the next issue; opening it changes nothing', async () => {
    const ana = await reader('open');
    const before = await everything();
    const answer = await fetch(ana.url);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(answer.headers.get('x-robots-tag')).toContain('noindex');
    const html = await answer.text();
    expect(html).toContain('<strong>Tomorrow, Tuesday at 07:00, Berlin time</strong>');
    expect(html).toContain('<option value="Europe/Berlin" selected>Berlin</option>');
    expect(html).toContain('open1@readers.example.org');
    expect((await fetch(ana.url, { method: 'HEAD' })).status).toBe(200);
    expect(await everything()).toEqual(before);
  });

  test.each([
    ['ar', 'دبي', 'بتوقيت دبي'],
    ['he', 'דובאי', 'שעון דובאי'],
    ['fr', 'Dubaï', 'heure de Dubaï'],
  ])('calls the city of a zone as %s does', async (language, city, place) => {
    const ana = await reader(`city-${language}`);
    await ana.press('save', { timezone: 'Asia/Dubai', language });
    const html = (await (await fetch(ana.url)).text()).replaceAll(/[\u2066-\u2069]/g, '');
    expect(html).toContain(`<option value="Asia/Dubai" selected>${city}</option>`);
    const [, next] = /<strong>([^<]*)<\/strong>/.exec(html.slice(html.indexOf('class="coming"'))) ?? [];
    expect(next).toContain(place);
  });

  test('is behind a link of its own purpose', async () => {
    const ana = await reader('purpose');
    const other = signToken(secrets.derive('links'), 'unsubscribe', ana.id);
    for (const token of [other, 'nonsense', '%00', 'A'.repeat(28), 'A'.repeat(5000)])
      for (const method of ['GET', 'POST'])
        expect((await fetch(`${site.url}/preferences/${token}`, { method })).status).toBe(404);
  });

  test.each(['', 'delete', 'save-all'])('does nothing without a button (%s)', async (action) => {
    const ana = await reader(`nothing${action}`);
    const before = await ana.stored();
    expect((await ana.press(action, { frequency: 'off' })).status).toBe(400);
    expect(await ana.stored()).toEqual(before);
  });
});

describe('a reader chooses', () => {
  const weekly = { frequency: 'weekly', weekday: '5', sendTime: '18:00', timezone: 'Asia/Tokyo' };

  test('how often, when and which topics; equal times are one row', async () => {
    const { readers: both } = await readers(2, 'choose');
    const [ana, ben] = both as [Reader, Reader];
    const chosen: [string, string][] = [...Object.entries(weekly), ['topics', ''], ['topics', 'Arts']];
    const saved = await ana.press('save', chosen);
    expect(saved.status).toBe(200);
    expect(saved.text).toContain('Saved.');
    expect(saved.text).toContain('<strong>Friday at 18:00, Tokyo time</strong>');
    await ben.press('save', chosen);
    const readingTime = { frequency: 'weekly', sendTime: '18:00', weekday: 5, timezone: 'Asia/Tokyo' };
    const stored = await ana.stored();
    expect(stored).toMatchObject({
      readingTime,
      topics: ['Arts'],
      consents: [{ event: 'changed', via: 'page', detail: { readingTime, topics: ['Arts'] } }],
    });
    expect((await ben.stored()).readingTime?.id).toBe(stored.readingTime?.id);
    const again = await ana.press('save', chosen);
    expect(again.text).toContain('That was set already.');
    expect((await ana.stored()).consents).toHaveLength(1);
  });

  test('all topics, and has those that are added later; the newsletter’s time, and follows it', async () => {
    const ana = await reader('all');
    await ana.press('save', [...Object.entries(weekly), ['topics', 'Arts']]);
    const own = { frequency: 'daily', weekday: '1', sendTime: '07:00', timezone: 'Europe/Berlin' };
    await ana.press('save', [
      ...Object.entries(own),
      ...['', 'Science', 'Arts', 'Sport'].map((topic): [string, string] => ['topics', topic]),
    ]);
    expect(await ana.stored()).toMatchObject({ readingTime: null, topics: null });
  });

  test.each([
    ['no topic', { ...weekly, topics: '' }, 'Please choose at least one topic'],
    ['a topic of others', { ...weekly, topics: 'Politics' }, 'One of the topics is not offered here'],
    ['an offset for a zone', { ...weekly, timezone: '+02:00' }, 'IANA name'],
    ['no hour of a clock', { ...weekly, sendTime: '24:00' }, 'like 07:00'],
    ['a frequency of others', { ...weekly, frequency: 'hourly' }, 'Please choose daily or weekly.'],
  ])('not %s, and sees why', async (what, fields, said) => {
    const ana = await reader(`not${what.replaceAll(' ', '')}`);
    const before = await ana.stored();
    const answer = await ana.press('save', fields);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(said);
    expect(await ana.stored()).toEqual(before);
  });

  test('a pause, which begins and ends with the day where the reader is', async () => {
    const ana = await reader('pause');
    await ana.press('save', { timezone: 'America/New_York', sendTime: '00:00' });
    const paused = await ana.press('pause', { until: '2020-06-20' });
    expect(paused.text).toContain('we send nothing before Saturday, 20 June 2020');
    // The slot at that midnight counts as after the pause.
    expect(paused.text).toContain('<strong>Saturday 20 June at 00:00, New York time</strong>');
    expect(await ana.stored()).toMatchObject({ pausedUntil: new Date('2020-06-20T04:00:00Z') });
    expect((await ana.press('resume')).text).toContain('The pause is over.');
    expect(await ana.stored()).toMatchObject({
      pausedUntil: null,
      consents: [
        { event: 'changed' },
        { event: 'changed', detail: { pausedUntil: '2020-06-20T04:00:00.000Z' } },
        { event: 'changed', detail: { pausedUntil: null } },
      ],
    });
    for (const until of ['2020-06-01', '2020-05-01', '2022-01-01', '2020-02-30', 'tomorrow', ''])
      expect((await ana.press('pause', { until })).status).toBe(400);
    expect((await ana.stored()).pausedUntil).toBeNull();
  });
});

describe('a reader leaves', () => {
  test('with Off, and undoes it within a week, everything as it was', async () => {
    const ana = await reader('off');
    await ana.press('save', { frequency: 'weekly', topics: 'Arts' });
    const left = await ana.press('save', { frequency: 'off' });
    expect(left.text).toContain('You are unsubscribed');
    expect((await ana.stored()).unsubscribedAt).toEqual(site.clock.now());
    for (const action of ['save', 'pause', 'resume'])
      await ana.press(action, { frequency: 'daily', until: '2020-06-20' });
    expect((await ana.stored()).consents.map(({ event }) => event)).toEqual(['changed', 'unsubscribed']);
    expect(await ana.page()).toContain('value="rejoin"');
    const back = await ana.press('rejoin');
    expect(back.text).toContain('Welcome back.');
    expect(await ana.stored()).toMatchObject({
      unsubscribedAt: null,
      topics: ['Arts'],
      readingTime: { frequency: 'weekly' },
      consents: [{ event: 'changed' }, { event: 'unsubscribed' }, { event: 'confirmed', via: 'page' }],
    });
    await ana.press('rejoin');
    expect((await ana.stored()).consents).toHaveLength(3);
  });

  test('with the unsubscribe link, whose page offers less mail first and undo afterwards', async () => {
    const ana = await reader('link');
    const link = `${site.url}/unsubscribe/${signToken(secrets.derive('links'), 'unsubscribe', ana.id)}`;
    const here = new URL(ana.url).pathname;
    expect(await (await fetch(link)).text()).toContain(`<a href="${here}">`);
    const after = await (await fetch(`${link}?via=page`, { method: 'POST' })).text();
    expect(after).toContain(`<form method="post" action="${here}">`);
    await ana.press('rejoin');
    expect((await ana.stored()).unsubscribedAt).toBeNull();
  });

  test('and cannot be undone by the link of an old mail, nor for a suppressed address', async () => {
    const { readers: both } = await readers(2, 'old');
    const [ana, ben] = both as [Reader, Reader];
    for (const one of [ana, ben]) await one.press('save', { frequency: 'off' });
    await database.db.change(
      `insert into suppressions (address_hash, reason) select address_hash, 'complaint' from subscribers r
       join subscriptions s on s.subscriber_id = r.id where s.id = $1`,
      [ben.id],
    );
    await ben.press('rejoin');
    expect((await ben.stored()).unsubscribedAt).not.toBeNull();
    site.clock.forward(7 * days);
    expect(await ana.page()).not.toContain('value="rejoin"');
    await ana.press('rejoin');
    expect((await ana.stored()).unsubscribedAt).not.toBeNull();
    expect((await ana.stored()).consents.map(({ event }) => event)).toEqual(['unsubscribed']);
  });
});

describe('a reader’s data', () => {
  test('is theirs to download', async () => {
    const ana = await reader('export');
    await ana.press('save', { topics: 'Sport' });
    const answer = await ana.press('export');
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(answer.headers.get('content-disposition')).toContain('attachment');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(JSON.parse(answer.text)).toMatchObject({
      subscriber: { email: 'export1@readers.example.org', subscriptions: [{ topics: ['Sport'] }] },
      consents: [{ event: 'changed', via: 'page' }],
      deliveries: [],
    });
  });

  test('goes for good at the second button; a keyed mark stays', async () => {
    const ana = await reader('erase');
    const hash = addressHash(secrets.derive('address-hash'), 'erase1@readers.example.org');
    await database.db.change('update subscribers set address_hash = $1 where address_key = $2', [
      hash,
      'erase1@readers.example.org',
    ]);
    const before = await everything();
    const asked = await ana.press('erase');
    expect(asked.text).toContain('value="erase-for-good"');
    expect(await everything()).toEqual(before);
    expect((await ana.press('erase-for-good')).text).toContain('Everything is erased');
    expect(
      await database.db.query('select 1 from subscribers where address_key like $1', ['erase1@%']),
    ).toEqual([]);
    expect(
      await database.db.query('select reason from suppressions where address_hash = $1', [hash]),
    ).toEqual([{ reason: 'erasure' }]);
    for (const again of [await fetch(ana.url), await fetch(ana.url, { method: 'POST' })])
      expect([again.status, (await again.text()).includes('This page no longer exists')]).toEqual([
        200,
        true,
      ]);
  });
});

test('a reader who moves the hour gets one digest a day, and each post once', async () => {
  const start = site.clock.now();
  const at = (iso: string) => site.clock.forward(new Date(iso).getTime() - site.clock.now().getTime());
  at('2020-07-06T04:00:00Z');
  const { newsletter, readers: all } = await readers(2, 'moved');
  const [ana, ben] = all as [Reader, Reader];
  const minute = async (iso: string) => {
    at(iso);
    const queue = rememberingQueue();
    const deps = assembleDeps(database.db, queue.enqueue, site.clock.now);
    await plan(deps);
    for (const { payload } of queue.jobs)
      if (payload.kind === 'assemble') await assemble(deps, payload.issueId);
  };
  /** The slots of the reader's digests, and the number of posts in each. */
  const had = ({ id }: Reader) =>
    database.db.query<{ slot: Date; posts: number }>(
      `select i.slot, cardinality(v.post_ids) as posts from deliveries d join issues i on i.id = d.issue_id
       join variants v on v.id = d.variant_id where d.subscription_id = $1 order by i.id`,
      [id],
    );
  const digest = (slot: string, posts: number) => ({ slot: new Date(slot), posts });

  await ben.press('save', { sendTime: '18:00' });
  await makePosts(database.db, newsletter.id, 2);
  await minute('2020-07-06T05:00:30Z'); // 07:00 in Berlin
  expect(await had(ana)).toEqual([digest('2020-07-06T05:00:00Z', 2)]);

  const moved = await ana.press('save', { sendTime: '18:00' });
  expect(moved.text).toContain('<strong>Tomorrow, Tuesday at 18:00, Berlin time</strong>');
  await makePosts(database.db, newsletter.id, 1);
  await minute('2020-07-06T16:00:30Z'); // 18:00
  expect(await had(ana)).toHaveLength(1);
  expect(await had(ben)).toEqual([digest('2020-07-06T16:00:00Z', 3)]);
  expect(
    await database.db.one('select candidates, excluded from issues where newsletter_id = $1 and slot = $2', [
      newsletter.id,
      new Date('2020-07-06T16:00:00Z'),
    ]),
  ).toMatchObject({ candidates: 2, excluded: { timeChanged: 1 } });

  await minute('2020-07-07T16:00:30Z');
  expect(await had(ana)).toEqual([digest('2020-07-06T05:00:00Z', 2), digest('2020-07-07T16:00:00Z', 1)]);

  // Ana moves back to the morning: her next morning slot is on another day. "Send now" does not check for
  // changed times.
  await ana.press('save', { sendTime: '07:00' });
  await makePosts(database.db, newsletter.id, 1);
  const sent = await assembleNow(assembleDeps(database.db, rememberingQueue().enqueue, site.clock.now), {
    newsletterId: newsletter.id,
  });
  expect(sent.status).toBe('created');
  await minute('2020-07-07T16:10:00Z');
  expect(await had(ana)).toHaveLength(3);
  await makePosts(database.db, newsletter.id, 1);
  await minute('2020-07-08T05:00:30Z');
  expect((await had(ana)).at(-1)).toEqual(digest('2020-07-08T05:00:00Z', 1));
  expect((await had(ana)).map(({ posts }) => posts)).toEqual([2, 1, 1, 1]);
  site.clock.forward(start.getTime() - site.clock.now().getTime());
});
