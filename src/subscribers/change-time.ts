// A reader changes the hour, weekday, time zone or frequency of their digest.
//
// They still get each post once (read_through) and at most one digest a day. A reader who has had the
// scheduled digest of a day, in the new time zone, waits for the next day. Issues sent manually do not count.
// A reader who saves in the very second of a fan-out may get two.
import type { Db } from '../db.js';
import { minute } from '../durations.js';
import { nextDayAfter } from '../newsletters/due.js';
import type { Newsletter } from '../newsletters/schema.js';
import { ownTimeOf, offerOf, sameTime, type ChosenReadingTime } from './reading.js';
import { internReadingTime, selectLastScheduledSlot } from './subscriptions.js';

interface Move {
  subscriptionId: string;
  newsletter: Newsletter;
  time: ChosenReadingTime;
  at: Date;
}

/**
 * The columns of a subscription that moves to `time`. A reader who chooses the newsletter's own time follows
 * the newsletter.
 */
export async function moveReadingTime(
  tx: Db,
  { subscriptionId, newsletter, time, at }: Move,
): Promise<{ readingTimeId: string | null; notBefore: Date }> {
  const isOwn = sameTime(time, ownTimeOf(offerOf(newsletter)));
  const last = await selectLastScheduledSlot(tx, subscriptionId);
  // Until its cut-off, an issue has asked who is due, without this reader.
  const asked = at.getTime() + newsletter.schedule.cutoffMinutes * minute;
  return {
    readingTimeId: isOwn ? null : await internReadingTime(tx, newsletter.id, time),
    notBefore: new Date(Math.max(asked, last ? nextDayAfter(last, time.timezone).getTime() : 0)),
  };
}
