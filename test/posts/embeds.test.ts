// Players, frames, formulas and AMP's images in a post's text.
import { preparePost } from '../../src/posts/prepare-post.js';
import { embedOf } from '../../src/posts/embed-hosts.js';
import { sanitise } from '../../src/posts/sanitise.js';

const base = 'https://example.org/posts/1';
const frame = (src: string, more = ''): string => `<iframe src="${src}" ${more}></iframe>`;
const page = 'https://www.youtube.com/watch?v=dQw4w9WgXcQ';
const still = (alt = 'youtube.com'): string =>
  `<a href="${page}"><img src="https://i.ytimg.com/vi/dQw4w9WgXcQ/hqdefault.jpg" alt="${alt}" width="480" height="360" /></a>`;
const watch = `<a href="${page}" data-digest-media="video">▶ youtube.com</a>`;
const tube = frame('https://www.youtube.com/embed/dQw4w9WgXcQ?feature=oembed');

describe('a player becomes a link', () => {
  test.each([
    [
      'in its own paragraph',
      `<p>Nine reels:</p><p>${tube}</p>`,
      `<p>Nine reels:</p><p>${still()}</p><p>${watch}</p>`,
    ],
    ['among words', `<p>See ${tube}, there</p>`, `<p>See  ${still()}<br />${watch} , there</p>`],
    [
      'in a figure with a caption',
      `<figure><div>${tube}</div><figcaption>Reel 1</figcaption></figure>`,
      `<figure><div><p>${still()}</p><p>${watch}</p></div><figcaption>Reel 1</figcaption></figure>`,
    ],
    [
      'within a link',
      `<a href="/x">${tube}</a>`,
      `<a href="https://example.org/x">${still().replace(/<\/?a[^>]*>/g, '')}</a>`,
    ],
    [
      'with its title',
      frame('//youtu.be/dQw4w9WgXcQ', 'title="Reels"'),
      `<p>${still('Reels')}</p><p>${watch}</p>`,
    ],
    [
      'loaded late',
      '<iframe src="about:blank" data-lazy-src="https://youtu.be/dQw4w9WgXcQ"></iframe>',
      `<p>${still()}</p><p>${watch}</p>`,
    ],
    [
      'closed by itself',
      '<iframe src="https://youtu.be/dQw4w9WgXcQ"/><p>On.</p>',
      `<p>${still()}</p><p>${watch}</p><p>On.</p>`,
    ],
    [
      'of Flash',
      '<object><param name="movie" value="https://www.youtube.com/v/dQw4w9WgXcQ&hl=en"><embed src="https://www.youtube.com/v/dQw4w9WgXcQ"></object>',
      `<p>${still()}</p><p>${watch}</p>`,
    ],
    ['of AMP', '<amp-youtube data-videoid="dQw4w9WgXcQ"></amp-youtube>', `<p>${still()}</p><p>${watch}</p>`],
    [
      'of a light script',
      '<lite-youtube videoid="dQw4w9WgXcQ"></lite-youtube>',
      `<p>${still()}</p><p>${watch}</p>`,
    ],
    [
      'of WordPress, as an address',
      `<div class="wp-block-embed__wrapper">\n${page}\n</div>`,
      `<p>${still()}</p><p>${watch}</p>`,
    ],
    [
      'inside Embedly’s',
      frame(
        'https://cdn.embedly.com/widgets/media.html?src=https%3A%2F%2Fwww.youtube.com%2Fembed%2FdQw4w9WgXcQ&amp;url=x',
      ),
      `<p>${still()}</p><p>${watch}</p>`,
    ],
  ])('%s', (_, html, expected) => {
    expect(sanitise(html, base)).toBe(expected);
    expect(sanitise(expected)).toBe(expected);
  });

  test.each([
    [
      '<video controls poster="/p.jpg"><source src="/a.m3u8" type="application/x-mpegURL"><source src="/a.mp4">Old browser</video>',
      '<p><a href="https://example.org/a.mp4"><img src="https://example.org/p.jpg" alt="example.org" /></a></p><p><a href="https://example.org/a.mp4" data-digest-media="video-file">▶ example.org</a></p>',
    ],
    [
      '<figure><audio controls src="/x.mp3"></audio><figcaption>The tape</figcaption></figure>',
      '<figure><p><a href="https://example.org/x.mp3" data-digest-media="audio-file">▶ example.org</a></p><figcaption>The tape</figcaption></figure>',
    ],
    [
      '<video><a href="/b.webm">b.webm</a></video>',
      '<p><a href="https://example.org/b.webm" data-digest-media="video-file">▶ example.org</a></p>',
    ],
    [
      '<embed src="/c.mp3" type="audio/mpeg">',
      '<p><a href="https://example.org/c.mp3" data-digest-media="audio-file">▶ example.org</a></p>',
    ],
  ])('a file: %s', (html, expected) => expect(sanitise(html, base)).toBe(expected));
});

test.each([
  ['https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?rel=0', 'video', page],
  ['https://www.youtube.com/shorts/dQw4w9WgXcQ', 'video', page],
  ['https://m.youtube.com/watch?feature=x&v=dQw4w9WgXcQ&t=3', 'video', page],
  [
    'https://www.youtube.com/embed/videoseries?list=PL123',
    'video',
    'https://www.youtube.com/playlist?list=PL123',
  ],
  ['https://player.vimeo.com/video/123?dnt=1', 'video', 'https://vimeo.com/123'],
  ['https://player.vimeo.com/video/123?h=abc&amp', 'video', 'https://vimeo.com/123/abc'],
  ['http://www.dailymotion.com/embed/video/x8abc', 'video', 'https://www.dailymotion.com/video/x8abc'],
  [
    'https://geo.dailymotion.com/player/x1.html?video=x8abc',
    'video',
    'https://www.dailymotion.com/video/x8abc',
  ],
  ['https://player.twitch.tv/?channel=quay&parent=a.example', 'video', 'https://www.twitch.tv/quay'],
  ['https://embed.ted.com/talks/lang/en/a_talk', 'video', 'https://www.ted.com/talks/lang/en/a_talk'],
  [
    'https://tube.example/videos/embed/9c9de5e8-0a1e-484a-b099-e80766180a6d',
    'video',
    'https://tube.example/videos/watch/9c9de5e8-0a1e-484a-b099-e80766180a6d',
  ],
  [
    'https://www.facebook.com/plugins/video.php?href=https%3A%2F%2Fwww.facebook.com%2Fquay%2Fvideos%2F1%2F&show_text=0',
    'video',
    'https://www.facebook.com/quay/videos/1/',
  ],
  [
    'https://open.spotify.com/embed/episode/4rOoJ6Egrf8K2IrywzwOMk?utm_source=g',
    'audio',
    'https://open.spotify.com/episode/4rOoJ6Egrf8K2IrywzwOMk',
  ],
  [
    'https://embed.podcasts.apple.com/us/podcast/x/id12?i=100',
    'audio',
    'https://podcasts.apple.com/us/podcast/x/id12?i=100',
  ],
  [
    'https://w.soundcloud.com/player/?url=https%3A//soundcloud.com/quay/tape&color=%23ff5500',
    'audio',
    'https://soundcloud.com/quay/tape',
  ],
  [
    'https://www.mixcloud.com/widget/iframe/?feed=%2Fquay%2Ftape%2F',
    'audio',
    'https://www.mixcloud.com/quay/tape/',
  ],
  ['https://share.transistor.fm/e/abc123/dark', 'audio', 'https://share.transistor.fm/s/abc123'],
  [
    'https://html5-player.libsyn.com/embed/episode/id/123/',
    'audio',
    'https://html5-player.libsyn.com/embed/episode/id/123/',
  ],
  ['https://archive.org/embed/tape_214', 'page', 'https://archive.org/details/tape_214'],
  ['https://www.instagram.com/p/AbC-1/embed/captioned/', 'page', 'https://www.instagram.com/p/AbC-1/'],
  ['https://datawrapper.dwcdn.net/AbC/1/', 'page', 'https://datawrapper.dwcdn.net/AbC/1/'],
  ['https://user:secret@maps.example/x?y=1#z', 'page', 'https://maps.example/x?y=1#z'],
])('%s is of kind %s', (address, kind, url) => {
  expect(embedOf(address)).toMatchObject({ kind, url });
});

test('any other frame becomes a plain link with the name of its site', () => {
  expect(sanitise(frame('https://www.maps.example/x?q=1', 'title="Log in here"'), base)).toBe(
    '<p><a href="https://www.maps.example/x?q=1" data-digest-media="page">maps.example</a></p>',
  );
});

describe('nothing hostile and no tracker becomes a link', () => {
  test.each([
    frame('javascript:alert(1)'),
    frame(' java\nscript:alert(1)'),
    frame('data:text/html,<b>x</b>'),
    frame('blob:https://a.example/1'),
    frame('http://a.example/'),
    frame('/relative'),
    frame(''),
    '<iframe srcdoc="<a href=https://evil.example>x</a>"></iframe>',
    frame('https://a.example/t', 'width="1" height="1"'),
    frame('https://a.example/t', 'style="width: 0; height: 0; border: 0"'),
    frame('https://a.example/t', 'style="display:none"'),
    frame('https://a.example/t', 'hidden'),
    frame('https://www.googletagmanager.com/ns.html?id=GTM-1', 'width="300"'),
    frame('https://ad.doubleclick.net/x', 'width="300" height="250"'),
    frame('https://rcm-na.amazon-adsystem.com/e/cm?x=1', 'width="300"'),
    frame('https://www.facebook.com/plugins/like.php?href=https%3A%2F%2Fa.example'),
    frame('https://quay.substack.com/embed', 'width="480" height="320"'),
    '<form action="https://evil.example"><input name="a"><iframe src="javascript:1"></iframe></form>',
    '<video src="javascript:alert(1)" poster="data:image/png;base64,xx"></video>',
    '<video src="blob:https://a.example/1">Your browser does not support video.</video>',
    '<audio src="data:audio/mp3;base64,xx"></audio>',
    '<object data="/x.swf" type="application/x-shockwave-flash">No Flash</object>',
    '<embed src="javascript:alert(1)">',
    '<picture><source srcset="javascript:alert(1)"></picture>',
    '<amp-img src="javascript:alert(1)"></amp-img>',
    '<amp-youtube data-videoid="&quot;><script>"></amp-youtube>',
  ])('%s', (html) => {
    // Without a base address, as for posts without a link.
    expect(sanitise(`<p>a</p>${html}<p>b</p>`)).toBe('<p>a</p><p>b</p>');
  });

  test('a publisher’s words in such a link stay the publisher’s', () => {
    const own = `<p><a href="${page}" data-digest-media="video">Log in</a></p>`;
    expect(sanitise(own)).toBe(own);
    expect(
      sanitise('<a href="https://a.example/" data-digest-media="x" data-digest-seconds="-1">y</a>'),
    ).toBe('<a href="https://a.example/">y</a>');
  });
});

test.each([
  [
    '<amp-img src="/1.jpg" width="400" height="300" alt="A crane"><noscript><img src="/1.jpg"></noscript></amp-img>',
    '<img src="https://example.org/1.jpg" alt="A crane" width="400" height="300" />',
  ],
  [
    '<amp-img src="/1.jpg" width="400" height="300"/><p>On.</p>',
    '<img src="https://example.org/1.jpg" alt="" width="400" height="300" /><p>On.</p>',
  ],
  [
    '<picture><source srcset="/s.jpg 300w, /l.jpg 1300w"></picture>',
    '<img src="https://example.org/l.jpg" alt="" />',
  ],
  [
    '<picture><source srcset="/s.webp"><img alt="A crane" src="data:image/gif;base64,R0"></picture>',
    '<img src="https://example.org/s.webp" alt="A crane" />',
  ],
  [
    '<picture><source srcset="/s.webp"><img src="/s.jpg"></picture>',
    '<img src="https://example.org/s.jpg" alt="" />',
  ],
])('images that are none to a mail program: %s', (html, expected) => {
  expect(sanitise(html, base)).toBe(expected);
});

test.each([
  [
    '<p>Euler: <math><msup><mi>e</mi><mi>x</mi></msup></math> is nice.</p>',
    '<p>Euler: e<sup>x</sup> is nice.</p>',
  ],
  [
    '<math><semantics><mrow><mi>a</mi><mo>=</mo><mfrac><mrow><mi>b</mi><mo>+</mo><mn>1</mn></mrow><mi>c</mi></mfrac></mrow><annotation encoding="application/x-tex">a=</annotation></semantics></math>',
    'a = (b + 1)/c',
  ],
  [
    '<math><msub><mi>x</mi><mn>1</mn></msub><mo>&lt;</mo><msqrt><mn>10</mn></msqrt></math>',
    'x<sub>1</sub> &lt; √(10)',
  ],
  ['<math alttext="E = mc^2"></math>', 'E = mc^2'],
  ['<math><mtext><img src=x onerror=alert(1)>ok</mtext></math>', 'ok'],
])('a formula is text: %s', (html, expected) => expect(sanitise(html)).toBe(expected));

describe('what a feed gives beside the text', () => {
  const media = { url: 'https://a.example/214.mp3', type: 'audio/mpeg', seconds: 4364 };
  const link =
    '<a href="https://a.example/214.mp3" data-digest-media="audio-file" data-digest-seconds="4364">▶ a.example</a>';

  test('stands before the text, and is none of its words', () => {
    const post = preparePost({ title: 'x', html: '<p>Talk.</p>', media });
    expect(post).toMatchObject({ html: `<p>${link}</p><p>Talk.</p>`, text: 'Talk.', excerpt: 'Talk.' });
    expect(preparePost({ title: 'x', text: 'Talk.', media }).html).toBe(`<p>${link}</p><p>Talk.</p>`);
  });

  test('lends its length to the same file in the text', () => {
    const html = '<p>Talk.</p><audio src="https://a.example/214.mp3"></audio>';
    expect(preparePost({ title: 'x', html, media }).html).toBe(`<p>Talk.</p><p>${link}</p>`);
  });

  test.each([
    [{ url: 'https://a.example/1', type: 'application/pdf' }],
    [{ url: 'https://a.example/1.jpg', type: 'image/jpeg' }],
    [{ url: 'javascript:alert(1)', type: 'audio/mpeg' }],
    [{ url: 'https://a.example/page' }],
  ])('is nothing to listen to: %j', (given) => {
    expect(preparePost({ title: 'x', html: '<p>Talk.</p>', media: given }).html).toBe('<p>Talk.</p>');
  });

  test.each([
    [{ url: 'https://a.example/1.M4A?x=1' }, 'audio-file'],
    [{ url: 'https://a.example/1', type: 'video/mp4', seconds: -3 }, 'video-file'],
    [{ url: 'https://a.example/1.mp3', type: 'application/octet-stream', seconds: 9e9 }, 'audio-file'],
    [
      { url: 'https://www.youtube.com/v/dQw4w9WgXcQ?version=3', type: 'application/x-shockwave-flash' },
      'video',
    ],
  ])('is known by its type or name: %j', (given, kind) => {
    expect(preparePost({ title: 'x', media: given }).html).toContain(`data-digest-media="${kind}">▶`);
  });
});
