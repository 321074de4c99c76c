// Schedules in words.
import { translator } from '../../src/languages/translate.js';
import { scheduleInWords, timeInWords } from '../../src/newsletters/schedule-words.js';
import { clockInWords } from '../../src/text/words.js';

test.each([
  [
    { frequencies: ['daily'], weekdays: [1, 2, 3, 4, 5, 6, 7] },
    'Europe/Berlin',
    'Every day at 07:00, Berlin time',
  ],
  [{ frequencies: ['daily', 'weekly'], weekdays: [5, 1, 2, 3, 4] }, 'UTC', 'Every weekday at 07:00, UTC'],
  [
    { frequencies: ['daily'], weekdays: [3, 1, 6] },
    'America/New_York',
    'Every Monday, Wednesday and Saturday at 07:00, New York time',
  ],
  [{ frequencies: ['weekly'], weekdays: [1] }, 'Asia/Tokyo', 'Every Friday at 07:00, Tokyo time'],
])('%j in %s', (schedule, timezone, words) => {
  expect(scheduleInWords({ sendTime: '07:00', weeklyDay: 5, ...schedule }, timezone, translator('en'))).toBe(
    words,
  );
});

test.each([
  ['en', '07:00', '07:00'],
  ['de', '07:00', '07:00'],
  ['es', '07:00', '07:00'],
  ['he', '07:00', '07:00'],
  ['fr', '07:00', '7\u00a0h'],
  ['fr', '07:05', '7\u00a0h\u00a005'],
  ['fr-CA', '19:30', '19\u00a0h\u00a030'],
  ['fr', '00:00', '0\u00a0h'],
])('%s writes %s as %s', (tag, time, words) => {
  expect(timeInWords(time, translator(tag))).toBe(words);
  expect(clockInWords(new Date(`2026-11-23T${time}:00Z`), 'UTC', translator(tag))).toBe(words);
});

test('a French schedule is written as French writes the time', () => {
  const schedule = { frequencies: ['daily'], weekdays: [1, 2, 3, 4, 5], sendTime: '07:30', weeklyDay: 5 };
  expect(scheduleInWords(schedule, 'Europe/Paris', translator('fr'))).toBe(
    'Du lundi au vendredi à 7\u00a0h\u00a030, heure de Paris',
  );
});
