import { parseDate } from '../../src/feeds/dates.js';
import { nextPollAfterFailure } from '../../src/feeds/next-poll.js';

test.each<[string, string | undefined]>([
  ['Mon, 23 Nov 2026 07:30:00 +0100', '2026-11-23T06:30:00.000Z'],
  ['Mon, 23 Nov 2026 07:30:00 GMT', '2026-11-23T07:30:00.000Z'],
  ['Mon, 23 Nov 2026 07:30 EST', '2026-11-23T12:30:00.000Z'],
  ['Mon, 23 Nov 2026 07:30:00 CET', '2026-11-23T06:30:00.000Z'],
  ['Mon, 23 Nov 2026 07:30:00', '2026-11-23T07:30:00.000Z'],
  ['Tue, 23 Nov 2026 07:30:00 Z', '2026-11-23T07:30:00.000Z'],
  ['lun., 23 Nov 2026 07:30:00 +0000', '2026-11-23T07:30:00.000Z'],
  ['23 Nov 26 07:30:00 UT', '2026-11-23T07:30:00.000Z'],
  ['23 November 2026 07:30:00 GMT+01:00', '2026-11-23T06:30:00.000Z'],
  ['23-Nov-2026', '2026-11-23T00:00:00.000Z'],
  ['2026-11-23T07:30:00Z', '2026-11-23T07:30:00.000Z'],
  ['2026-11-23T07:30:00.123456+01:00', '2026-11-23T06:30:00.123Z'],
  ['2026-11-23T07:30+0100', '2026-11-23T06:30:00.000Z'],
  ['2026-11-23 07:30:00', '2026-11-23T07:30:00.000Z'],
  ['2026-11-23 07:30:00 UTC', '2026-11-23T07:30:00.000Z'],
  ['2026-11-23', '2026-11-23T00:00:00.000Z'],
  ['2026-11', '2026-11-01T00:00:00.000Z'],
  ['November 23, 2026', '2026-11-23T00:00:00.000Z'],
  ['Thu Jan 01 1970 00:00:00 GMT', undefined],
  ['0001-01-01T00:00:00Z', undefined],
  ['yesterday', undefined],
  ['post 5', undefined],
  ['31 Foo 2026', undefined],
  ['', undefined],
])('%s', (text, expected) => {
  expect(parseDate(text)?.toISOString()).toBe(expected);
});

test('a feed that fails is asked again after 5 minutes, then twice as long, up to a day', () => {
  const now = new Date('2026-11-23T12:00:00Z');
  const minutes = (failures: number, retryAfter?: number) =>
    (nextPollAfterFailure(now, failures, retryAfter, 0.5).getTime() - now.getTime()) / 60_000;
  expect([1, 2, 3, 8, 9, 10, 1000].map((failures) => minutes(failures))).toEqual([
    5, 10, 20, 640, 1280, 1440, 1440,
  ]);
  expect(minutes(1, 3600)).toBe(60);
  expect(minutes(1, 10)).toBe(5);
  expect(minutes(1, 10 ** 9)).toBe(1440);
});
