// What an issue came to, in the list of issues and in the line about the last one: accepted, refused, and who left.
import { day } from '../../src/durations.js';
import { issueStatistics } from '../../src/statistics/statistics.js';
import { endSubscription } from '../../src/subscribers/subscriptions.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { issueFor } from '../support/newsroom.js';
import { makeAccount, visitor, type Visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database);
const now = () => new Date();
const home = '/console/newsletters/came-to';
let owner: Visitor;
let first: string;
let newsletterId: string;

beforeAll(async () => {
  const { db } = database;
  ({ issueId: first, newsletterId } = await issueFor(db, 10, { name: 'Came To' }));
  await db.change(
    `update issues set fanned_out_at = $2, finished_at = $2, subject = 'The first' where id = $1`,
    [first, new Date(Date.now() - 3 * day)],
  );
  owner = visitor(app.url);
  await owner.signIn(await makeAccount(db, 'owner'));
});

/** The cells of the row whose issue has this id, by their labels. */
async function rowOf(id: string): Promise<Record<string, string>> {
  const { text } = await owner.get(`${home}/issues`);
  const row = text.split('<tr>').find((part) => part.includes(`/console/issues/${id}"`)) ?? '';
  const cells = [...row.matchAll(/<td data-label="([^"]+)"[^>]*>([^]*?)<\/td>/g)];
  return Object.fromEntries(
    cells.map(([, label, cell]) => [label, (cell ?? '').replaceAll(/<[^>]+>/g, '').trim()]),
  );
}

const lastLine = async (): Promise<string> => {
  const line = /<p class="last">([^]*?)<\/p>/.exec((await owner.get(home)).text)?.[1] ?? '';
  return line.replaceAll(/<[^>]+>/g, '').replace(/sent (?:today|yesterday) at \d\d:\d\d \(.*?\), /, 'sent, ');
};

async function leave(count: number, daysAgo: number): Promise<void> {
  const { db } = database;
  const readers = await db.query<{ id: string }>(
    'select id from subscriptions where newsletter_id = $1 and unsubscribed_at is null order by id limit $2',
    [newsletterId, count],
  );
  for (const { id } of readers) await endSubscription(db, id, now());
  await db.change(
    `update daily_sums set day = day - $2::int where newsletter_id = $1 and fact = 'left' and day = today()`,
    [newsletterId, daysAgo],
  );
}

test('zeros are quiet: the line about the last issue names neither refusals nor leaves', async () => {
  await database.db.change(`update deliveries set state = 'accepted' where issue_id = $1`, [first]);
  expect(await lastLine()).toBe('The first: sent, 10 of 10 accepted by the mail server.');
  expect(await rowOf(first)).toMatchObject({
    'Accepted by mail server': '10 of 10 100%',
    'Left after it': '0',
  });
});

test('the share of those who were due, and the readers who left until the next issue', async () => {
  const { db } = database;
  await db.change(
    `update deliveries d set state = x.state, reason = x.reason
     from (select subscriber_id, row_number() over (order by subscriber_id) as n from deliveries where issue_id = $1) o
       join (values (1, 'refused', 'hard'), (2, 'excluded', 'unsubscribed')) as x (n, state, reason) on x.n = o.n
     where d.issue_id = $1 and d.subscriber_id = o.subscriber_id`,
    [first],
  );
  await leave(2, 2);
  await leave(1, 0);
  // 8 of the 9 who were due: 88.9 %, rounded down.
  expect(await rowOf(first)).toMatchObject({
    'Accepted by mail server': '8 of 9 88%',
    'Left after it': '3',
  });
  expect(await lastLine()).toBe(
    'The first: sent, 8 of 9 accepted by the mail server, 1 refused; 3 readers left afterwards.',
  );
});

test('leaves belong to the issue before them; an issue that has not started has none', async () => {
  const { db } = database;
  const add = async (startedAt: Date | null): Promise<string> =>
    (
      await db.one<{ id: string }>(
        `insert into issues (newsletter_id, kind, slot, review, number, frozen_at, fanned_out_at)
         values ($1, 'manual', now(), 'auto', case when $2::timestamptz is not null then 2 end, $2, $2) returning id`,
        [newsletterId, startedAt],
      )
    ).id;
  const second = await add(now());
  const third = await add(null);
  for (const [id, left] of [
    [first, 2],
    [second, 1],
  ] as const) {
    expect((await rowOf(id))['Left after it']).toBe(String(left));
    // The report of the issue says the same.
    expect((await issueStatistics({ db, now }, { issueId: id }))?.leaves.total).toBe(left);
  }
  expect(await rowOf(third)).toMatchObject({ 'Accepted by mail server': '–', 'Left after it': '–' });
});
