// The publisher's text above and below the posts, plain or HTML.
import { ownWords } from '../../src/digest/publisher-text.js';
import { bodyStyle } from './sample.js';

const linksOf = (words: string): string[] =>
  Array.from((ownWords(words, bodyStyle)?.html ?? '').matchAll(/href="([^"]*)"/g), ([, href = '']) => href);

test.each([
  ['Tickets: https://a.example/x?y=1&z=2.', ['https://a.example/x?y=1&amp;z=2']],
  ['(see http://a.example/b), or <https://c.example/d>!', ['http://a.example/b', 'https://c.example/d']],
  ['javascript:alert(1) https:// and www.a.example', []],
  ['<p>https://a.example/ as <b>HTML</b></p>', []],
])('addresses in plain text are links: %s', (words, links) => {
  expect(linksOf(words)).toEqual(links);
});

test.each([
  ['A <b>bold</b> one: https://a.example/?x=1&y=2.', ['https://a.example/?x=1&amp;y=2']],
  [
    'See <a href="https://a.example/b">https://a.example/</a>, https://c.example/d and <i>https://e.example/f</i>',
    ['https://a.example/b', 'https://c.example/d', 'https://e.example/f'],
  ],
  ['<img src="https://a.example/i.png" alt="x"> https://c.example/', ['https://c.example/']],
])('and so are those beside inline tags: %s', (words, links) => {
  expect(linksOf(words)).toEqual(links);
});

test.each([
  ['a bold word', 'One <b>day</b>\n\nTwo & three\nfour', 'One day\n\nTwo & three\nfour', 2],
  ['a bold word, typed on Windows', 'One <b>day</b>\r\n\r\nTwo\r\nthree', 'One day\n\nTwo\nthree', 2],
  ['line breaks', 'One<br>\ntwo<br/>three\n\nfour', 'One\ntwo\nthree\n\nfour', 2],
  ['a tag over paragraphs', '<em>One\n\ntwo</em>', 'One\n\ntwo', 2],
  ['paragraphs of its own', '<p>One\n\ntwo</p>', 'One two', 1],
])('paragraphs stay apart with %s', (_, words, asText, paragraphs) => {
  const { html, text } = ownWords(words, bodyStyle) ?? { html: '', text: '' };
  expect(text).toBe(asText);
  expect(html.match(/<p[ >]/g)).toHaveLength(paragraphs);
});

test('paragraphs stay apart, a tag that is only typed is text, and nothing is nothing', () => {
  const { html, text } = ownWords('One < two\n\nThree\nfour', bodyStyle) ?? { html: '', text: '' };
  expect(html).toMatch(/^<p[^>]*>One &lt; two<\/p><p[^>]*>Three<br \/>four<\/p>$/);
  expect(text).toBe('One < two\n\nThree\nfour');
  expect(ownWords(' \n ', bodyStyle)).toBeUndefined();
});
