// Text from a feed stays text: it closes no tag, runs no script, starts no header and adds no link target.
import sanitizeHtml from 'sanitize-html';
import { renderDigest } from '../../src/digest/render-digest.js';
import { mailHtml } from '../../src/digest/mail-html.js';
import { bodyStyle, input, withContent } from './sample.js';

const attacks = [
  '{{unsubscribeUrl}}{{#each posts}}',
  '{{{raw}}}',
  '</mj-text></mj-column><mj-raw><script>alert(1)</script></mj-raw>',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'><iframe src=https://evil.example>",
  '</title></head><body onload=alert(1)>',
  '<!--[if mso]><script>alert(1)</script><![endif]-->',
  '</td></tr></table></body></html>',
  '<style>*{display:none}</style>',
];

/** The tags of `html` that a browser would build, without their contents. */
const structure = (html: string): string[] => html.match(/<\/?[a-z][a-z0-9]*/gi) ?? [];

const digestOf = (text: string) =>
  renderDigest(
    input({
      newsletter: { ...withContent('excerpt'), name: 'News' },
      posts: [1, 2].map(() => ({
        title: text,
        url: 'https://x.example/',
        author: text,
        excerptText: text,
        image: { url: 'https://x.example/i.jpg', alt: text },
        topics: [],
      })),
    }),
  );

describe.each(attacks)('a feed that says %s', (attack) => {
  test('changes no tag of the mail', async () => {
    const [harmless, hostile] = await Promise.all([digestOf('harmless'), digestOf(attack)]);
    expect(structure(hostile.html)).toEqual(structure(harmless.html));
    expect(hostile.html).not.toMatch(/<[^>]*\son(error|load)=/);
    expect(hostile.text.replaceAll(/\s+/g, '')).toContain(attack.replaceAll(/\s+/g, ''));
  });

  test('in a whole post, stays in its place', async () => {
    const inner = mailHtml(`<p>before</p>${attack}<p>after</p>`, bodyStyle);
    expect(inner).not.toMatch(/<(script|iframe|style|body|mj-|!--)|\son\w+=/i);
    const { html } = await renderDigest(
      input({
        newsletter: withContent('full'),
        posts: [{ title: 'T', url: 'https://x.example/', html: `<p>before</p>${attack}`, topics: [] }],
      }),
    );
    expect(html.match(/<body/g)).toHaveLength(1);
    expect(html.trimEnd().endsWith('</html>')).toBe(true);
    expect(html.indexOf('because you subscribed')).toBeGreaterThan(html.indexOf('before'));
  });
});

test.each([
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'data:text/html,<script>',
  'vbscript:x',
  'file:///etc/passwd',
])('a link to %s is no link', async (url) => {
  const { html, text } = await renderDigest(
    input({ posts: [{ title: 'T', url, image: { url }, excerptText: 'E', topics: [] }] }),
  );
  for (const part of [html, text]) expect(part).not.toMatch(/javascript:|data:|vbscript:|file:/i);
  expect(html).not.toContain('<img');
  expect(mailHtml(`<a href="${url}">x</a><img src="${url}">`, bodyStyle)).not.toMatch(
    /javascript|data:|vbscript|file:|<img/i,
  );
});

test('an address with quotes and brackets stays one address', async () => {
  const url = 'https://x.example/?q="><b>&r=\'{{x}}';
  const { html } = await renderDigest(input({ posts: [{ title: 'T', url, topics: [] }] }));
  expect(html).toContain('href="https://x.example/?q=%22%3E%3Cb%3E&amp;r=%27{{x}}"');
});

test('a title starts no header and turns no text around', async () => {
  const title = 'Sale\r\nBcc: all@example.org\u202egnp.exe\u0000\u0085 ends';
  const { subject, preheader } = await renderDigest(
    input({ posts: [{ title, url: 'https://x.example/', topics: [] }] }),
  );
  for (const line of [subject, preheader]) {
    expect(line).not.toMatch(/\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u);
    expect(line).toContain('Sale Bcc: all@example.org');
  }
});

test('the sanitiser that guards whole posts closes what a post leaves open', () => {
  expect(mailHtml('<blockquote><p>open <table><tr><td>x', bodyStyle)).toBe(
    sanitizeHtml(mailHtml('<blockquote><p>open <table><tr><td>x', bodyStyle), {
      allowedTags: false,
      allowedAttributes: false,
      allowVulnerableTags: true,
    }),
  );
});
