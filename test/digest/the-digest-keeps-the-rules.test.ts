// docs/mail-rules.md, "The message": the requirements for both parts of a digest, whatever its posts are.
import { encode, wrap } from 'nodemailer/lib/qp';
import { templateNames } from '../../src/newsletters/look.js';
import { renderDigest } from '../../src/digest/render-digest.js';
import { htmlBudget } from '../../src/digest/size-budget.js';
import { cutAtWord, excerptOf } from '../../src/text/cut-text.js';
import { asIfCounted } from '../../src/tracking/mail-links.js';
import { input, longPosts, posts, withContent, withTemplate } from './sample.js';

const tags = (html: string, name: string): string[] => html.match(new RegExp(`<${name}\\b[^>]*>`, 'g')) ?? [];
const attribute = (tag: string, name: string): string | undefined =>
  new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
const decoded = (text: string): string => text.replaceAll('&amp;', '&').replaceAll('&quot;', '"');
const linksOf = (html: string): string[] =>
  tags(html, 'a').map((tag) => decoded(attribute(tag, 'href') ?? '(no address)'));

const kinds = templateNames.flatMap((template) =>
  (['excerpt', 'full', 'headlines'] as const).map((content) => [template, content] as const),
);
const withHtml = posts.map((post) => ({
  ...post,
  html: '<h2>Part</h2><p>Words <a href="https://elsewhere.example/">there</a>.</p><img src="http://harbourpost.example/x.jpg" alt="x" width="900" height="450">',
}));

describe.each(kinds)('a digest "%s" of content "%s"', (template, content) => {
  const newsletter = withTemplate(template, { content });
  const rendered = renderDigest(input({ newsletter, posts: withHtml }));

  test('has a language, a direction and a title', async () => {
    const { html, subject } = await rendered;
    expect(html).toMatch(/<html lang="en" dir="ltr"/);
    expect(html).toContain(`<title>${subject}</title>`);
  });

  test('has no script, form, frame, SVG, data: image, style sheet or font from elsewhere', async () => {
    const { html } = await rendered;
    for (const name of [
      'script',
      'form',
      'input',
      'iframe',
      'object',
      'embed',
      'svg',
      'video',
      'link',
      'base',
    ])
      expect(tags(html, name)).toEqual([]);
    expect(html).not.toMatch(/@import|@font-face|data:|javascript:|url\(/i);
  });

  test('lays out with tables that say they are for presentation', async () => {
    const { html } = await rendered;
    const layout = tags(html, 'table').filter((tag) => !tag.includes('cellpadding="6"'));
    expect(layout.length).toBeGreaterThan(3);
    for (const tag of layout) expect(attribute(tag, 'role')).toBe('presentation');
  });

  test('shows images from absolute https addresses, with alt text and a width that fits', async () => {
    const images = tags((await rendered).html, 'img');
    expect(images.length > 0).toBe(content !== 'headlines');
    for (const tag of images) {
      expect(attribute(tag, 'src')).toMatch(/^https:\/\//);
      expect(attribute(tag, 'alt')).toBeDefined();
      expect(Number(attribute(tag, 'width'))).toBeGreaterThan(0);
      expect(Number(attribute(tag, 'width'))).toBeLessThanOrEqual(536);
    }
  });

  test('has no visible text under 14 pixels', async () => {
    const { html } = await rendered;
    const body = html.slice(html.indexOf('<body')).replace(/<div style="display:none.*?<\/div>/s, '');
    const sizes = [...body.matchAll(/font(?:-size)?:[^;"]*?(\d+)px/g)].map((match) => Number(match[1]));
    // The boxes around the columns have one pixel: no text stands in them.
    expect(sizes.filter((size) => size > 1 && size < 14)).toEqual([]);
  });

  test('knows dark mode', async () => {
    const { html } = await rendered;
    expect(html).toContain('<meta name="color-scheme" content="light dark">');
    expect(html).toContain('@media (prefers-color-scheme: dark)');
  });

  test('has the unsubscribe link and the postal address in both parts', async () => {
    const { html, text } = await rendered;
    for (const part of [html, text]) {
      expect(part).toContain(input().unsubscribeUrl);
      for (const line of ['Harbour Post Ltd', 'Kajgatan 4', '411 09 Göteborg, Sweden'])
        expect(part).toContain(line);
      expect(part).toContain('because you subscribed to The Harbour Post');
    }
  });

  test('has the same posts and the same links in both parts', async () => {
    const { html, text } = await rendered;
    const inText = new Set(text.match(/https?:\/\/[^\s<>]+/g));
    expect(new Set(linksOf(html))).toEqual(inText);
    for (const post of posts) expect(linksOf(html)).toContain(post.url);
    const flat = text.replaceAll(/\s+/g, ' ');
    for (const post of posts) expect(flat).toContain(cutAtWord(post.title, 160));
  });

  test('wraps its text at 78, and breaks no link', async () => {
    const { text } = await rendered;
    const long = text.split('\n').filter((line) => line.length > 78);
    expect(text.split('\n').length).toBeGreaterThan(posts.length);
    expect(long.filter((line) => !/^<?https:\/\/\S+$/.test(line))).toEqual([]);
    expect(text).not.toMatch(/&(amp|quot|lt|gt|#)/);
  });

  test('has links that say where they go', async () => {
    const { html } = await rendered;
    const words = [...html.matchAll(/<a\b[^>]*>(.*?)<\/a>/gs)]
      .filter(([tag]) => !tag.includes('aria-hidden'))
      .map(([, inner]) =>
        (inner ?? '').replaceAll(/<img[^>]*alt="([^"]*)"[^>]*>/g, '$1').replaceAll(/<[^>]*>/g, ''),
      );
    expect(words.length).toBeGreaterThan(posts.length);
    for (const word of words) expect(word.trim()).not.toMatch(/^(|here|click here|read more|more|link)$/i);
  });
});

describe('the content of a digest', () => {
  test('the headlines come first, in the order of the posts, for two posts or more', async () => {
    const { html, text } = await renderDigest(input());
    const list = html.slice(html.indexOf('In this issue'), html.indexOf('Read on'));
    const places = ['midnight-bakery', '/ferries', '/cafe', '/library'].map((part) => list.indexOf(part));
    expect(Math.min(...places)).toBeGreaterThan(0);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(text).toContain('In this issue');
    const single = await renderDigest(input({ posts: posts.slice(0, 1), more: 0 }));
    expect(single.html + single.text).not.toMatch(/in this issue/i);
  });

  test('author, comment count, and how many more there are', async () => {
    const { html, text } = await renderDigest(input());
    for (const part of [html, text]) {
      for (const words of ['Ingrid Åkerström', '48 comments', '1 comment', '3 more on the web'])
        expect(part).toContain(words);
      expect(part).not.toContain('1 comments');
    }
    expect((await renderDigest(input({ more: 0 }))).html).not.toContain('more on the web');
  });

  test('the link under an excerpt is quiet, and named after its post; under a whole text there is none', async () => {
    const { html } = await renderDigest(input());
    expect(html).toMatch(
      /<a class="a"[^>]* aria-label="Read on: Café Zażółć gęślą jaźń: review"[^>]*>Read on →<\/a>/,
    );
    const full = await renderDigest(input({ newsletter: withContent('full'), posts: withHtml, more: 0 }));
    expect(full.html).not.toContain('Read on');
  });

  test('a table of contents has from four to ten entries, and titles have an end', async () => {
    const title = 'Word '.repeat(60).trim();
    const many = Array.from({ length: 12 }, (_, index) => ({
      ...posts[1]!,
      title: `${index} ${title}`,
      url: `https://harbourpost.example/${index}`,
    }));
    const { html } = await renderDigest(input({ posts: many }));
    const entries = [...html.matchAll(/<li[^>]*><a[^>]*>([^<]*)<\/a>/g)].map(([, words = '']) => words);
    expect(entries).toHaveLength(10);
    expect(Math.max(...entries.map((entry) => entry.length))).toBeLessThanOrEqual(91);
    expect(html).toContain('and 2 more');
    const headlines = [...html.matchAll(/<h2 dir="auto"[^>]*><a[^>]*>([^<]*)<\/a>/g)];
    expect(headlines).toHaveLength(12);
    expect(Math.max(...headlines.map(([, words = '']) => words.length))).toBeLessThanOrEqual(161);
    const three = await renderDigest(input({ posts: posts.slice(0, 3), more: 0 }));
    expect(three.html + three.text).not.toContain('In this issue');
  });

  test('the number of comments links to them in both parts', async () => {
    const commentsUrl = 'https://harbourpost.example/cafe#comments';
    const post = { ...posts[2]!, commentsUrl, source: 'The Café Guide' };
    const { html, text } = await renderDigest(input({ posts: [post], more: 0 }));
    expect(html).toMatch(
      /Wójcik&nbsp;&nbsp;·&nbsp;&nbsp;The Café Guide&nbsp;&nbsp;·&nbsp;&nbsp;<a class="dim" href="https:\/\/harbourpost\.example\/cafe#comments"[^>]*>1 comment<\/a>/,
    );
    expect(text).toContain(`Małgorzata Wójcik · The Café Guide · 1 comment:\n${commentsUrl}\n`);
    const unsafe = { ...post, commentsUrl: 'javascript:alert(1)' };
    expect((await renderDigest(input({ posts: [unsafe], more: 0 }))).html).not.toContain('javascript');
  });

  test('a microblog whose feed bears the name of its site names it once', async () => {
    const words = 'The heron is back on the lock gate.';
    const note = {
      title: words,
      url: 'https://ana.example/1',
      excerptText: words,
      html: `<p>${words}</p>`,
      source: 'ana.example',
      topics: [],
    };
    const { html } = await renderDigest(input({ newsletter: withContent('full'), posts: [note, posts[1]!] }));
    expect(html.match(/>ana\.example</g)).toHaveLength(1);
  });

  test('a list of headlines says the words of a post without a title once', async () => {
    const words =
      'The heron is back on the lock gate, and has a fish. Nobody tell the anglers of the harbour club, please.';
    const note = {
      title: excerptOf(words, 80),
      url: 'https://ana.example/1',
      excerptText: words,
      topics: [],
    };
    const { html, text } = await renderDigest(
      input({ newsletter: withTemplate('headlines'), posts: [posts[0]!, note], more: 0 }),
    );
    expect(html).toContain(`>${words}</a>`);
    // The preheader has them too.
    expect(html.match(/The heron is back/g)).toHaveLength(2);
    expect(text.match(/The heron is back/g)).toHaveLength(1);
  });

  test('the date is the one where the newsletter lives', async () => {
    const slot = new Date('2026-11-23T23:30:00Z');
    expect((await renderDigest(input({ slot }))).text).toContain('Tuesday, 24 November 2026');
    const newsletter = { ...input().newsletter, timezone: 'America/New_York', language: 'de' };
    expect((await renderDigest(input({ slot, newsletter }))).text).toContain('Montag, 23. November 2026');
  });

  test('the preheader is the headlines that the subject does not have', async () => {
    const { preheader, html } = await renderDigest(input());
    expect(preheader).toMatch(/^Ferry timetable changes from Monday · Café Zażółć/);
    expect(html.indexOf(preheader)).toBeLessThan(html.indexOf('<h1'));
  });

  test('a language written from right to left turns the layout', async () => {
    const { html } = await renderDigest(input({ newsletter: { ...input().newsletter, language: 'ar' } }));
    expect(html).toMatch(/<html lang="ar" dir="rtl"/);
    expect(html).not.toContain('direction:ltr');
  });

  test('an unknown language or a post without an address stops nothing', async () => {
    const newsletter = { ...input().newsletter, language: 'not a language' };
    const { html, text } = await renderDigest(
      input({ newsletter, posts: [{ title: '', url: '', topics: [] }] }),
    );
    expect(html).toContain('Untitled');
    expect(text).toContain('Untitled');
  });

  test('pixels that count readers are not shown, nor pictures over http', async () => {
    const pixel = { url: 'https://count.example/p.gif', width: 1, height: 1 };
    const plain = { url: 'http://harbourpost.example/a.jpg', width: 600, height: 400 };
    const local = { url: 'http://127.0.0.1:3000/a.jpg', width: 600, height: 400 };
    const show = async (image: { url: string; width: number; height: number }) =>
      (await renderDigest(input({ posts: [{ title: 'T', url: 'https://x.example/', image, topics: [] }] })))
        .html;
    expect(await show(pixel)).not.toContain('count.example');
    expect(await show(plain)).toContain('src="https://harbourpost.example/a.jpg"');
    // The demo's site, on the machine that reads the mail.
    expect(await show(local)).toContain('src="http://127.0.0.1:3000/a.jpg"');
  });
});

describe('the issue on the web', () => {
  const issueUrl = 'https://mail.harbourpost.example/n/harbour/issues/12';
  const parts = async (changes: Parameters<typeof input>[0]) => {
    const { html, text } = await renderDigest(input(changes));
    return [linksOf(html), text.match(/https?:\/\/[^\s<>]+/g) ?? []] as const;
  };

  test('is linked from both parts, for the mail and for posts beyond it', async () => {
    const { html, text } = await renderDigest(input({ issueUrl, more: 3 }));
    expect(html).toMatch(new RegExp(`href="${issueUrl}"[^>]*>View in browser<`));
    expect(html).toMatch(new RegExp(`href="${issueUrl}#also"[^>]*>3 more on the web<`));
    expect(text).toContain(`View in browser:\n${issueUrl}\n`);
    expect(text).toContain(`3 more on the web: ${issueUrl}#also`);
  });

  test('without posts beyond the maximum the page has no part for them', async () => {
    const dropped = await renderDigest(input({ issueUrl, posts: longPosts(200), more: 0 }));
    expect(dropped.dropped.posts).toBeGreaterThan(0);
    expect(dropped.html + dropped.text).not.toContain('#also');
  });

  test('is not linked if there is no page', async () => {
    for (const links of await parts({ more: 3 })) {
      expect(links.filter((link) => link.includes('/issues/'))).toEqual([]);
      expect(links).toContain('https://www.harbourpost.example/');
    }
  });
});

describe('the size budget', () => {
  test.each([
    [25, 'excerpt'],
    [25, 'full'],
    [200, 'excerpt'],
    [200, 'headlines'],
  ] as const)(
    '%d long posts of content "%s" stay under 90,000 bytes as they travel',
    async (count, content) => {
      const rendered = await renderDigest(
        input({ posts: longPosts(count), newsletter: withContent(content), more: 0 }),
      );
      const travelling = wrap(encode(rendered.html)).length;
      expect(travelling).toBeLessThanOrEqual(htmlBudget);
      expect(rendered.bytes).toBeGreaterThanOrEqual(travelling);
      expect(rendered.bytes).toBeLessThan(travelling * 1.04);
      // Whatever the digest leaves out, the mail uses most of the permitted size.
      expect(rendered.bytes).toBeGreaterThan(htmlBudget * 0.75);
      expect(rendered.html).toContain(input().unsubscribeUrl);
      const { posts: gone } = rendered.dropped;
      expect(rendered.text.includes(`${gone} more on the web`)).toBe(gone > 0);
      expect(rendered.html.match(/<h2 dir="auto"/g)).toHaveLength(count - gone);
      expect(rendered.text.match(/Nummer \d+/g)?.length).toBeGreaterThanOrEqual(count - gone);
    },
  );

  test('excerpts go before images, images before posts, and the last posts first', async () => {
    const some = await renderDigest(input({ posts: longPosts(30), more: 0 }));
    expect(some.dropped).toEqual({ excerpts: expect.any(Number), images: 0, posts: 0 });
    expect(some.dropped.excerpts).toBeGreaterThan(0);
    const many = await renderDigest(input({ posts: longPosts(200), more: 7 }));
    expect(many.dropped.posts).toBeGreaterThan(0);
    expect(many.html).not.toContain('<img');
    expect(many.html).toContain(`${many.dropped.posts + 7} more on the web`);
    expect(many.html).toContain('Nummer 0:');
    expect(many.html).not.toContain('Nummer 199:');
  });

  // Readers who agreed have longer addresses in the same variant.
  test('counted links are within the budget too', async () => {
    const short = longPosts(200).map((post, number) => ({ ...post, url: `https://a.example/${number}` }));
    const baseUrl = 'https://the-digests-of-the-harbour-post.news.harbourpost.example';
    const digest = { ...input({ posts: short, newsletter: withContent('headlines'), more: 0 }) };
    const sizeFor = async (counted: { countsAt?: string }): Promise<number> => {
      const { html } = await renderDigest({ ...digest, ...counted });
      return wrap(encode(asIfCounted(html, baseUrl))).length;
    };
    expect(await sizeFor({})).toBeGreaterThan(htmlBudget);
    expect(await sizeFor({ countsAt: baseUrl })).toBeLessThanOrEqual(htmlBudget);
  });

  test('a digest within the budget loses nothing', async () => {
    expect((await renderDigest(input())).dropped).toEqual({ excerpts: 0, images: 0, posts: 0 });
  });
});

test('the text part has a table’s rows on lines of their own, and its cells apart', async () => {
  const html =
    '<table><tr><th>Day</th><th>Soup</th></tr><tr><td>Monday</td><td><a href="https://a.example/l">Lentil</a></td></tr></table>';
  const { text } = await renderDigest(
    input({ newsletter: withContent('full'), posts: [{ ...posts[0]!, html }] }),
  );
  expect(text).toContain('\nDay Soup\nMonday Lentil <https://a.example/l>\n');
});

test.each(templateNames)('a title and an author have their own direction each (%s)', async (template) => {
  const title = 'מה חדש ב־Port Market 2026';
  const mixed = [{ ...posts[0]!, title, author: 'דנה כהן', commentCount: 3 }, ...posts.slice(1)];
  const { html } = await renderDigest(input({ newsletter: withTemplate(template), posts: mixed }));
  // The tag that contains it, or the tag around its link.
  const around = html.match(new RegExp(`<\\w+[^>]*>(?:<a [^>]*>)?${title}<`, 'g')) ?? [];
  expect(around).toHaveLength(template === 'headlines' ? 1 : 2);
  for (const opened of around) expect(opened).toContain('dir="auto"');
  expect(html).toContain('<span dir="auto">דנה כהן</span>');
  expect(html).not.toContain('<span dir="auto">Ingrid');
  // A number stays where the others are.
  expect(html).not.toMatch(/<li[^>]*dir=/);
});

test.each([
  ['en', 'A list', 'רשימה', 'right'],
  ['he', 'WhatsApp ופייסבוק משיקות', 'A list', 'left'],
] as const)(
  'a post that is written against the direction of its newsletter (%s) begins at the other side',
  async (language, along, against, side) => {
    const html = '<ul><li>1</li></ul>';
    const newsletter = { ...withContent('full'), language };
    const rendered = await renderDigest(
      input({
        newsletter,
        posts: [along, against].map((title) => ({ ...posts[1]!, title, excerptText: '', html })),
      }),
    );
    const [first = '', second = ''] = rendered.html.split('<h2 dir="auto"').slice(1);
    const other = side === 'right' ? 'left' : 'right';
    const margin = { left: '0 0 16px 24px', right: '0 24px 16px 0' };
    expect(first).toContain(`<ul style="margin:${margin[other]};padding:0"`);
    expect(second).toContain(`<ul style="margin:${margin[side]};padding:0"`);
    // A post's cell comes before its title.
    expect(first).toContain(`align="${side}"`);
  },
);
