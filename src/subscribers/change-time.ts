// A reader moves the hour, weekday, zone or frequency of their digest.
//
// They get each post once whatever they choose (read_through sees to it), and one digest a day: whoever has had the
// scheduled digest of a day, as it is reckoned where they now are, waits for the next day. "Send now" is an admin's own
// decision, and neither counts as the day's digest nor asks about it. A reader who saves within the very second in which
// their issue is fanned out may have both.
import type { Db } from '../db.js';
import { nextDayAfter } from '../newsletters/due.js';
import type { Newsletter } from '../newsletters/schema.js';
import { ownTimeOf, offerOf, sameTime, type ReadingTime } from './reading.js';
import { internReadingTime, selectLastScheduledSlot } from './subscriptions.js';

interface Move {
  subscriptionId: string;
  newsletter: Newsletter;
  time: ReadingTime;
  at: Date;
}

/** The columns of a subscription that moves to `time`. Who chooses what the newsletter has stays with the newsletter. */
export async function moveReadingTime(
  tx: Db,
  { subscriptionId, newsletter, time, at }: Move,
): Promise<{ readingTimeId: string | null; notBefore: Date }> {
  const isOwn = sameTime(time, ownTimeOf(offerOf(newsletter)));
  const last = await selectLastScheduledSlot(tx, subscriptionId);
  // Up to its cut-off the planner has asked who is due, and this reader was not.
  const asked = at.getTime() + newsletter.schedule.cutoffMinutes * 60_000;
  return {
    readingTimeId: isOwn ? null : await internReadingTime(tx, newsletter.id, time),
    notBefore: new Date(Math.max(asked, last ? nextDayAfter(last, time.timezone).getTime() : 0)),
  };
}
