// How a mail shows the tables in a post.
import { mailHtml } from '../../src/digest/mail-html.js';
import { bodyStyle } from './sample.js';

const unbroken = (html: string): string[] =>
  Array.from(
    mailHtml(html, bodyStyle).matchAll(/ style="word-break:normal">([^]*?)<\/t[dh]>/g),
    ([, words = '']) => words,
  );
const row = (...cells: string[]): string => `<tr>${cells.map((words) => `<td>${words}</td>`).join('')}</tr>`;
const long = 'https://a.example/an-address-that-has-no-end';

test('short words of a table are not broken for a long one beside them', () => {
  const html = `<table>${row('Monday', `Soup at <a href="${long}">${long}</a>`)}${row('<b>Saturday</b>', 'Pea and ham')}</table>`;
  expect(unbroken(html)).toEqual(['Monday', '<b>Saturday</b>', 'Pea and ham']);
});

test('where there are many columns, no more than a phone has room for', () => {
  expect(unbroken(`<table>${row('Jan', 'Feb', 'Mar', 'August', 'May')}</table>`)).toEqual([
    'Jan',
    'Feb',
    'Mar',
    'May',
  ]);
  expect(unbroken(`<table>${row(...Array.from({ length: 30 }, () => 'a'))}</table>`)).toEqual([]);
});

test('in tables within tables each is seen for itself; spans stay', () => {
  const inner = `<table>${row('in', 'side')}</table>`;
  expect(unbroken(`<table>${row('out', inner)}</table>`)).toEqual(['in', 'side']);
  expect(mailHtml('<table><tr><th colspan="2">Both</th></tr></table>', bodyStyle)).toContain(
    '<th colspan="2" style="word-break:normal">Both</th>',
  );
});
