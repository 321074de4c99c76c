// Preparing a post: title, excerpt, tables and images.
import { identitiesOf } from '../../src/posts/identity/identity.js';
import { shownText, titleText } from '../../src/posts/html-text.js';
import { excerptOf } from '../../src/text/cut-text.js';
import { preparePost } from '../../src/posts/prepare-post.js';

describe('titles', () => {
  test.each([
    ['AT&amp;T &#8217;s <em>new</em> tariff', 'AT&T ’s new tariff'],
    ['How <div> works', 'How <div> works'],
    ['Zoë &amp; Łukasz', 'Zoë & Łukasz'],
    ['a < b &copy; c', 'a < b © c'],
    ['Fish & chips', 'Fish & chips'],
    ['Line<br>break<BR clear="all"/>', 'Line break'],
    ['<p>A paragraph</p>', 'A paragraph'],
    ['<h2 class="t"><a href="/x">A <em>heading</em></a></h2>\n', 'A heading'],
    ['<div><p>Two</p><p>parts</p></div>', 'Two parts'],
    ['Cranes <img class="e" src="https://a.example/c.png" alt="crane" /> at work', 'Cranes at work'],
    ['<h2><img src="x"> Shown</h2>', 'Shown'],
    ['When <img> and <p> are enough', 'When <img> and <p> are enough'],
    ['<p> or <div>?', '<p> or <div>?'],
    ['&lt;p&gt; is a tag', '<p> is a tag'],
  ])('%s', (title, expected) => {
    // preparePost normalises the white space.
    expect(preparePost({ title: titleText(title) }).title).toBe(expected);
  });

  test('are one line without control characters and direction overrides', () => {
    expect(preparePost({ title: ' two\n\tlines \u202Egnp.exe\u0000 👩‍👩‍👧 \ud800' }).title).toBe(
      'two lines gnp.exe 👩‍👩‍👧',
    );
  });

  test('are bounded by graphemes', () => {
    const { title } = preparePost({ title: 'é'.normalize('NFD').repeat(1000) });
    expect([...new Intl.Segmenter().segment(title)].length).toBeLessThanOrEqual(301);
    expect(preparePost({ title: `a${'\u0301'.repeat(100_000)}` }).title.length).toBeLessThan(10_000);
  });

  test('come from the text if there is no title, else from the address', () => {
    expect(preparePost({ title: '', text: 'Just saw the first swallow.' }).title).toBe(
      'Just saw the first swallow.',
    );
    expect(preparePost({ title: ' ', url: 'https://example.org/1' }).title).toBe('https://example.org/1');
  });
});

describe('excerpts', () => {
  test('end with a sentence if that fills most of the space', () => {
    const text = `${'A sentence of some words. '.repeat(10)}And a last one that goes beyond the limit of the excerpt by far.`;
    const excerpt = excerptOf(text);
    expect(excerpt.endsWith('words.')).toBe(true);
    expect(excerpt.length).toBeLessThanOrEqual(280);
  });

  test('end with a whole word and an ellipsis otherwise', () => {
    const excerpt = excerptOf('word '.repeat(100));
    expect(excerpt).toMatch(/word…$/);
    expect(excerpt.length).toBeLessThanOrEqual(281);
  });

  test('never cut a grapheme', () => {
    expect(excerptOf('👩‍👩‍👧'.repeat(400))).toBe(`${'👩‍👩‍👧'.repeat(279)}…`);
  });

  test('are the summary as text, without the additions of WordPress', () => {
    const { excerpt } = preparePost({
      title: 'x',
      html: '<p>Long</p>',
      excerpt:
        '<p>Short &amp; sweet [&#8230;]</p><p>The post <a href="#">x</a> appeared first on <a href="#">Site</a>.</p>',
    });
    expect(excerpt).toBe('Short & sweet…');
  });

  test('have no character references, also where WordPress writes no tags', () => {
    const excerptFrom = (excerpt: string) =>
      preparePost({ title: 'x', html: '<p>Long</p>', excerpt }).excerpt;
    expect(excerptFrom('It shrank to eleven votes. [&#8230;]')).toBe('It shrank to eleven votes.');
    expect(excerptFrom('Fish &amp; chips&nbsp;&#8211; &quot;fresh&quot; [&hellip;]')).toBe(
      'Fish & chips – "fresh"…',
    );
    expect(excerptFrom('AT&T; a & b; &lt;div&gt;')).toBe('AT&T; a & b; <div>');
  });

  test('have no tables, unless a table holds the post', () => {
    const prose = 'Six machines, one week each, the same three tasks. The numbers are minutes.';
    const table =
      '<table><tr><th>machine</th><th>price</th></tr><tr><td>Framework</td><td>1,149 €</td></tr></table>';
    expect(preparePost({ title: 'x', html: `<p>${prose}</p>${table}` }).excerpt).toBe(prose);
    expect(preparePost({ title: 'x', html: `<p>Hi,</p>${table}` }).excerpt).toBe(
      'Hi, machine price Framework 1,149 €',
    );
  });
});

describe('tables and lists of terms', () => {
  const soups = `<table><caption>Soups</caption><tr><th>Day</th><th>Soup</th></tr>
    <tr><td>Monday</td><td>Lentil</td></tr><tr><td>Tuesday</td><td><b>Pea</b></td></tr></table>
    <dl><dt>Open</dt><dd>Noon</dd></dl>`;

  test('do not run together in an excerpt, in a summary, and in what the API says', () => {
    const words = 'Soups Day Soup Monday Lentil Tuesday Pea Open Noon';
    const post = preparePost({ title: 'x', html: soups });
    expect(post.excerpt).toBe(words);
    expect(preparePost({ title: 'x', html: '<p>Long</p>', excerpt: soups }).excerpt).toBe(words);
    expect(shownText(post)).toBe('Soups\nDay Soup\nMonday Lentil\nTuesday Pea\n\nOpen\nNoon');
    expect(shownText({ html: soups, text: 'The author’s own' })).toBe('The author’s own');
  });

  test('a post is known by the same fingerprint as ever', () => {
    const html = `${soups}<p>${'Come early, as there is no more than one pot of it a day. '.repeat(6)}</p>`;
    const post = preparePost({ title: 'x', html });
    // The identities of version 1. With other fingerprints, known posts would become new.
    expect(identitiesOf(post, '1').names).toEqual([
      'print:AJjcf5z1fbRQa7siu44TeB7D96S',
      'item:1:t8QPLYV22u-924uQ4tHlTcSDJ6v',
    ]);
  });
});

describe('images', () => {
  test('the post’s own comes first, made absolute', () => {
    const { image } = preparePost({
      title: 'x',
      url: 'https://example.org/p/1',
      image: { url: '/i.jpg', width: 640, alt: ' A\ncrane ' },
    });
    expect(image).toEqual({ url: 'https://example.org/i.jpg', width: 640, alt: 'A crane' });
  });

  test('else the first of the text that is neither icon nor pixel', () => {
    const html =
      '<img src="https://e.example/p.gif" width="1" height="1"><img src="https://e.example/s.png" width="16" height="16">' +
      '<img src="https://e.example/a.jpg?x=1&amp;y=2" alt="Quay &amp; crane" width="800" height="400">';
    expect(preparePost({ title: 'x', html }).image).toEqual({
      url: 'https://e.example/a.jpg?x=1&y=2',
      alt: 'Quay & crane',
      width: 800,
      height: 400,
    });
  });

  test('an SVG does not count, because mail programs do not show it: the next image of the text does', () => {
    const svg = 'https://e.example/chart.svg?v=1';
    const html = `<p><img src="${svg}"><img src="https://e.example/photo.jpg" alt="Photo"></p>`;
    const photo = { url: 'https://e.example/photo.jpg', alt: 'Photo' };
    expect(preparePost({ title: 'x', html }).image).toEqual(photo);
    expect(preparePost({ title: 'x', html, image: { url: svg } }).image).toEqual(photo);
    expect(preparePost({ title: 'x', image: { url: svg } }).image).toBeNull();
    const made = 'https://e.example/chart.svg/320px-chart.svg.png';
    expect(preparePost({ title: 'x', image: { url: made } }).image).toEqual({ url: made });
  });

  test('a javascript: or data: image does not count', () => {
    expect(preparePost({ title: 'x', image: { url: 'data:image/png;base64,xx' } }).image).toBeNull();
  });
});

test('plain text becomes paragraphs, harmless', () => {
  const post = preparePost({ title: 'x', text: 'One <script>\ntwo\n\nthree' });
  expect(post.html).toBe('<p>One &lt;script&gt;<br />two</p><p>three</p>');
  expect(post.text).toBe('One <script>\ntwo\n\nthree');
});

test('a value that cannot be stored is left out', () => {
  const post = preparePost({
    title: 'x',
    url: 'javascript:alert(1)',
    commentCount: -1,
    publishedAt: new Date(Number.NaN),
    topics: ['News', ' news ', '', 'Harbour'],
  });
  expect(post).toMatchObject({
    url: null,
    commentCount: null,
    publishedAt: null,
    topics: ['News', 'Harbour'],
  });
});
