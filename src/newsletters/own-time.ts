// When readers who chose no time of their own are next due.
//
// A publisher may move the newsletter's time on a day that has had its digest. Its readers have no second one that day, as
// it is reckoned in the newsletter's zone: what is new waits for the next. An issue that was cancelled or skipped brought
// them nothing, and does not count; nor does "send now", which is a person's own decision.
import type { Db } from '../db.js';
import { nextDayAfter, nextSlot, ownReadingTime, slotsBetween } from './due.js';
import type { Newsletter } from './schema.js';
import { selectLastOwnSlot } from './store.js';

type Timed = Pick<Newsletter, 'id' | 'schedule' | 'timezone'>;

/** Before it they are not due, whatever the schedule says; undefined: the schedule alone decides. */
export async function ownTimeBegins(db: Db, { id, schedule, timezone }: Timed): Promise<Date | undefined> {
  const last = await selectLastOwnSlot(db, id);
  if (last === undefined) return undefined;
  const reading = ownReadingTime(schedule, timezone);
  // Of the schedule as it is: nobody has moved it since. A clock change may put two of its slots on one date.
  const isOfSchedule = slotsBetween(reading, new Date(last.getTime() - 1), last).length > 0;
  return isOfSchedule ? undefined : nextDayAfter(last, timezone);
}

/** The first slot after `now` at which they are due; undefined only if no weekday is set. */
export async function nextOwnSlot(db: Db, newsletter: Timed, now: Date): Promise<Date | undefined> {
  const begins = await ownTimeBegins(db, newsletter);
  const after = Math.max(now.getTime(), (begins?.getTime() ?? 0) - 1);
  return nextSlot(ownReadingTime(newsletter.schedule, newsletter.timezone), new Date(after));
}
