// Parsing URLs.
import { parseUrl } from '../src/parse-url.js';

test.each([
  ['https://example.org/feed', 'https://example.org/feed'],
  ['https://bücher.example/feed', 'https://xn--bcher-kva.example/feed'],
  ['//example.org', undefined],
  ['', undefined],
  ['https://', undefined],
])('%j', (text, expected) => {
  expect(parseUrl(text)?.href).toBe(expected);
});

test('against a base', () => {
  expect(parseUrl('../b?ü', 'https://example.org/a/c')?.href).toBe('https://example.org/b?%C3%BC');
  expect(parseUrl('b', 'mailto:a@example.org')).toBeUndefined();
});

test('the same answer when the process has long been running, as URL.canParse does not give', () => {
  const unread = Array.from({ length: 50_000 }, () => parseUrl('https://bücher.example/')).filter(
    (url) => url?.hostname !== 'xn--bcher-kva.example',
  );
  expect(unread).toHaveLength(0);
});
