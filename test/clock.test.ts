// A worker's clock follows the database's clock, however wrong the host's is.
import { judgeClock, startClock, watchClock } from '../src/clock.js';
import { databaseTime } from '../src/db.js';
import { minute, second } from '../src/durations.js';
import { issuesWorker } from '../workers/issues.js';
import { testDatabase } from './support/database.js';
import {
  assembleDeps,
  makeNewsletter,
  makePosts,
  makeReaders,
  quiet,
  rememberingQueue,
} from './support/newsroom.js';

test('says the database’s time, and counts on from there by itself', async () => {
  const database = await testDatabase();
  let counted = 5_000;
  const clock = await startClock(database.db, { counter: () => counted });
  const behind = (await databaseTime(database.db)).getTime() - clock.now().getTime();
  await database.close();
  expect(behind).toBeGreaterThanOrEqual(0);
  expect(behind).toBeLessThan(5_000);
  const before = clock.now().getTime();
  counted += 90_000;
  expect(clock.now().getTime() - before).toBe(90_000);
});

test('follows the database’s clock at each measurement', async () => {
  const database = await testDatabase();
  let counted = 0;
  const clock = await startClock(database.db, { counter: () => counted });
  // As if the database's clock had since been set back by an hour.
  counted += 3_600_000;
  await clock.measure();
  const off = clock.now().getTime() - (await databaseTime(database.db)).getTime();
  await database.close();
  expect(Math.abs(off)).toBeLessThan(5_000);
});

test('the host’s clock decides nothing, but its difference is known', async () => {
  const database = await testDatabase();
  let shift = 0;
  const clock = await startClock(database.db, { hostTime: () => Date.now() + shift });
  expect(judgeClock(clock.hostAhead())).toBe('right');
  const before = clock.now().getTime();
  shift = 15 * minute;
  expect(clock.now().getTime() - before).toBeLessThan(minute);
  expect(clock.hostAhead()).toBeGreaterThan(14 * minute);
  await database.close();
});

test.each([
  [4 * second, 'right'],
  [-6 * second, 'wrong'],
  [59 * second, 'wrong'],
  [61 * second, 'too-wrong'],
  [-2 * 60 * minute, 'too-wrong'],
])('a clock that is %i ms ahead is %s', (ahead, state) => expect(judgeClock(ahead)).toBe(state));

test('the log says that a clock is wrong, when it gets worse, and when it is right again', () => {
  const lines: string[] = [];
  const note = (level: string) => (_: unknown, words: string) => void lines.push(`${level} ${words}`);
  const log = Object.assign(Object.create(quiet), {
    info: note('info'),
    warn: note('warn'),
    error: note('error'),
  });
  let ahead = 0;
  let counted = 0;
  const watch = watchClock({ hostAhead: () => ahead }, log, () => counted);
  for (const next of [0, 6 * second, 7 * second, -2 * minute, -2 * minute, 0]) {
    ahead = next;
    watch.look();
  }
  expect(lines).toEqual([
    "warn clock: the clock of this host is 6 s ahead of the database's",
    "error clock: the clock of this host is 120 s behind the database's: this worker plans no issues until the " +
      'clock is set right',
    'info clock: right again',
  ]);
  ahead = minute / 2;
  watch.look();
  counted += 11 * minute;
  watch.look();
  expect(lines.slice(3)).toHaveLength(2);
});

test('beyond a minute a worker plans nothing, and goes on when its clock is right again', async () => {
  const { db, close } = await testDatabase();
  const slot = new Date('2020-06-01T07:00:00Z');
  const now = () => new Date(slot.getTime() - 10 * minute);
  const { id } = await makeNewsletter(db, { timezone: 'UTC', schedule: { sendTime: '07:00' }, now });
  await makePosts(db, id, 2);
  await makeReaders(db, id, 1);
  let hostAhead = 15 * minute;
  const deps = { ...assembleDeps(db, rememberingQueue().enqueue, () => slot), hostAhead: () => hostAhead };
  // Planning needs nothing of what sends mail to accounts.
  const work = issuesWorker(deps as unknown as Parameters<typeof issuesWorker>[0]);
  await work({ kind: 'plan' });
  expect(await db.query('select slot from issues')).toEqual([]);
  hostAhead = 30 * second;
  await work({ kind: 'plan' });
  expect(await db.query('select slot from issues')).toEqual([{ slot }]);
  await close();
});
