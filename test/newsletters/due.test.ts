// Due times of issues, also across clock changes.
import { nextSlot, slotsBetween, type ReadingTime } from '../../src/newsletters/due.js';

const everyDay = [1, 2, 3, 4, 5, 6, 7];
const daily = (sendTime: string, timezone: string, weekdays = everyDay): ReadingTime => ({
  frequency: 'daily',
  sendTime,
  weekdays,
  timezone,
});
const slots = (reading: ReadingTime, after: string, until: string) =>
  slotsBetween(reading, new Date(after), new Date(until)).map((slot) => slot.toISOString());

test('a slot belongs to the stretch that ends with it, and not to the one that begins with it', () => {
  const reading = daily('07:00', 'UTC');
  expect(slots(reading, '2026-06-01T06:59:00Z', '2026-06-01T07:00:00Z')).toEqual([
    '2026-06-01T07:00:00.000Z',
  ]);
  expect(slots(reading, '2026-06-01T07:00:00Z', '2026-06-02T06:59:59Z')).toEqual([]);
});

test.each([
  ['Asia/Kathmandu', '2026-06-01T01:15:00.000Z'],
  ['Asia/Kolkata', '2026-06-01T01:30:00.000Z'],
  ['Pacific/Chatham', '2026-05-31T18:15:00.000Z'],
  ['America/St_Johns', '2026-06-01T09:30:00.000Z'],
  ['Pacific/Kiritimati', '2026-05-31T17:00:00.000Z'],
])('07:00 on 1 June in %s', (timezone, expected) => {
  expect(slots(daily('07:00', timezone), '2026-05-31T12:00:00Z', '2026-06-01T11:59:00Z')).toEqual([expected]);
});

test('the hour stays the same over a clock change', () => {
  expect(slots(daily('07:00', 'Europe/Berlin'), '2026-03-28T00:00:00Z', '2026-03-30T12:00:00Z')).toEqual([
    '2026-03-28T06:00:00.000Z',
    '2026-03-29T05:00:00.000Z',
    '2026-03-30T05:00:00.000Z',
  ]);
});

test('a time that the clock skips is due at the next valid instant', () => {
  // New York, 8 March 2026: 02:00 EST is 03:00 EDT, 07:00 UTC.
  expect(slots(daily('02:30', 'America/New_York'), '2026-03-08T00:00:00Z', '2026-03-08T23:00:00Z')).toEqual([
    '2026-03-08T07:00:00.000Z',
  ]);
  // Lord Howe moves by half an hour only: 4 October 2026, 02:00 +10:30 is 02:30 +11:00, 15:30 UTC.
  expect(
    slots(daily('02:15', 'Australia/Lord_Howe'), '2026-10-03T12:00:00Z', '2026-10-04T00:00:00Z'),
  ).toEqual(['2026-10-03T15:30:00.000Z']);
});

test('a time that happens twice is due the first time', () => {
  // New York, 1 November 2026: 01:30 EDT is 05:30 UTC, 01:30 EST is 06:30 UTC.
  expect(slots(daily('01:30', 'America/New_York'), '2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z')).toEqual([
    '2026-11-01T05:30:00.000Z',
  ]);
});

test('only the weekdays that are set', () => {
  const weekdaysOnly = daily('07:00', 'UTC', [1, 2, 3, 4, 5]);
  // 5 June 2026 is a Friday.
  expect(nextSlot(weekdaysOnly, new Date('2026-06-05T08:00:00Z'))?.toISOString()).toBe(
    '2026-06-08T07:00:00.000Z',
  );
  const monday: ReadingTime = {
    frequency: 'weekly',
    sendTime: '18:30',
    weekdays: [1],
    timezone: 'Europe/Paris',
  };
  expect(nextSlot(monday, new Date('2026-06-01T16:30:00Z'))?.toISOString()).toBe('2026-06-08T16:30:00.000Z');
  expect(nextSlot(daily('07:00', 'UTC', []), new Date())).toBeUndefined();
});
