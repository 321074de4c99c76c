// A worker's clock follows the database's clock, however wrong the host's is.
import { startClock } from '../src/clock.js';
import { databaseTime } from '../src/db.js';
import { testDatabase } from './support/database.js';

test('says the database’s time, and counts on from there by itself', async () => {
  const database = await testDatabase();
  let counted = 5_000;
  const clock = await startClock(database.db, () => counted);
  const behind = (await databaseTime(database.db)).getTime() - clock.now().getTime();
  await database.close();
  expect(behind).toBeGreaterThanOrEqual(0);
  expect(behind).toBeLessThan(5_000);
  const before = clock.now().getTime();
  counted += 90_000;
  expect(clock.now().getTime() - before).toBe(90_000);
});

test('takes over what the database says, at each measurement', async () => {
  const database = await testDatabase();
  let counted = 0;
  const clock = await startClock(database.db, () => counted);
  // As if the database's clock had since been set back by an hour.
  counted += 3_600_000;
  await clock.measure();
  const off = clock.now().getTime() - (await databaseTime(database.db)).getTime();
  await database.close();
  expect(Math.abs(off)).toBeLessThan(5_000);
});
