// Every newsletter with the slots that it has in a stretch of time: for the planner, and for the hold after a
// restore.
import type { Db } from '../db.js';
import { dueSlots, type Due } from './due-slots.js';
import type { Newsletter } from './schema.js';
import { selectPlanned } from './store.js';

export interface Planned {
  newsletter: Newsletter;
  /** Slots up to this time have been looked at. */
  plannedThrough: Date;
  /** The slots after `after` and up to `until`, with the readers who are due then. */
  slots(after: Date, until: Date): Due[];
}

export async function eachPlanned(db: Db): Promise<Planned[]> {
  const rows = await selectPlanned(db);
  return rows.map(({ newsletter, plannedThrough, readingTimes }) => ({
    newsletter,
    plannedThrough,
    slots: (after, until) => dueSlots(newsletter, readingTimes, after, until),
  }));
}
