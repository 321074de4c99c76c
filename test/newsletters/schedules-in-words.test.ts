// Schedules in words.
import { translator } from '../../src/languages/translate.js';
import { scheduleInWords } from '../../src/newsletters/schedule-words.js';

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
