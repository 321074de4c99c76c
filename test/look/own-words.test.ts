// What publishers type above and below the posts, as plain text or HTML.
import { ownWords } from '../../src/issues/own-words.js';
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

test('paragraphs stay apart, a tag that is only typed is text, and nothing is nothing', () => {
  const { html, text } = ownWords('One < two\n\nThree\nfour', bodyStyle) ?? { html: '', text: '' };
  expect(html).toMatch(/^<p[^>]*>One &lt; two<\/p><p[^>]*>Three<br \/>four<\/p>$/);
  expect(text).toBe('One < two\n\nThree\nfour');
  expect(ownWords(' \n ', bodyStyle)).toBeUndefined();
});
