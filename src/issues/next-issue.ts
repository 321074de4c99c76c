// When the next issue comes. Until then deliveries are tried; after that their posts go to the next issue.
import type { Db } from '../db.js';
import { minute, hour } from '../durations.js';
import { nextSlot, ownReadingTime } from '../newsletters/due.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';

const retryHours = 24;

type Schedule = Pick<Newsletter, 'schedule' | 'timezone'>;

/** Undefined: none is known, for example in a pause. */
const slotAfter = ({ schedule, timezone }: Schedule, after: Date): Date | undefined =>
  schedule.paused ? undefined : nextSlot(ownReadingTime(schedule, timezone), after);

/** Until when deferred deliveries are tried: for a day, but not beyond the next issue. */
export function retryUntil(now: Date, newsletter: Schedule | undefined): Date {
  const day = now.getTime() + retryHours * hour;
  return new Date(Math.min(day, (newsletter && slotAfter(newsletter, now))?.getTime() ?? day));
}

/** As retryUntil, for an issue that is sent again at `now`. */
export async function retryAgainUntil(db: Db, newsletterId: string, now: Date): Promise<Date> {
  return retryUntil(now, await getNewsletter(db, newsletterId));
}

/** The cut-off of the issue after this one was fanned out, or sent again; undefined: there is none. */
export async function nextCutoff(
  db: Db,
  issue: { newsletterId: string; fannedOutAt: Date | null; retryUntil: Date | null },
): Promise<Date | undefined> {
  const newsletter = await getNewsletter(db, issue.newsletterId);
  if (newsletter === undefined || issue.fannedOutAt === null) return undefined;
  // For an issue that was sent again, only retryUntil tells when that was.
  const sentAgain = (issue.retryUntil?.getTime() ?? 0) - retryHours * hour;
  const slot = slotAfter(newsletter, new Date(Math.max(issue.fannedOutAt.getTime(), sentAgain)));
  return slot && new Date(slot.getTime() - newsletter.schedule.cutoffMinutes * minute);
}
