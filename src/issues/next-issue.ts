// When the next issue after one comes: until then its deliveries are tried, and what is left is given back.
import type { Db } from '../db.js';
import { nextSlot, ownReadingTime } from '../newsletters/due.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';

const hour = 3_600_000;
const retryHours = 24;

type Schedule = Pick<Newsletter, 'schedule' | 'timezone'>;

const slotAfter = ({ schedule, timezone }: Schedule, after: Date): Date | undefined =>
  nextSlot(ownReadingTime(schedule, timezone), after);

/** Until when a relay is asked again for readers that it puts off: a day, and not beyond the next issue. */
export function retryUntil(now: Date, newsletter: Schedule | undefined): Date {
  const day = now.getTime() + retryHours * hour;
  return new Date(Math.min(day, (newsletter && slotAfter(newsletter, now))?.getTime() ?? day));
}

/** As retryUntil, for an issue of the newsletter that is sent again `now`. */
export async function retryAgainUntil(db: Db, newsletterId: string, now: Date): Promise<Date> {
  return retryUntil(now, await getNewsletter(db, newsletterId));
}

/** When the posts are fixed of the issue that comes after one was fanned out, or sent again; undefined: none is to come. */
export async function nextCutoff(
  db: Db,
  issue: { newsletterId: string; fannedOutAt: Date | null; retryUntil: Date | null },
): Promise<Date | undefined> {
  const newsletter = await getNewsletter(db, issue.newsletterId);
  if (newsletter === undefined || issue.fannedOutAt === null) return undefined;
  // Of one that was sent again, only until when it is tried tells when that was.
  const sentAgain = (issue.retryUntil?.getTime() ?? 0) - retryHours * hour;
  const slot = slotAfter(newsletter, new Date(Math.max(issue.fannedOutAt.getTime(), sentAgain)));
  return slot && new Date(slot.getTime() - newsletter.schedule.cutoffMinutes * 60_000);
}
