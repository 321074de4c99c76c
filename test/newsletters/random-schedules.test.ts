// Properties of schedules, checked on random schedules and windows.
import fc from 'fast-check';
import { minute, day } from '../../src/durations.js';
import {
  dateAt,
  nextDayAfter,
  nextSlot,
  slotsBetween,
  startOfDate,
  type ReadingTime,
} from '../../src/newsletters/due.js';
import { expectAlways } from '../support/random-input.js';

const reading: fc.Arbitrary<ReadingTime> = fc.record({
  frequency: fc.constantFrom('daily' as const, 'weekly' as const),
  sendTime: fc
    .tuple(fc.nat(23), fc.nat(59))
    .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':')),
  weekdays: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
  timezone: fc.constantFrom(...Intl.supportedValuesOf('timeZone')),
});
const instant = fc.date({ min: new Date('2000-01-01'), max: new Date('2037-12-31'), noInvalidDate: true });
const days = fc.integer({ min: 0, max: 40 * day });

/** A zone's wall clock by Intl, which our code does not use: [ISO weekday, 'HH:MM']. */
function wallClock(at: Date, timeZone: string): [number, string] {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(at);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? '';
  return [
    ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(part('weekday')) + 1,
    `${part('hour')}:${part('minute')}`,
  ];
}

test('slots rise, lie in the window, and are about as many as the days ask for', () =>
  expectAlways([reading, instant, days], (wanted, after, length) => {
    const until = new Date(after.getTime() + length);
    const slots = slotsBetween(wanted, after, until).map(Number);
    expect(slots).toEqual([...new Set(slots)].toSorted((a, b) => a - b));
    for (const slot of slots) {
      expect(slot).toBeGreaterThan(after.getTime());
      expect(slot).toBeLessThanOrEqual(until.getTime());
    }
    // At least one for each whole week and weekday. A week with a clock change of hours, or without one of
    // its days, may lack one.
    const perWeek = wanted.weekdays.length;
    expect(slots.length).toBeLessThanOrEqual(perWeek * (Math.floor(length / (7 * day)) + 1));
    expect(slots.length).toBeGreaterThanOrEqual(perWeek * Math.floor(length / (7 * day)) - 1);
  }));

test('a slot shows the wanted day and time on a clock in its zone, or the clock has just jumped past it', () =>
  expectAlways([reading, instant], (wanted, after) => {
    const slot = nextSlot(wanted, after);
    if (slot === undefined) throw new Error('no slot');
    const [weekday, time] = wallClock(slot, wanted.timezone);
    const [, before] = wallClock(new Date(slot.getTime() - minute), wanted.timezone);
    // In a gap, the minute before lies before the wanted time, unless the gap swallowed midnight.
    const isAfterGap = before < wanted.sendTime || before > time;
    expect(time === wanted.sendTime ? wanted.weekdays.includes(weekday) : isAfterGap).toBe(true);
  }));

test('two windows side by side have the slots of the whole: none is lost at the seam, none comes twice', () =>
  expectAlways([reading, instant, days, days], (wanted, start, first, second) => {
    const seam = new Date(start.getTime() + first);
    const end = new Date(seam.getTime() + second);
    expect([...slotsBetween(wanted, start, seam), ...slotsBetween(wanted, seam, end)]).toEqual(
      slotsBetween(wanted, start, end),
    );
  }));

test('the next slot is the first slot of any window that holds it', () =>
  expectAlways([reading, instant], (wanted, after) => {
    const next = nextSlot(wanted, after);
    if (next === undefined) throw new Error('no slot');
    expect(slotsBetween(wanted, after, next)).toEqual([next]);
    // Just before the slot the answer is the same; at the slot it is a later one.
    expect(nextSlot(wanted, new Date(next.getTime() - 1))).toEqual(next);
    expect(Number(nextSlot(wanted, next))).toBeGreaterThan(Number(next));
  }));

test('a day ends after the instant that is in it, where the next date begins', () =>
  expectAlways([instant, fc.constantFrom(...Intl.supportedValuesOf('timeZone'))], (at, timezone) => {
    const next = nextDayAfter(at, timezone);
    expect(next.getTime()).toBeGreaterThan(at.getTime());
    expect(dateAt(new Date(next.getTime() - 1), timezone)).toBe(dateAt(at, timezone));
    expect(dateAt(next, timezone) > dateAt(at, timezone)).toBe(true);
    expect(startOfDate(dateAt(next, timezone), timezone)).toEqual(next);
  }));
