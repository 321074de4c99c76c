// How the RETENTION setting is parsed.
import { readConfig } from '../../src/config/environment.js';

const retention = (text = '') => readConfig({ RETENTION: text }).retention;

describe('RETENTION', () => {
  test('names kinds and days; the other kinds keep their default', () => {
    expect(retention()).toMatchObject({ unconfirmed: 30, left: null, replies: 90 });
    expect(retention(' replies=7d, audit=off ,left=1095d')).toMatchObject({
      unconfirmed: 30,
      left: 1095,
      replies: 7,
      audit: null,
    });
  });

  test.each([
    'replies',
    'replies=7',
    'replies=0d',
    'replies=-1d',
    'reply=7d',
    'toString=7d',
    'replies=999999d',
    'unconfirmed=7d',
    'audit=30d',
    'replies=7d;left=off',
  ])('%s is refused by name', (text) => {
    expect(() => retention(text)).toThrow(/^RETENTION is /);
  });
});
