// Which slots a newsletter has in a stretch of time, and which readers are due at them. Pure.
import { ownReadingTime, slotsBetween, type ReadingTime } from './due.js';
import type { Newsletter } from './schema.js';

export interface ReadingTimeRow {
  id: string;
  frequency: 'daily' | 'weekly';
  sendTime: string;
  weekday: number | null;
  timezone: string;
}

export interface Due {
  slot: Date;
  /** True: the readers without a time of their own are due. */
  dueDefault: boolean;
  dueReadingTimes: string[];
}

/**
 * The slots, with the readers who are due. If a reading time missed several slots, only its last one counts.
 */
export function dueSlots(
  newsletter: Pick<Newsletter, 'schedule' | 'timezone'>,
  readingTimes: readonly ReadingTimeRow[],
  after: Date,
  until: Date,
): Due[] {
  const slots = new Map<number, Due>();
  const add = (reading: ReadingTime, id: string | undefined) => {
    const slot = slotsBetween(reading, after, until).at(-1);
    if (slot === undefined) return;
    const due = slots.get(slot.getTime()) ?? { slot, dueDefault: false, dueReadingTimes: [] };
    slots.set(slot.getTime(), due);
    if (id === undefined) due.dueDefault = true;
    else due.dueReadingTimes.push(id);
  };
  add(ownReadingTime(newsletter.schedule, newsletter.timezone), undefined);
  for (const { id, frequency, sendTime, weekday, timezone } of readingTimes) {
    const weekdays =
      frequency === 'weekly' ? [weekday ?? newsletter.schedule.weeklyDay] : newsletter.schedule.weekdays;
    add({ frequency, sendTime, weekdays, timezone }, id);
  }
  return [...slots.values()].toSorted((a, b) => a.slot.getTime() - b.slot.getTime());
}
