// Finding the encoding of a document.
import { gzipSync } from 'node:zlib';
import iconv from 'iconv-lite';
import { closeParser } from '../../src/formats/parse.js';
import { read } from './parse-support.js';

afterAll(closeParser);

describe('charsets', () => {
  const document = (declaration: string) =>
    `<?xml version="1.0"${declaration}?><rss version="2.0"><channel><title>T</title><item><title>Žluťoučký kůň “é”</title></item></channel></rss>`;
  const latin = (declaration: string) => document(declaration).replace('Žluťoučký kůň', 'Größe');
  test.each<[string, Uint8Array, string | undefined, string]>([
    ['UTF-8 without a word', Buffer.from(document('')), undefined, 'Žluťoučký kůň “é”'],
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${document('')}`), undefined, 'Žluťoučký kůň “é”'],
    [
      'UTF-16 with a byte order mark',
      iconv.encode(document(' encoding="utf-16"'), 'utf-16'),
      undefined,
      'Žluťoučký kůň “é”',
    ],
    [
      'UTF-16 without a declaration either',
      iconv.encode(
        latin('')
          .replace(/^<\?xml[^>]*>/, '')
          .replace('Größe', '東京'),
        'utf-16le',
      ),
      undefined,
      '東京 “é”',
    ],
    [
      'UTF-8 that calls itself UTF-16, as .NET does',
      Buffer.from(latin(' encoding="utf-16"')),
      undefined,
      'Größe “é”',
    ],
    ['UTF-8 behind a header of UTF-16', Buffer.from(latin('')), 'text/xml; charset=utf-16', 'Größe “é”'],
    ['a file that was packed', gzipSync(latin('')), 'application/gzip', 'Größe “é”'],
    ['UTF-16 without', iconv.encode(document(''), 'utf-16be'), undefined, 'Žluťoučký kůň “é”'],
    [
      'the declaration',
      iconv.encode(document(' encoding="windows-1250"'), 'windows-1250'),
      'application/xml',
      'Žluťoučký kůň “é”',
    ],
    [
      'the header, before the declaration',
      iconv.encode(document(' encoding="utf-8"'), 'windows-1250'),
      'text/xml; charset=windows-1250',
      'Žluťoučký kůň “é”',
    ],
    ['windows-1252 without a word', iconv.encode(latin(''), 'windows-1252'), undefined, 'Größe “é”'],
    [
      'windows-1252 that says ISO 8859-1',
      iconv.encode(latin(' encoding="ISO-8859-1"'), 'windows-1252'),
      undefined,
      'Größe “é”',
    ],
    [
      'windows-1252 that says UTF-8',
      iconv.encode(latin(' encoding="UTF-8"'), 'windows-1252'),
      undefined,
      'Größe “é”',
    ],
    [
      'UTF-8 behind a header that says ISO 8859-1',
      Buffer.from(latin('')),
      'text/xml; charset=ISO-8859-1',
      'Größe “é”',
    ],
    [
      'UTF-8 of which a program cut a character in half',
      Buffer.concat([
        Buffer.from(latin('').replace('</title></item>', '</title><description>Gr')),
        Buffer.from([0xc3]),
        Buffer.from('</description></item></channel></rss>'),
      ]),
      'text/xml; charset=utf-8',
      'Größe “é”',
    ],
    [
      'windows-1251 behind a header that says UTF-8 of everything',
      iconv.encode(
        document(' encoding="windows-1251"').replace('Žluťoučký kůň “é”', 'Порт и краны'),
        'windows-1251',
      ),
      'text/xml; charset=utf-8',
      'Порт и краны',
    ],
    [
      'Shift_JIS behind a header that says US-ASCII',
      iconv.encode(
        document(' encoding="Shift_JIS"').replace('Žluťoučký kůň “é”', '港のクレーン'),
        'shift_jis',
      ),
      'text/xml; charset=us-ascii',
      '港のクレーン',
    ],
    [
      'windows-1251 behind a header that says ISO 8859-1',
      iconv.encode(
        document(' encoding="windows-1251"').replace('Žluťoučký kůň “é”', 'Порт и краны'),
        'windows-1251',
      ),
      'text/xml; charset=ISO-8859-1',
      'Порт и краны',
    ],
    [
      'UTF-8 that says so, behind a header of windows-1251',
      Buffer.from(latin(' encoding="UTF-8"')),
      'text/xml; charset=windows-1251',
      'Größe “é”',
    ],
    [
      'windows-1252 with something that looks like UTF-8',
      iconv.encode(latin('').replace('Größe', 'Größe: CAFÉ… É…'), 'windows-1252'),
      undefined,
      'Größe: CAFÉ… É… “é”',
    ],
    ['a charset that does not exist', Buffer.from(latin(' encoding="klingon"')), undefined, 'Größe “é”'],
  ])('%s', async (_, bytes, contentType, title) => {
    expect((await read(bytes, contentType)).posts[0]?.title).toBe(title);
  });
});
