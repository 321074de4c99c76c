// The one clock of a worker: the database's time. A host whose clock is wrong then decides nothing early or
// late, and what a statement decides agrees with what code decides.
import { databaseTime, type Db } from './db.js';

export interface Clock {
  now(): Date;
  /**
   * Asks the database for its time. Call it about once a minute: until then this process counts on by itself.
   */
  measure(): Promise<void>;
}

/**
 * Counts from the database's time, with a counter that only goes forward: setting the host's clock changes
 * nothing.
 */
export async function startClock(db: Db, counter: () => number = () => performance.now()): Promise<Clock> {
  let offset = 0;
  async function measure(): Promise<void> {
    const asked = counter();
    const at = await databaseTime(db);
    // The answer was right half a round trip ago.
    offset = at.getTime() - (asked + counter()) / 2;
  }
  await measure();
  return { now: () => new Date(counter() + offset), measure };
}
