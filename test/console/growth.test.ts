// Growth: a publisher sees how many readers joined and left, and why. The numbers come from sums by day.
import { barPlot, linePlot, roundNumbers } from '../../src/console/growth/plot.js';
import { spansOf } from '../../src/console/growth/view.js';
import { day } from '../../src/durations.js';
import { upsertLeaving } from '../../src/preferences/store-leavings.js';
import { dayOf, daysLater, everyDay } from '../../src/statistics/period.js';
import { endSubscription } from '../../src/subscribers/subscriptions.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { makePending } from '../support/joining.js';
import { makeNewsletter, makeReaders } from '../support/newsroom.js';
import { makeAccount, visitor, type Visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database);
let owner: Visitor;
let viewer: Visitor;
const page = '/console/newsletters/the-daily-test/growth';
const today = dayOf(new Date());

beforeAll(async () => {
  const { db } = database;
  const { id } = await makeNewsletter(db);
  await makeNewsletter(db, { name: 'Nothing Yet' });
  await makeReaders(db, id, 5, { prefix: 'early' });
  await db.query('update daily_sums set day = day - 40');
  await makeReaders(db, id, 3, { prefix: 'late' });
  const rows = await db.query<{ id: string }>('select id from subscriptions order by id limit 2');
  for (const [at, { id: subscriptionId }] of rows.entries()) {
    await endSubscription(db, subscriptionId, new Date());
    await upsertLeaving(db, {
      subscriptionId,
      newsletterId: id,
      unsubscribedAt: new Date(Date.now() - at * 60 * day),
      reason: 'too-often',
      comment: at === 0 ? 'Too <much> of it' : 'long ago',
      at: new Date(),
    });
  }
  [owner, viewer] = [visitor(app.url), visitor(app.url)];
  await owner.signIn(await makeAccount(db, 'owner'));
  await viewer.signIn(await makeAccount(db, 'viewer'));
});

test('thirty days: readers at the end, who joined and left, and what they wrote', async () => {
  const { status, text, headers } = await viewer.get(page);
  expect(status).toBe(200);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(text).toContain('<strong>6 readers</strong>');
  expect(text).toMatch(/3 joined and 2 left\./);
  expect(text).toMatch(
    /<svg role="img" aria-label="Readers from [^"]*: 5 on the first day, 6 on the last\."/,
  );
  expect(text).toContain('Too &lt;much&gt; of it');
  expect(text).not.toContain('long ago');
  expect(text).toContain('Too many e-mails');
  expect(text).toMatch(/aria-current="page">Growth/);
});

test('a longer period, other days, and days that are no period', async () => {
  const long = await owner.get(`${page}?from=${daysLater(today, -89)}`);
  expect(long.text).toMatch(/8 joined and 2 left\./);
  expect(long.text).toContain('long ago');
  expect(long.text).toContain('aria-current="true">90 days');
  const past = await owner.get(`${page}?from=${daysLater(today, -45)}&to=${daysLater(today, -35)}`);
  expect(past.text).toMatch(/<strong>5 readers<\/strong>.*5 joined and 0 left\./s);
  const wrong = await owner.get(`${page}?from=${today}&to=1999-12-31`);
  expect(wrong.text).toContain('Not shown: the first day must not be after the last');
  expect(wrong.text).toContain('<strong>6 readers</strong>');
});

test('each table is a file, for a viewer too: it names no reader', async () => {
  const days = await viewer.get(`${page}.csv?of=days&from=${daysLater(today, -1)}`);
  expect(days.headers.get('content-type')).toContain('text/csv');
  expect(days.headers.get('cache-control')).toBe('no-store');
  expect(days.headers.get('content-disposition')).toContain('the-daily-test-days-');
  expect(days.text).toBe(
    `day,readers,asked,joined,left\r\n${daysLater(today, -1)},5,0,0,0\r\n${today},6,0,3,2\r\n`,
  );
  const comments = await viewer.get(`${page}.csv?of=comments`);
  expect(comments.text.split('\r\n')).toEqual([
    'day,reason,comment',
    expect.stringMatching(/^\d{4}-\d\d-\d\d,Too many e-mails,Too <much> of it$/),
    '',
  ]);
  const reasons = await viewer.get(`${page}.csv?of=reasons`);
  expect(reasons.text).toBe('reason,readers\r\nToo many e-mails,1\r\nGave no reason,1\r\n');
});

test('a newsletter without readers says what to do, and its home shows no plot', async () => {
  const { text } = await owner.get('/console/newsletters/nothing-yet/growth');
  expect(text).toContain('No readers yet');
  expect(text).toContain('href="/console/newsletters/nothing-yet/form"');
  expect((await owner.get('/console/newsletters/nothing-yet')).text).not.toContain('data-plot');
  expect((await owner.get('/console/newsletters/the-daily-test')).text).toContain('data-plot data-read');
});

test('of those who asked to join, the page says how many confirmed', async () => {
  const { db } = database;
  const { id: newsletterId } = await db.one<{ id: string }>(
    `select id from newsletters where slug = 'nothing-yet'`,
  );
  for (const email of ['one@readers.example.org', 'two@readers.example.org'])
    await makePending(db, { email, newsletterId }, () => new Date(Date.now() - day));
  await db.query(
    `update subscriptions set confirmed_at = now() where id =
     (select min(id) from subscriptions where newsletter_id = $1)`,
    [newsletterId],
  );
  const { text } = await owner.get('/console/newsletters/nothing-yet/growth');
  expect(text).toContain('2 people asked to join, and 1 confirmed: 50 %.');
  expect(text).toContain('<strong>1 reader</strong>');
});

test.each([
  [0, 0, [0, 1]],
  [0, 3, [0, 1, 2, 3]],
  [-7, 30, [-10, 0, 10, 20, 30]],
  [1_000_000, 1_000_300, [1_000_000, 1_000_100, 1_000_200, 1_000_300]],
  [0, 41_237, [0, 20_000, 40_000, 60_000]],
])('round numbers from %i to %i', (least, most, expected) => {
  expect(roundNumbers(least, most)).toEqual(expected);
});

test.each([
  [1, 1],
  [30, 5],
  [92, 3],
  [365, 5],
  [3_660, 5],
])('%i days have few marks, which stay inside', (count, most) => {
  const days = everyDay({ from: daysLater('2026-11-29', 1 - count), to: '2026-11-29' });
  const spans = days.map((from) => ({ from, to: from }));
  const { columns, line } = linePlot(
    { label: '', locale: 'en', spans },
    days.map((_, at) => at),
  );
  expect(columns.length).toBeGreaterThan(0);
  expect(columns.length).toBeLessThanOrEqual(most);
  for (const { at } of columns) expect(at > 0 && at < 100).toBe(true);
  expect(line.split(' ')).toHaveLength(count);
  expect(line).not.toContain('NaN');
});

test('bars stand above and below zero, and none stands for zero', () => {
  const spans = [
    { from: '2026-11-28', to: '2026-11-28' },
    { from: '2026-11-29', to: '2026-11-29' },
  ];
  const { bars, rows } = barPlot({ label: '', locale: 'en', spans }, [
    { up: 10, down: 5 },
    { up: 0, down: 0 },
  ]);
  expect(rows.map(({ label }) => label)).toEqual(['5', '0', '5', '10']);
  expect(bars.map(({ kind, y, height }) => [kind, y, height])).toEqual([
    ['up', 0, 66.67],
    ['down', 66.67, 33.33],
  ]);
});

test('a year is shown in weeks, and no day is lost', () => {
  const days = everyDay({ from: '2025-11-30', to: '2026-11-29' }).map((one, at) => ({
    day: one,
    readers: at,
    asked: 0,
    joined: 1,
    left: 0,
  }));
  const spans = spansOf(days);
  expect(spans.length).toBe(53);
  expect(spans.reduce((sum, { joined }) => sum + joined, 0)).toBe(365);
  expect(spans.at(-1)).toMatchObject({ from: '2026-11-23', to: '2026-11-29', readers: 364 });
});
