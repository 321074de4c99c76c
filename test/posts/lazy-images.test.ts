// A post contains the lazily loaded images that a visitor of the page sees.
import { preparePost } from '../../src/posts/prepare-post.js';
import { sanitise } from '../../src/posts/sanitise.js';
import { cpuTime } from '../support/cpu-time.js';

const at = 'https://site.example/post';
const real = 'https://site.example/real.jpg';
const sources = (html: string): string[] =>
  Array.from(sanitise(html, at).matchAll(/<img [^>]*src="([^"]*)"/g), ([, src = '']) => src);

test.each([
  ['data-src beside nothing', '<img data-src="/real.jpg">'],
  ['data-src beside data:', '<img src="data:image/gif;base64,R0lGOD" data-src="/real.jpg">'],
  ['data-src beside a blank picture', '<img src="/img/blank.gif" data-src="/real.jpg">'],
  ['data-src beside a small preview', '<img src="/real-20x10.jpg" data-src="/real.jpg" class="lazyload">'],
  ['data-lazy-src (WP Rocket, Jetpack)', '<img src="data:image/svg+xml,%3Csvg" data-lazy-src="/real.jpg">'],
  ['data-original (jQuery)', '<img src="/grey-spacer.png" data-original="/real.jpg">'],
  ['srcset alone', '<img srcset="/small.jpg 300w, /real.jpg 1200w, /huge.jpg 4000w">'],
  ['srcset by density', '<img srcset="/small.jpg, /real.jpg 2x" alt="">'],
  ['srcset with commas in addresses', '<img srcset="/real.jpg 800w">'],
  [
    'data-srcset beside a placeholder',
    '<img src="/placeholder.png" data-srcset="/s.jpg 100w, /real.jpg 900w">',
  ],
  ['noscript after data:', '<img src="data:image/gif;base64,R0"><noscript><img src="/real.jpg"></noscript>'],
  [
    'noscript after a blank picture',
    '<p><img src="/1x1.gif" alt="">\n<noscript> <img src="/real.jpg"> </noscript></p>',
  ],
  [
    'noscript after the same',
    '<img src="/img/lazy.png" data-src="/real.jpg"><noscript><img src="/real.jpg"></noscript>',
  ],
  ['noscript alone', '<p>x</p><noscript><a href="/x"><img src="/real.jpg"></a></noscript>'],
  ['an ordinary image with sizes', '<img src="/real.jpg" srcset="/small.jpg 300w, /huge.jpg 4000w">'],
])('%s', (_, html) => {
  expect(sources(html)).toEqual([real]);
});

test('nothing else in a noscript comes out', () => {
  expect(sanitise('<noscript><style>*{}</style><p>Turn scripts on</p></noscript><p>a</p>', at)).toBe(
    '<p>a</p>',
  );
  expect(sanitise('<noscript><img src="javascript:x" onerror="x()"></noscript>', at)).toBe('');
});

test('a pixel in a noscript, which counts readers, stays out', () => {
  expect(
    sources('<noscript><img height="1" width="1" src="https://count.example/p.gif"></noscript>'),
  ).toEqual([]);
});

test.each([
  '<noscript'.repeat(50_000),
  '<noscript><img '.repeat(30_000),
  '<img '.repeat(90_000) + '<noscript><img src=x></noscript>',
  `<img srcset="${'a,'.repeat(200_000)} b">`,
  `<img srcset="${'a '.repeat(200_000)}">`,
])('hostile text costs no time: %#', async (html) => {
  expect(await cpuTime(() => sanitise(html, at))).toBeLessThan(8_000);
});

test('an image of the feed without a description takes it from the text', () => {
  const html =
    '<p><img src="https://site.example/wp/cat-300x200.jpg" alt="A cat on a wall" width="300" height="200"></p>';
  const image = (url: string) => preparePost({ title: 'T', html, image: { url } }, at).image;
  expect(image('https://site.example/wp/cat.jpg')).toEqual({
    url: 'https://site.example/wp/cat.jpg',
    alt: 'A cat on a wall',
  });
  expect(image('https://site.example/wp/cat-300x200.jpg?w=1')).toMatchObject({ alt: 'A cat on a wall' });
  expect(image('https://site.example/wp/dog.jpg')).toEqual({ url: 'https://site.example/wp/dog.jpg' });
});
