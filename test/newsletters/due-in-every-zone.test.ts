// Compares due times over three years, in every zone that Intl knows, with an independent computation. A time
// is due at the first instant at which a wall clock in the zone shows it or a later time.
import { minute, hour, day } from '../../src/durations.js';
import { slotsBetween, type ReadingTime } from '../../src/newsletters/due.js';

const from = Date.UTC(2025, 0, 1);
const until = Date.UTC(2028, 0, 1);

/** The wall clock's reading at `at`, as milliseconds of a UTC day with the same date. */
function wallClock(timeZone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  return (at) => {
    const [, month = 0, date = 0, year = 0, hours = 0, minutes = 0] = (
      /^(\d+)\/(\d+)\/(\d+), (\d+):(\d+)$/.exec(format.format(at)) ?? []
    ).map(Number);
    return Date.UTC(year, month - 1, date, hours, minutes);
  };
}

/** The clock changes, each with the offset from UTC that follows. A day-by-day search finds them. */
function changes(clock: (at: number) => number): { at: number; offset: number }[] {
  const offsetAt = (at: number) => clock(at) - at;
  const found = [{ at: -Infinity, offset: offsetAt(from - 3 * day) }];
  for (let at = from - 3 * day; at < until + 3 * day; at += day) {
    if (offsetAt(at) === offsetAt(at + day)) continue;
    let [low, high] = [at, at + day];
    while (high - low > minute) {
      const middle = low + Math.floor((high - low) / 2 / minute) * minute;
      if (offsetAt(middle) === offsetAt(low)) low = middle;
      else high = middle;
    }
    found.push({ at: high, offset: offsetAt(high) });
  }
  return found;
}

/** The first instant at which the wall clock shows `wanted` or later. */
function firstShown(wanted: number, moved: readonly { at: number; offset: number }[]): number {
  // Searches only the stretches nearby: a clock that was set back repeats times, but never of another day.
  for (const [index, { at, offset }] of moved.entries()) {
    const end = moved[index + 1]?.at ?? Infinity;
    const shown = Math.max(at, wanted - offset);
    if (shown < end) return shown;
  }
  throw new Error('the clock stands still');
}

const zones = Intl.supportedValuesOf('timeZone');
const everyDay = [1, 2, 3, 4, 5, 6, 7];
const pad = (value: number) => String(value).padStart(2, '0');
const timeOf = (minutes: number) => `${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;

function compare(
  timezone: string,
  moved: { at: number; offset: number }[],
  minutes: number,
  first: number,
  last: number,
) {
  const reading: ReadingTime = {
    frequency: 'daily',
    sendTime: timeOf(minutes),
    weekdays: everyDay,
    timezone,
  };
  const ours = slotsBetween(reading, new Date(first - 1), new Date(last)).map(Number);
  const expected: number[] = [];
  for (let date = Math.floor(first / day) * day - 2 * day; date <= last + 2 * day; date += day) {
    const due = firstShown(date + minutes * minute, moved);
    if (due >= first && due <= last) expected.push(due);
  }
  const wrong = expected.findIndex((at, index) => ours[index] !== at);
  if (wrong >= 0 || ours.length !== expected.length) {
    const show = (at: number | undefined) => (at === undefined ? 'nothing' : new Date(at).toISOString());
    const index = wrong < 0 ? expected.length : wrong;
    throw new Error(
      `${timezone} ${timeOf(minutes)}: ${show(expected[index])} is due, slotsBetween says ${show(ours[index])}`,
    );
  }
  return expected.length;
}

/** Zones with the same clock changes have the same due times, so one of them is compared. */
const unlike = new Map(
  zones.map((timezone) => {
    const moved = changes(wallClock(timezone));
    return [JSON.stringify(moved), { timezone, moved }];
  }),
);

test('every day of three years in every zone', () => {
  expect(zones.length).toBeGreaterThan(400);
  expect(unlike.size).toBeGreaterThan(60);
  let compared = 0;
  // Another time in each zone, so that all minutes of the day occur.
  for (const [index, { timezone, moved }] of [...unlike.values()].entries())
    compared += compare(timezone, moved, (index * 7 * 61) % 1440, from, until);
  expect(compared).toBeGreaterThan(unlike.size * 1000);
}, 300_000);

test('every quarter of an hour around every change of a clock', () => {
  const tried = new Set<string>();
  let compared = 0;
  for (const { timezone, moved } of unlike.values())
    for (const { at, offset } of moved.slice(1)) {
      const key = `${at} ${offset}`;
      if (tried.has(key)) continue;
      tried.add(key);
      for (let minutes = 0; minutes < 1440; minutes += 15)
        compared += compare(timezone, moved, minutes, at - 30 * hour, at + 30 * hour);
    }
  expect(tried.size).toBeGreaterThan(50);
  expect(compared).toBeGreaterThan(10_000);
}, 300_000);

test('a day that a zone left out is due when the next one begins', () => {
  // Samoa went from 29 to 31 December 2011: there was no Friday the 30th at 07:00.
  const reading: ReadingTime = {
    frequency: 'daily',
    sendTime: '07:00',
    weekdays: everyDay,
    timezone: 'Pacific/Apia',
  };
  const slots = slotsBetween(reading, new Date('2011-12-28T12:00:00Z'), new Date('2012-01-01T12:00:00Z'));
  const clock = wallClock('Pacific/Apia');
  expect(new Set(slots.map(Number)).size).toBe(slots.length);
  expect(slots.filter((slot) => clock(Number(slot)) === Date.UTC(2011, 11, 31, 7))).toHaveLength(1);
});
