// Parses random documents: the parser never fails, and loses no item of a feed in the junk around it.
import fc from 'fast-check';
import { decodeDocument } from '../../src/formats/charset.js';
import { readDocument, UnreadableDocument } from '../../src/formats/read-document.js';
import { inEnglish } from '../../src/languages/translate.js';
import { expectAlways, textOf } from '../support/random-input.js';

const url = 'https://site.example/feed';

const pieces = textOf(
  '<?xml version="1.0"?>',
  '<!DOCTYPE x [<!ENTITY a "b">]>',
  '<rss>',
  '<channel>',
  '<item>',
  '</item>',
  '<feed>',
  '<entry>',
  '<link href="x"/>',
  '<guid>',
  '</guid>',
  '<title>',
  '</title>',
  '<![CDATA[',
  ']]>',
  '<!--',
  '-->',
  '&amp;',
  '&',
  '&#x0;',
  '{',
  '}',
  '[',
  ']',
  '"items":',
  '"version":"https://jsonfeed.org/version/1.1"',
  ':',
  ',',
  'null',
  '1e999',
  '\0',
  '\ufffe',
  '<html>',
);

test('a document of junk is read or refused in words, never with another error', () =>
  expectAlways(
    [
      fc.oneof(
        pieces,
        fc.uint8Array({ maxLength: 300 }).map((bytes) => decodeDocument(bytes, undefined)),
      ),
    ],
    async (text) => {
      const read = await readDocument(text, url).catch((error: unknown) => error);
      const refusal = read instanceof UnreadableDocument ? inEnglish(read.reason) : undefined;
      expect(refusal ?? 'This is fine').toMatch(/^(The|This) \w+/);
      // Any other error has neither.
      expect(refusal === undefined ? read : { kind: 'refused', items: [] }).toMatchObject({
        kind: expect.any(String),
        items: expect.any(Array),
      });
    },
    800,
  ));

interface Item {
  title: string;
  body: string;
  date: Date;
}

/** Words with the characters that XML escapes; never empty, never only punctuation. */
const title = fc
  .array(fc.constantFrom('harbour', 'AT&T', 'a < b', '"so"', 'été', '東京', '50 %', "it's"), {
    minLength: 1,
    maxLength: 4,
  })
  .map((words) => words.join(' '));
const item: fc.Arbitrary<Item> = fc.record({
  title,
  body: textOf('<p>', '</p>', 'words ', '<b>', '&amp;', '<br>', '<!--', ']]&gt;').map((text) =>
    text.replaceAll(']]>', ''),
  ),
  date: fc.date({ min: new Date('2000-01-01'), max: new Date('2030-01-01'), noInvalidDate: true }),
});
const items = fc.array(item, { minLength: 1, maxLength: 8 });

// The characters that XML 1.0 section 2.2 allows.
const xmlText = (text: string) =>
  text.replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '');
const escaped = (text: string) =>
  xmlText(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

/** Content between a feed's elements that no reader knows. */
const between = fc.constantFrom(
  '',
  '\n',
  '<!-- <item> -->',
  '<!-- <entry/> -->',
  '<x:y xmlns:x="urn:x">z</x:y>',
  '<unknown a="b"/>',
  '<?php echo 1 ?>',
);

const formats: Record<string, (items: readonly Item[], junk: () => string) => string> = {
  rss: (all, junk) =>
    `<rss version="2.0"><channel><title>t</title>${junk()}${all
      .map(
        ({ title: name, body, date }, at) =>
          `<item>${junk()}<guid isPermaLink="false">id-${at}</guid><title>${escaped(name)}</title>${junk()}` +
          `<description>${escaped(body)}</description><pubDate>${date.toUTCString()}</pubDate></item>${junk()}`,
      )
      .join('')}</channel></rss>`,
  atom: (all, junk) =>
    `<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title>${junk()}${all
      .map(
        ({ title: name, body, date }, at) =>
          `<entry>${junk()}<id>id-${at}</id><title>${escaped(name)}</title>${junk()}` +
          `<content type="html">${escaped(body)}</content><updated>${date.toISOString()}</updated></entry>${junk()}`,
      )
      .join('')}</feed>`,
  json: (all) =>
    JSON.stringify({
      version: 'https://jsonfeed.org/version/1.1',
      title: 't',
      _unknown: { items: [] },
      items: all.map(({ title: name, body, date }, at) => ({
        id: `id-${at}`,
        title: name,
        content_html: body,
        date_published: date.toISOString(),
        _more: [null, 1e300],
      })),
    }),
};

test.each(Object.keys(formats))(
  'every item of a %s feed is read, in order, whatever stands between',
  (format) =>
    expectAlways(
      [items, fc.infiniteStream(between)],
      async (all, junk) => {
        const text = formats[format]?.(all, () => junk.next().value ?? '') ?? '';
        const { items: read } = await readDocument(text, url);
        expect(read.map(({ post }) => post.guid)).toEqual(all.map((_, at) => `id-${at}`));
        expect(read.map(({ post }) => post.title.replaceAll(/&lt;/g, '<').replaceAll('&amp;', '&'))).toEqual(
          all.map(({ title: name }) => name),
        );
        // Whole seconds: RFC 822 dates are no more precise.
        const seconds = (date: Date | undefined) => Math.floor((date?.getTime() ?? NaN) / 1000);
        expect(read.map(({ post }) => seconds(post.publishedAt))).toEqual(
          all.map(({ date }) => seconds(date)),
        );
      },
      300,
    ),
);
