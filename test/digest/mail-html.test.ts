// How a mail shows the tables, pictures and links in a post.
import { mailBody, mailHtml } from '../../src/digest/mail-html.js';
import { sanitise } from '../../src/posts/sanitise.js';
import { bodyStyle } from './sample.js';

const mail = {
  ...bodyStyle,
  colours: { panel: '#f8f6f2', rule: '#d9d5cb', mark: '#0b5a78', dim: '#5d5950' },
};
const body = (html: string) =>
  mailBody(sanitise(html, 'https://x.example/post'), mail) ?? { html: '', text: '' };
const row = (...cells: string[]): string => `<tr>${cells.map((words) => `<td>${words}</td>`).join('')}</tr>`;
const tags = (html: string, name: string): string[] =>
  html.match(new RegExp(`<${name}[ >][^>]*>?`, 'g')) ?? [];

describe('a table', () => {
  test('breaks no word, however many columns there are, but an address without an end', () => {
    const long = 'https://a.example/an-address-that-has-no-end';
    const many = ['machine', 'before', 'afterwards', 'compile', 'ThinkPad', 'battery', 'price'];
    const { html } = body(`<table>${row(...many)}${row(long, ...many.slice(1))}</table>`);
    const cells = tags(html, 'td').filter((tag) => tag.includes('border-bottom'));
    expect(cells).toHaveLength(14);
    expect(cells.filter((tag) => tag.includes('word-break:normal'))).toHaveLength(13);
    // It scrolls in a box that is as wide as the text.
    expect(html).toMatch(
      /<table role="presentation"[^>]* style="table-layout:fixed"><tr><td><div tabindex="0" style="overflow-x:auto"><table/,
    );
  });

  test('keeps the side at which its numbers stand', () => {
    const { html } = body(
      '<table><tr><th>a</th><th style="color:red; text-align: right">b</th></tr><tr><td align="RIGHT">1</td><td align="char">2</td><td style="text-align:center">3</td></tr></table>',
    );
    expect(
      [...tags(html, 'th'), ...tags(html, 'td')]
        .map((tag) => / align="(\w+)"/.exec(tag)?.[1])
        .filter(Boolean),
    ).toEqual(['left', 'right', 'right', 'center']);
    expect(html).not.toContain('color:red');
  });

  test('keeps its spans, and one within another has no box of its own', () => {
    expect(body('<table><tr><th colspan="2">Both</th></tr></table>').html).toContain('<th colspan="2"');
    const nested = body(`<table>${row('out', `<table>${row('in')}</table>`)}</table>`).html;
    expect(nested.match(/overflow-x/g)).toHaveLength(1);
  });
});

describe('a link with a picture and no words', () => {
  test.each([
    ['https://x.example/wp-content/shelf.jpg'],
    ['https://substackcdn.com/image/fetch/w_1456/https%3A%2F%2Fbucket.example%2Fshelf.PNG?x=1'],
  ])('goes if it leads to a picture: %s', (href) => {
    const { html } = body(
      `<figure><a href="${href}"><img src="shelf-300.jpg" alt="" width="300" height="200"></a></figure>`,
    );
    expect(tags(html, 'a')).toEqual([]);
    expect(tags(html, 'img')).toHaveLength(1);
  });

  test('is named after the site to which it leads', () => {
    const { html, text } = body(
      '<p><a href="https://www.elsewhere.example/a?b&amp;c"><img src="a.jpg" alt=" "></a></p>',
    );
    expect(html).toMatch(
      /<a href="https:\/\/www\.elsewhere\.example\/a\?b&amp;c"[^>]*><img [^>]*alt="elsewhere\.example"/,
    );
    expect(text).toBe('[elsewhere.example] <https://www.elsewhere.example/a?b&c>');
  });

  test('keeps the description that its picture has', () => {
    const { html } = body('<a href="b.jpg"><img src="a.jpg" alt="The shelf"></a>');
    expect(html).toMatch(/<a href="https:\/\/x\.example\/b\.jpg"[^>]*><img [^>]*alt="The shelf"/);
  });

  test('goes if there is nothing in it', () => {
    expect(tags(body('<p>One <a href="https://x.example/"> </a>two</p>').html, 'a')).toEqual([]);
  });
});

test('the text part says what pictures show, and runs no address into the caption', () => {
  const figure = (inside: string) =>
    `<figure>${inside}<figcaption>The shelf. Photo by the author.</figcaption></figure>`;
  const { text } = body(
    `<p>Before.</p>${figure('<a href="https://x.example/shelf-1456x971.jpg"><img src="shelf.jpg" alt=""></a>')}${figure('<a href="https://x.example/more"><img src="b.jpg" alt="Books"></a>')}<p>After.</p>`,
  );
  expect(text).toBe(
    'Before.\n\nThe shelf. Photo by the author.\n\n[Books] <https://x.example/more>\nThe shelf. Photo by the author.\n\nAfter.',
  );
});

test('emoji that are pictures become characters', () => {
  const { html, text } = body(
    '<p><img src="https://s.w.org/images/core/emoji/14/72x72/1f6a7.png" alt="🚧"> Closed <img src="7.png" alt="7"></p>',
  );
  expect(html).toContain('🚧 Closed');
  expect(tags(html, 'img')).toHaveLength(1);
  expect(text).toBe('🚧 Closed [7]');
});

describe('pictures', () => {
  const sizes = (html: string) =>
    tags(html, 'img').map((tag) => [
      Number(/ width="(\d+)"/.exec(tag)?.[1]),
      Number(/ height="(\d+)"/.exec(tag)?.[1]),
    ]);
  const image = (width: number, height: number, alt = '') =>
    `<img src="${width}x${height}.jpg" width="${width}" height="${height}" alt="${alt}">`;

  test('are at most 480 px high', () => {
    expect(
      sizes(body(`<p>a</p>${image(1200, 1800)}<p>b</p>${image(1200, 800)}<p>c</p>${image(200, 300)}`).html),
    ).toEqual([
      [320, 480],
      [536, 357],
      [200, 300],
    ]);
    // Without a size, CSS limits both sides.
    expect(body('<img src="a.jpg">').html).toContain('max-height:480px;width:auto');
  });

  const figure = (caption = '') =>
    `<figure class="wp-block-image"><a href="a.jpg">${image(1024, 683)}</a>${caption && `<figcaption>${caption}</figcaption>`}</figure>`;
  test.each([
    [
      'a WordPress gallery',
      `<figure class="wp-block-gallery">${figure('Monday')}${figure()}${figure()}${figure()}</figure>`,
      4,
    ],
    [
      'a gallery of lists',
      `<div>${`<dl><dt><a href="/1">${image(300, 200, 'One')}</a></dt></dl>`.repeat(2)}<br></div>`,
      2,
    ],
    ['pictures in one paragraph', `<p>${image(800, 600)}<br>${image(800, 600)}</p>`, 2],
    ['three figures in a row', figure() + figure('B') + figure(), 3],
    ['three paragraphs in a row', `<p>${image(800, 600)}</p>`.repeat(3), 3],
  ])('stand two in a row: %s', (_, gallery, count) => {
    const { html } = body(`<p>Before.</p>${gallery}<p>After.</p>`);
    expect(html).toMatch(/^<p[^>]*>Before\.<\/p>.*<p[^>]*>After\.<\/p>$/s);
    expect(html.match(/<td width="50%"/g)).toHaveLength(count + (count % 2));
    expect(sizes(html)).toHaveLength(count);
    for (const [width] of sizes(html)) expect(width).toBe(264);
  });

  test.each([
    ['a figure after another', figure() + figure()],
    ['text between them', `${figure()}<p>And</p>${figure()}<p>And</p>${figure()}`],
    ['icons', '<p>'.concat(image(24, 24), image(24, 24), image(24, 24), '</p>')],
  ])('keep the whole width: %s', (_, given) => {
    expect(body(given).html).not.toContain('50%');
  });

  test('keep their captions in a gallery', () => {
    const { html, text } = body(figure('Mon & Tue') + figure() + figure('Wed'));
    expect(html).toContain('Mon &amp; Tue</p></td>');
    expect(text).toContain('Mon & Tue');
  });

  test('that do not exist take no place in a gallery', () => {
    const images = { ...bodyStyle.images, isNone: (url: string) => url.endsWith('/gone.jpg?a=1&b=2') };
    const gone = '<img src="gone.jpg?a=1&amp;b=2" width="800" height="600">';
    const given = sanitise(
      `<p>${gone}${image(800, 600)}${gone}${image(800, 600)}</p>`,
      'https://x.example/post',
    );
    const { html } = mailBody(given, { ...mail, images }) ?? { html: '' };
    expect(html.match(/<td width="50%"[^>]*><img/g)).toHaveLength(2);
    expect(html.match(/<td/g)).toHaveLength(2);
  });

  test('an endless row of them is read in no time', () => {
    const began = performance.now();
    body(`${'<figure><p>'.repeat(2_000)}${image(800, 600).repeat(2_000)}${' '.repeat(50_000)}`);
    expect(performance.now() - began).toBeLessThan(8_000);
  });
});

test('a short quote is set in italics, where its script has them, and its source is not', () => {
  const quote = (words: string) => body(`<blockquote><p>${words}</p><cite>A. B.</cite></blockquote>`).html;
  expect(quote('I would not call it a memo.')).toContain('font:italic 19px/29px Georgia');
  expect(quote('I would not call it a memo.')).toMatch(
    /<cite class="dim" style="font:15px[^"]*color:#[^"]*">A. B./,
  );
  for (const words of ['אנחנו מתנצלים', 'الكتاب الذي يُقرأ', '四十年待ちました', '사십 년을 기다렸다'])
    expect(quote(words)).toContain(';font:19px/29px Georgia');
});

test('a page has no boxes: its style sheet has the colours', () => {
  const html = mailHtml('<blockquote><p>Said.</p></blockquote><pre>code</pre>', bodyStyle);
  expect(html).not.toContain('<table');
});
