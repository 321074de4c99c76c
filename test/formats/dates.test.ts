// Dates in feeds, and the delay after failures.
import { parseDate } from '../../src/formats/dates.js';
import { execFileSync } from 'node:child_process';
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
  ['Mon Nov 23 07:00:00 EST 2026', '2026-11-23T12:00:00.000Z'],
  ['Mon Nov 23 07:00:00 CET 2026', '2026-11-23T06:00:00.000Z'],
  ['Mon Nov 23 2026 07:00:00 GMT+0100 (CET)', '2026-11-23T06:00:00.000Z'],
  ['November 23rd, 2026 at 7:30 pm EST', '2026-11-24T00:30:00.000Z'],
  ['12:30am 23 Nov 2026', '2026-11-23T00:30:00.000Z'],
  ['Mon, 23 Nov 2026 07:00:00 ET', '2026-11-23T12:00:00.000Z'],
  ['Thu, 23 Jul 2026 07:00:00 ET', '2026-07-23T11:00:00.000Z'],
  ['Thu, 23 Jul 2026 07:00 CT', '2026-07-23T12:00:00.000Z'],
  ['November 23rd, 2026 at 7:30 pm PT', '2026-11-24T03:30:00.000Z'],
  ['2026-07-23T07:30:00 MT', '2026-07-23T13:30:00.000Z'],
  ['2026-11-23 07:30 EST', '2026-11-23T12:30:00.000Z'],
  ['Sun, 08 Mar 2026 02:30:00 ET', '2026-03-08T07:30:00.000Z'],
  ['Mon, 23 Nov 2026 07:00:00 SAST', '2026-11-23T05:00:00.000Z'],
  ['2026-11-23 07:30 XYZ', undefined],
  ['le 23 et 24 nov. 2026', '2026-11-23T00:00:00.000Z'],
  ['2026/11/23 07:00:00', '2026-11-23T07:00:00.000Z'],
  ['23.11.2026 07:30', '2026-11-23T07:30:00.000Z'],
  ['2026年11月23日 07:30', '2026-11-23T07:30:00.000Z'],
  ['20261123', '2026-11-23T00:00:00.000Z'],
  ['20261123T073000Z', '2026-11-23T07:30:00.000Z'],
  ['1795417200', '2026-11-23T07:00:00.000Z'],
  ['1795417200000', '2026-11-23T07:00:00.000Z'],
  ['Mi, 23 Dez 2026 07:00:00 +0100', '2026-12-23T06:00:00.000Z'],
  ['23. März 2026', '2026-03-23T00:00:00.000Z'],
  ['lun. 23 févr. 2026 à 7h30', '2026-02-23T07:30:00.000Z'],
  ['mar. 24 nov. 2026', '2026-11-24T00:00:00.000Z'],
  ['23 août 2026', '2026-08-23T00:00:00.000Z'],
  ['Пн, 23 ноя 2026 07:00:00 +0300', '2026-11-23T04:00:00.000Z'],
  ['23 мая 2026', '2026-05-23T00:00:00.000Z'],
  ['23 de noviembre de 2026', '2026-11-23T00:00:00.000Z'],
  ['23 paź 2026', '2026-10-23T00:00:00.000Z'],
  ['23 نوفمبر 2026', '2026-11-23T00:00:00.000Z'],
  ['23 jui 2026', undefined],
  ['Thu Jan 01 1970 00:00:00 GMT', undefined],
  ['0001-01-01T00:00:00Z', undefined],
  ['yesterday', undefined],
  ['post 5', undefined],
  ['31 Foo 2026', undefined],
  ['', undefined],
])('%s', (text, expected) => {
  expect(parseDate(text)?.toISOString()).toBe(expected);
});

test('the zone of the machine decides nothing, in whichever reading', () => {
  const texts = ['2026/11/23 07:00:00', 'Nov 23, 2026 07:00', '11/23/2026 07:00', '2026-11-23T07:00'];
  const code = `
    const { readLoosely } = await import(process.argv[1]);
    const items = process.argv.slice(2).map((date) => '<item><title>x</title><pubDate>' + date + '</pubDate></item>');
    const { items: read } = await readLoosely('<rss version="2.0"><channel>' + items.join('') + '</channel></rss>', 'https://a.example/');
    console.log(JSON.stringify(read.map(({ post }) => post.publishedAt)));`;
  const module = new URL('../../src/formats/read-loosely.js', import.meta.url).href;
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', code, module, ...texts], {
    env: { ...process.env, TZ: 'America/New_York' },
  });
  expect(JSON.parse(String(printed))).toEqual(texts.map(() => '2026-11-23T07:00:00.000Z'));
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
