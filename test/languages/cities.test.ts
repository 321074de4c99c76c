// The names of cities for time zones.
import { cityOf } from '../../src/languages/cities.js';
import { languages } from '../../src/languages/language.js';
import { translator } from '../../src/languages/translate.js';
import { scheduleInWords } from '../../src/newsletters/schedule-words.js';
import { zoneGroups } from '../../src/newsletters/zones.js';

const zones = Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC');

test.each([
  ['he', /\p{Script=Hebrew}/u],
  ['ar', /\p{Script=Arabic}/u],
] as const)('%s has every city in its own letters', (language, letters) => {
  expect(zones.length).toBeGreaterThan(400);
  expect(zones.filter((zone) => !letters.test(cityOf(zone, language)))).toEqual([]);
});

test.each([
  ['Asia/Dubai', ['Dubai', 'Dubai', 'Dubaï', 'Dubái', 'דובאי', 'دبي']],
  ['Europe/Vienna', ['Vienna', 'Wien', 'Vienne', 'Viena', 'וינה', 'فيينا']],
  // A zone's original name, its current name, and a name that did not change.
  ['Europe/Kiev', ['Kyiv', 'Kiew', 'Kiev', 'Kiev', 'קייב', 'كييف']],
  ['Europe/Kyiv', ['Kyiv', 'Kiew', 'Kiev', 'Kiev', 'קייב', 'كييف']],
  ['Asia/Kolkata', ['Kolkata', 'Kalkutta', 'Calcutta', 'Calcuta', 'קולקטה', 'كالكتا']],
  ['America/Indiana/Knox', ['Knox, Indiana', 'Knox, Indiana', 'Knox [Indiana]', 'Knox, Indiana']],
  ['America/New_York', ['New York', 'New York', 'New York', 'Nueva York', 'ניו יורק', 'نيويورك']],
  ['America/Argentina/San_Juan', ['San Juan, Argentina', 'San Juan, Argentina']],
  ['Etc/UTC', ['UTC', 'UTC', 'UTC', 'UTC', 'UTC', 'UTC']],
  ['Etc/GMT+5', ['GMT+5', 'GMT+5', 'GMT+5', 'GMT+5', 'GMT+5', 'GMT+5']],
])('%s', (zone, names) => {
  const inOrder = ['en', 'de', 'fr', 'es', 'he', 'ar'] as const;
  expect([...inOrder].toSorted()).toEqual([...languages].toSorted());
  for (const [at, name] of names.entries()) expect(cityOf(zone, inOrder[at] ?? 'en')).toBe(name);
});

test('a name that only objects have is no zone', () => {
  expect(cityOf('constructor', 'he')).toBe('constructor');
  expect(cityOf('toString', 'en')).toBe('toString');
});

test('the choice is in the order of the reader’s alphabet, and a schedule names the city', () => {
  const words = translator('ar');
  const labels = zoneGroups('Asia/Dubai', words)
    .find(({ zones: some }) => some.some(({ value }) => value === 'Asia/Dubai'))
    ?.zones.map(({ label }) => label);
  expect(labels).toContain('دبي');
  expect(labels).toEqual(labels?.toSorted(new Intl.Collator('ar').compare));
  const daily = { frequencies: ['daily'], weekdays: [1], sendTime: '07:00', weeklyDay: 1 };
  expect(scheduleInWords(daily, 'Europe/Vienna', translator('de-AT'))).toContain('Ortszeit Wien');
});
