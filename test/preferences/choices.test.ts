// How the choices of a reader are parsed, completed and refused; the limits of confirmations for one address.
import { readConfig } from '../../src/config/environment.js';
import { retryDelay } from '../../src/retry.js';
import { mayAskAgain } from '../../src/subscribers/time-limits.js';
import { readChoices, readingTime, type Offer } from '../../src/subscribers/reading.js';

const offer: Offer = {
  frequencies: ['daily', 'weekly'],
  sendTime: '07:00',
  weeklyDay: 5,
  timezone: 'Europe/Berlin',
  topics: ['Science', 'Arts'],
};

describe('the choices of a reader', () => {
  test('may be nothing', () => {
    const read = readChoices({ email: 'x', frequency: '', topics: [] }, offer);
    expect(read).toEqual({ ok: true, choices: { topics: null } });
    expect(readingTime({ topics: null }, offer)).toBeUndefined();
  });

  test('is completed from the newsletter', () => {
    const choices = { sendTime: '21:30' };
    expect(readingTime(choices, offer)).toEqual({
      frequency: 'daily',
      sendTime: '21:30',
      weekday: null,
      timezone: 'Europe/Berlin',
    });
    expect(readingTime({ frequency: 'weekly', timezone: 'Asia/Tokyo' }, offer)).toEqual({
      frequency: 'weekly',
      sendTime: '07:00',
      weekday: 5,
      timezone: 'Asia/Tokyo',
    });
  });

  test('names topics as the newsletter writes them', () => {
    expect(readChoices({ topics: ['science', 'ARTS', 'Science'] }, offer)).toMatchObject({
      choices: { topics: ['Science', 'Arts'] },
    });
    expect(readChoices({ topics: 'Arts' }, offer)).toMatchObject({ choices: { topics: ['Arts'] } });
    expect(readChoices({ topics: ['anything'] }, { ...offer, topics: [] })).toMatchObject({ ok: true });
  });

  test.each([
    ['frequency', 'hourly'],
    ['sendTime', '24:00'],
    ['sendTime', '7:00'],
    ['sendTime', 700],
    ['weekday', '8'],
    ['timezone', 'Mars/Olympus'],
    ['timezone', '+02:00'],
    ['timezone', { a: 1 }],
    ['language', 'no language'],
    ['topics', ['Sport']],
    ['topics', [1]],
    ['topics', 'x\0'],
    ['topics', Array.from({ length: 51 }, () => 'Arts')],
  ])('is refused when %s is %j', (field, value) =>
    expect(readChoices({ [field]: value }, offer)).toMatchObject({ ok: false, field }),
  );
});

describe('confirmations for one address', () => {
  const { perAddress } = readConfig({}).subscribeLimits;
  const now = new Date('2026-03-01T12:00:00Z');
  const ago = (...minutes: number[]) => minutes.map((m) => new Date(now.getTime() - m * 60_000));

  test.each([
    ['the first', [], true],
    ['one in 10 minutes', [9], false],
    ['again after 10 minutes', [10], true],
    ['three a day', [20, 40, 1439], false],
    ['the third a day later', [20, 40, 1441], true],
    ['five in 30 days', [1500, 3000, 5000, 9000, 43_199], false],
    ['the fifth 30 days later', [1500, 3000, 5000, 9000, 43_201], true],
  ])('%s', (_name, minutes, allowed) => expect(mayAskAgain(perAddress, ago(...minutes), now)).toBe(allowed));

  test('wait longer after each deferral', () => {
    const minutes = [1, 2, 3, 4, 5, 6, 7, 50].map((attempt) => retryDelay(attempt) / 60_000);
    expect(minutes).toEqual([5, 15, 30, 60, 120, 240, 240, 240]);
  });
});
