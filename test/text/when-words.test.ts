// An instant as a page says it: the day, the time, and how far away it is.
import { translator } from '../../src/languages/translate.js';
import {
  dayParts,
  distanceInWords,
  instantParts,
  momentInSentence,
  utcTimes,
  whenInWords,
  zoneInWords,
} from '../../src/text/when-words.js';

const en = translator('en');
const instant = (at: string, now: string, zone = 'UTC', tag = 'en'): string => {
  const { words, distance, comma } = instantParts(
    new Date(at),
    { now: new Date(now), zone },
    translator(tag),
  );
  return distance === undefined ? words : `${words}${comma} ${distance}`;
};

describe('a distance', () => {
  const now = new Date('2026-11-30T12:00:00Z');
  const far = (milliseconds: number, tag = 'en'): string =>
    distanceInWords(new Date(now.getTime() + milliseconds), now, translator(tag));
  const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000];

  test.each([
    [0, 'just now'],
    [-59 * second, 'just now'],
    [-60 * second, '1 min ago'],
    [59 * second, 'now'],
    [60 * second, 'in 1 min'],
    [-89 * minute, '89 min ago'],
    [-90 * minute, '2 h ago'],
    [13 * hour, 'in 13 h'],
    [-47 * hour, '47 h ago'],
    [-48 * hour, '2 days ago'],
    [59 * day, 'in 59 days'],
    [-60 * day, '2 months ago'],
    [400 * day, 'in 13 months'],
    [-1_500 * day, '4 years ago'],
  ])('%d ms: %s', (milliseconds, words) => {
    expect(far(milliseconds)).toBe(words);
  });

  // Unicode CLDR: Arabic has forms for 1, 2, 3 to 10, 11 to 99 and 100; Hebrew for 1 and 2.
  test.each([
    [2, 'ar', 'بعد يومين'],
    [3, 'ar', 'بعد 3 أيام'],
    [11, 'ar', 'بعد 11 يومًا'],
    [-2, 'ar', 'قبل يومين'],
    [-3, 'ar', 'قبل 3 أيام'],
    [-11, 'ar', 'قبل 11 يومًا'],
    [2, 'he', 'בעוד יומיים'],
    [3, 'he', 'בעוד 3 ימים'],
    [-2, 'he', 'לפני יומיים'],
    [-3, 'he', 'לפני 3 ימים'],
    [-2, 'de', 'vor 2 Tagen'],
    [-2, 'fr', 'il y a 2 jours'],
    [2, 'es', 'dentro de 2 días'],
  ])('%d days in %s: %s', (days, tag, words) => {
    expect(far(days * day, tag)).toBe(words);
  });
});

describe('an instant in a list', () => {
  test.each([
    // Midnight parts the days, not the distance.
    ['2026-11-29T23:59:00Z', '2026-11-30T00:01:00Z', 'yesterday 23:59, 2 min ago'],
    ['2026-11-30T00:01:00Z', '2026-11-29T23:59:00Z', 'tomorrow 00:01, in 2 min'],
    ['2026-11-30T00:00:00Z', '2026-11-30T23:59:00Z', 'today 00:00, 24 h ago'],
    // In 23 hours it is still today, or it is tomorrow already.
    ['2026-11-30T23:30:00Z', '2026-11-30T00:30:00Z', 'today 23:30, in 23 h'],
    ['2026-12-01T07:00:00Z', '2026-11-30T08:00:00Z', 'tomorrow 07:00, in 23 h'],
    ['2026-11-30T11:59:30Z', '2026-11-30T12:00:00Z', 'today 11:59, just now'],
    ['2026-11-27T07:00:00Z', '2026-11-30T08:00:00Z', 'Friday 07:00, 3 days ago'],
    ['2026-11-24T00:00:00Z', '2026-11-30T23:00:00Z', 'Tuesday 00:00, 7 days ago'],
    ['2026-11-23T23:59:00Z', '2026-11-30T00:01:00Z', '23 Nov 2026, 23:59'],
    ['2026-12-07T07:00:00Z', '2026-11-30T08:00:00Z', '7 Dec 2026, 07:00'],
  ])('%s at %s: %s', (at, now, words) => {
    expect(instant(at, now)).toBe(words);
  });

  test('the day is that of the zone', () => {
    expect(instant('2026-11-29T16:00:00Z', '2026-11-29T14:00:00Z', 'Asia/Tokyo')).toBe(
      'tomorrow 01:00, in 2 h',
    );
    expect(instant('2026-11-30T03:00:00Z', '2026-11-30T06:00:00Z', 'America/New_York')).toBe(
      'yesterday 22:00, 3 h ago',
    );
  });

  test('a day of 23 or 25 hours is one day', () => {
    // Berlin: 25 October 2026 has 25 hours, 28 March 2027 has 23.
    const berlin = 'Europe/Berlin';
    expect(instant('2026-10-24T22:30:00Z', '2026-10-25T22:30:00Z', berlin)).toBe('today 00:30, 24 h ago');
    expect(instant('2026-10-25T23:30:00Z', '2026-10-24T22:30:00Z', berlin)).toBe('tomorrow 00:30, in 25 h');
    expect(instant('2027-03-28T22:30:00Z', '2027-03-27T23:30:00Z', berlin)).toBe('tomorrow 00:30, in 23 h');
    expect(instant('2027-03-22T23:30:00Z', '2027-03-28T22:30:00Z', berlin)).toBe('Tuesday 00:30, 6 days ago');
  });

  test.each([
    ['de', 'gestern 08:00, vor 16 h'],
    ['fr', 'hier, 8\u00a0h, il y a 16 h'],
    ['es', 'ayer, 08:00, hace 16 h'],
    ['ar', 'أمس 08:00، قبل 16 س'],
    ['he', 'אתמול 08:00, לפני 16 שע׳'],
  ])('in %s: %s', (tag, words) => {
    expect(instant('2026-11-29T07:00:00Z', '2026-11-29T23:10:00Z', 'Europe/Berlin', tag)).toBe(words);
  });

  test('the title has what the words leave out', () => {
    const clock = { now: new Date('2026-11-30T12:00:00Z'), zone: 'UTC' };
    expect(instantParts(new Date('2026-11-30T07:00:00Z'), clock, en).title).toBe('30 Nov 2026, 07:00');
    expect(instantParts(new Date('2026-11-03T07:00:00Z'), clock, en).title).toBe('27 days ago');
  });
});

test('a day alone says no time', () => {
  const clock = { now: new Date('2026-11-30T12:00:00Z'), zone: 'UTC' };
  const day = (at: string): string => dayParts(new Date(at), clock, en).words;
  expect(
    ['2026-11-30T00:00:00Z', '2026-11-29T23:59:00Z', '2026-12-01T00:00:00Z', '2026-11-26T12:00:00Z'].map(day),
  ).toEqual(['today', 'yesterday', 'tomorrow', '4 days ago']);
  expect(day('2026-11-03T12:00:00Z')).toBe('3 Nov 2026');
});

test('a sentence has the date, and the distance of a near instant', () => {
  const clock = { now: new Date('2026-11-30T12:00:00Z'), zone: 'Europe/Berlin' };
  const said = (at: string, tag = 'en'): string => momentInSentence(new Date(at), clock, translator(tag));
  expect(said('2026-11-30T07:00:00Z')).toBe('30 Nov 2026, 08:00 (5 h ago)');
  expect(said('2026-11-03T07:00:00Z')).toBe('3 Nov 2026, 08:00');
  expect(said('2026-11-30T07:00:00Z', 'fr')).toBe('30 nov. 2026, 8\u00a0h (il y a 5 h)');
  expect(utcTimes(en).time(new Date('2026-11-30T07:00:00Z'))).toBe('30 Nov 2026, 07:00 UTC');
});

test('a sentence of the home page needs no preposition', () => {
  const clock = { now: new Date('2026-11-30T12:00:00Z'), zone: 'UTC' };
  expect(
    ['2026-11-30T19:00:00Z', '2026-12-01T07:00:00Z', '2026-12-03T07:00:00Z', '2026-12-20T07:00:00Z'].map(
      (at) => whenInWords(new Date(at), clock, en),
    ),
  ).toEqual(['today at 19:00', 'tomorrow at 07:00', 'on Thursday at 07:00', 'on 20 Dec 2026 at 07:00']);
});

test.each([
  ['en', 'Times are in New York time.', 'Times are in UTC.'],
  ['he', 'השעות לפי שעון ניו יורק.', 'השעות לפי UTC.'],
])('the zone in %s: %s', (tag, newYork, utc) => {
  expect(zoneInWords('America/New_York', translator(tag))).toBe(newYork);
  expect(zoneInWords('UTC', translator(tag))).toBe(utc);
});
