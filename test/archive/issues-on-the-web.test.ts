// Issues and the list of issues as public web pages.
import { assembleNow } from '../../src/issues/assemble-now.js';
import { previewNext } from '../../src/issues/preview-next.js';
import { assemble } from '../../src/issues/assemble.js';
import type { Newsletter, NewsletterInput } from '../../src/newsletters/schema.js';
import type { IncomingPost } from '../../src/posts/incoming.js';
import { recordPosts } from '../../src/posts/record-posts.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { assembleDeps, baseUrl, links, makeNewsletter, makeReaders } from '../support/newsroom.js';
import { nobodysLinks } from '../../src/delivery/message.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

const database = useDatabase();
const app = useApp(database);

const get = (path: string, headers: Record<string, string> = {}) =>
  // Node's fetch sends "no-cache" with a conditional request; browsers and feed readers do not.
  fetch(`${app.url}${path}`, { headers: { accept: 'text/html', 'cache-control': 'max-age=0', ...headers } });

const deps = () => assembleDeps(database.db);

async function record(newsletterId: string, posts: Partial<IncomingPost>[]): Promise<string[]> {
  const incoming = posts.map((post, index) => ({
    title: `Post ${index}`,
    guid: `${newsletterId}-${post.title ?? index}`,
    url: `https://news.example.org/${newsletterId}/${encodeURIComponent(post.title ?? index)}`,
    ...post,
  }));
  const recorded = await recordPosts(
    { db: database.db, now: () => new Date() },
    { newsletterId, feed: null, posts: incoming },
  );
  return recorded.postIds;
}

/** Assembles an issue and fans it out. With `held`, the issue stays in review. */
async function issue(newsletterId: string, { held = false } = {}): Promise<string> {
  const made = await assembleNow(deps(), { newsletterId, ...(held ? { review: 'hold' as const } : {}) });
  if (made.status !== 'created') throw new Error(JSON.stringify(made));
  await assemble(deps(), made.issueId);
  return made.issueId;
}

async function newsletterWithIssues(
  input: Partial<NewsletterInput>,
  ...issues: Partial<IncomingPost>[][]
): Promise<Newsletter> {
  const newsletter = await makeNewsletter(database.db, input);
  await makeReaders(database.db, newsletter.id, 2);
  for (const posts of issues) {
    await record(newsletter.id, posts);
    await issue(newsletter.id);
  }
  return newsletter;
}

const titles = (html: string): string[] =>
  [...html.matchAll(/<article[\s\S]*?<h2>(?:<a[^>]*>)?(.*?)</g)].map((match) => match[1] ?? '');

describe('an issue as a web page', () => {
  test('is the issue that was mailed, also after later edits', async () => {
    const { id, slug } = await newsletterWithIssues({ name: 'Frozen' }, [
      { title: 'Bread & butter <b>', excerpt: 'As first written.', author: 'Ada', commentCount: 3 },
      { title: 'Second' },
    ]);
    await record(id, [{ title: 'Bread & butter <b>', excerpt: 'Edited.', author: 'Eve' }]);
    const answer = await get(`/n/${slug}/issues/1`);
    expect(answer.status).toBe(200);
    const html = await answer.text();
    expect(titles(html).toSorted((a, b) => a.localeCompare(b))).toEqual(['Bread &amp; butter', 'Second']);
    expect(html).toContain('As first written.');
    expect(html).toContain('<bdi>Ada</bdi>&nbsp;·&nbsp;<bdi lang="en" dir="ltr">3 comments</bdi>');
    expect(html).not.toContain('Edited.');
  });

  test('a post of the other direction turns by itself, and nothing of the page turns with it', async () => {
    const title = 'WhatsApp ופייסבוק משיקות שירות חדש בחיפה';
    const { slug } = await newsletterWithIssues({ name: 'Both ways' }, [
      { title, excerpt: 'אין חדש בנמל.', author: 'לילה', commentCount: 5 },
      ...['One', 'Two'].map((other) => ({ title: other, excerpt: 'Of the harbour.' })),
    ]);
    const html = await (await get(`/n/${slug}/issues/1`)).text();
    expect(html).not.toMatch(/<li[^>]* dir=/);
    expect(html).toContain(`"#post-3">${title}</a>`);
    const [, article = ''] = /<article([^>]* id="post-3".*?)<\/article>/s.exec(html) ?? [];
    expect(article).toMatch(/^[^>]* dir="rtl"/);
    expect(article).toContain('<bdi lang="en" dir="ltr">5 comments</bdi>');
    expect(article).toContain('<bdi lang="en" dir="ltr">Read on →</bdi>');
    expect(html).toMatch(/<article[^>]* id="post-1"[^>]* dir="ltr"/);
  });

  test('says from which feed a post is if there are several, and links to its comments', async () => {
    const { id, slug } = await makeNewsletter(database.db, { name: 'Sources' });
    await makeReaders(database.db, id, 1);
    const add = 'insert into feeds (newsletter_id, url, title) values ($1, $2, $2) returning id';
    const addFeed = (title: string) => database.db.one<{ id: string }>(add, [id, title]);
    const from = async (feedId: string, post: Partial<IncomingPost>) => {
      const postIds = await record(id, [post]);
      await database.db.query('update posts set feed_id = $2 where id = any ($1)', [postIds, feedId]);
    };
    const gazette = await addFeed('gazette');
    await from(gazette.id, { title: 'Alone', commentCount: 2, commentsUrl: 'https://talk.example/7' });
    await issue(id);
    const alone = await (await get(`/n/${slug}/issues/1`)).text();
    expect(alone).toContain('<a href="https://talk.example/7">2 comments</a>');
    expect(alone).not.toContain('gazette');
    await addFeed('herald');
    await from(gazette.id, { title: 'Of two', author: 'Ada' });
    const issueId = await issue(id);
    expect(await (await get(`/n/${slug}/issues/2`)).text()).toContain('Ada</bdi>&nbsp;·&nbsp;<bdi>gazette<');
    const mail = 'select text from variants where issue_id = $1';
    expect((await database.db.one<{ text: string }>(mail, [issueId])).text).toContain('Ada · gazette');
  });

  test('shows each post in full that the mail had to leave out, and no post of another issue', async () => {
    const many = Array.from({ length: 5 }, (_, index) => ({ title: `Many ${index}` }));
    const { slug } = await newsletterWithIssues({ name: 'Many', schedule: { maxPosts: 3 } }, many, [
      { title: 'Of the second issue' },
    ]);
    const html = await (await get(`/n/${slug}/issues/1`)).text();
    expect(titles(html)).toEqual(['Many 4', 'Many 3', 'Many 2']);
    const also = html.slice(html.indexOf('Also in this issue'), html.indexOf('Get the next issue by e-mail'));
    for (const title of ['Many 1', 'Many 0']) expect(also).toContain(`>${title}</a>`);
    expect(html).not.toContain('Of the second issue');
    expect(html).toContain(`href="/n/${slug}/issues/2" rel="next"`);
    expect(html).not.toContain('rel="prev"');
    const second = await (await get(`/n/${slug}/issues/2`)).text();
    expect(titles(second)).toEqual(['Of the second issue']);
    expect(second).toContain(`href="/n/${slug}/issues/1" rel="prev"`);
  });

  test('shows the posts for one topic below the posts that most readers got', async () => {
    const newsletter = await makeNewsletter(database.db, { name: 'Topics', topics: ['Sport', 'Arts'] });
    await makeReaders(database.db, newsletter.id, 3, { prefix: 'arts', topics: ['Arts'] });
    await makeReaders(database.db, newsletter.id, 1, { prefix: 'sport', topics: ['Sport'] });
    await record(newsletter.id, [
      { title: 'A goal', topics: ['Sport'] },
      { title: 'A play', topics: ['Arts'] },
    ]);
    await issue(newsletter.id);
    const html = await (await get(`/n/${newsletter.slug}/issues/1`)).text();
    expect(titles(html)).toEqual(['A play']);
    expect(html).toMatch(/Also in this issue[\s\S]*A goal/);
  });

  test('has whole posts without styles, scripts or pictures over http', async () => {
    const { slug } = await newsletterWithIssues({ name: 'Full', content: 'full' }, [
      {
        title: 'Whole',
        html: `<h2>Part</h2><p style="color:red" onclick="x()">Words <a href="javascript:alert(1)">there</a></p>
          <script>alert(1)</script><img src="http://pictures.example/x.jpg" alt="X" width="900" height="450">`,
      },
    ]);
    const html = await (await get(`/n/${slug}/issues/1`)).text();
    expect(html).toContain('<h3>Part</h3>');
    expect(html).toMatch(/<img src="https:\/\/pictures\.example\/x\.jpg"[^>]*loading="lazy"/);
    expect(html).not.toMatch(/<script|\sstyle=|\son[a-z]+=|javascript:/i);
  });

  test('has no reader’s token, sets no cookie, and runs no script', async () => {
    const { slug } = await newsletterWithIssues({ name: 'Nobody' }, [{ title: 'One' }]);
    const answer = await get(`/n/${slug}/issues/1`);
    const html = await answer.text();
    const { sentTo, ...tokens } = nobodysLinks(links);
    for (const link of [...Object.values(tokens), ...Object.values(sentTo)])
      expect(html).not.toContain(link.slice(link.lastIndexOf('/') + 1));
    expect(html).not.toMatch(/\/(unsubscribe|preferences|confirm)\//);
    expect(answer.headers.get('set-cookie')).toBeNull();
    const policy = answer.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("img-src 'self' https:;");
    expect(policy).not.toContain('script-src');
    // Only this page may show images from any host.
    expect((await get(`/n/${slug}/issues`)).headers.get('content-security-policy')).not.toContain('https:');
  });

  test('describes itself to sites that link to it', async () => {
    const { slug } = await newsletterWithIssues({ name: 'Social' }, [
      { title: 'Small', image: { url: 'https://pictures.example/icon.png', width: 32, height: 32 } },
      {
        title: 'A "quoted" title',
        image: { url: 'https://pictures.example/a.jpg?x=1&y=2', width: 1200, height: 630 },
      },
    ]);
    const html = await (await get(`/n/${slug}/issues/1`)).text();
    const url = `${baseUrl}/n/${slug}/issues/1`;
    expect(html).toContain(`<link rel="canonical" href="${url}">`);
    expect(html).toContain(`<meta property="og:url" content="${url}">`);
    // The newsletter's name is in og:site_name, so the title does not repeat it.
    expect(html).toContain('<meta property="og:title" content="A &quot;quoted&quot; title and 1 more">');
    expect(html).toContain('<meta property="og:description" content="A &quot;quoted&quot; title · Small">');
    expect(html).toContain('<meta property="og:image" content="https://pictures.example/a.jpg?x=1&amp;y=2">');
  });

  test('loses a post that an admin excludes', async () => {
    const { id, slug } = await newsletterWithIssues({ name: 'Withdrawn' }, [
      { title: 'Stays' },
      { title: 'A mistake' },
    ]);
    const posts = await app.api('GET', `/newsletters/${id}/posts`);
    const mistake = posts.body.data?.find(({ title }) => title === 'A mistake');
    await app.api('PATCH', `/posts/${String(mistake?.['id'])}`, { state: 'excluded' });
    expect(titles(await (await get(`/n/${slug}/issues/1`)).text())).toEqual(['Stays']);
    expect(await (await get(`/n/${slug}/feed.xml`)).text()).not.toMatch(/<description>[^<]*A mistake/);
  });
});

describe('“View in browser”', () => {
  const variants = (newsletterId: string) =>
    database.db.query<{ html: string; text: string; number: number }>(
      `select v.html, v.text, i.number from variants v join issues i on i.id = v.issue_id
       where i.newsletter_id = $1 order by v.id`,
      [newsletterId],
    );

  test('leads from each mail of an issue to the page of that issue', async () => {
    const newsletter = await makeNewsletter(database.db, { name: 'Linked', topics: ['Sport', 'Arts'] });
    await makeReaders(database.db, newsletter.id, 2, { prefix: 'linked' });
    await makeReaders(database.db, newsletter.id, 1, { prefix: 'sporty', topics: ['Sport'] });
    for (const title of ['First', 'Second']) {
      await record(newsletter.id, [
        { title, topics: ['Sport'] },
        { title: `${title} play`, topics: ['Arts'] },
      ]);
      await issue(newsletter.id);
    }
    const mails = await variants(newsletter.id);
    expect(mails.map(({ number }) => number)).toEqual([1, 1, 2, 2]);
    for (const { html, text, number } of mails) {
      const url = `${baseUrl}/n/${newsletter.slug}/issues/${number}`;
      expect(html).toContain(`href="${url}"`);
      expect(text).toContain(`View in browser:\n${url}\n`);
      expect((await get(url.slice(baseUrl.length))).status).toBe(200);
    }
  });

  test('is linked neither from a newsletter without an archive nor from the preview of an issue without a number', async () => {
    const newsletter = await newsletterWithIssues({ name: 'Unlinked', archive: 'none' }, [{ title: 'One' }]);
    const mails = await variants(newsletter.id);
    for (const { html, text } of mails) expect(html + text).not.toContain('/issues/');
    const open = await newsletterWithIssues({ name: 'Previewed' });
    await record(open.id, [{ title: 'Next' }]);
    const next = await previewNext(deps(), { newsletterId: open.id });
    expect(next?.rendered?.html).toContain('Next');
    expect(next?.rendered?.html).not.toContain('/issues/');
  });
});

describe('not found:', () => {
  test.each(['2', '0', '-1', '1.5', '01', 'x', '99999999999999999999', '%00'])('issue %s', async (number) => {
    const { slug } = await newsletterWithIssues({ name: 'Few' }, [{ title: 'One' }]);
    const answer = await get(`/n/${slug}/issues/${number}`);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain('There is no such page');
  });

  test('an issue that waits for review, and one that was cancelled', async () => {
    const newsletter = await newsletterWithIssues({ name: 'Held' });
    await record(newsletter.id, [{ title: 'Not yet' }]);
    const held = await issue(newsletter.id, { held: true });
    const status = async () => (await get(`/n/${newsletter.slug}/issues/1`)).status;
    const listed = async () => (await get(`/n/${newsletter.slug}/issues`)).text();
    const fed = async () => (await get(`/n/${newsletter.slug}/feed.xml`)).text();
    expect(await status()).toBe(404);
    expect(await fed()).toContain('<channel>');
    expect((await listed()) + (await fed())).not.toContain('Not yet');
    await app.api('POST', `/issues/${held}/approve`);
    await assemble(deps(), held);
    expect(await status()).toBe(200);
    expect(await listed()).toContain('Not yet');
    await app.api('POST', `/issues/${held}/cancel`);
    expect(await status()).toBe(404);
    expect((await listed()) + (await fed())).not.toContain('Not yet');
  });

  test('every page of a newsletter without an archive', async () => {
    const { id, slug } = await newsletterWithIssues({ name: 'Closed' }, [{ title: 'For readers' }]);
    expect(await (await get(`/n/${slug}`)).text()).toMatch(/feed\.xml[\s\S]*For readers/);
    const patched = await app.api('PATCH', `/newsletters/${id}`, { archive: 'none' });
    expect(patched.body['archive']).toBe('none');
    for (const path of ['issues', 'issues/1', 'feed.xml', 'feed.json'])
      expect((await get(`/n/${slug}/${path}`)).status).toBe(404);
    const page = await (await get(`/n/${slug}`)).text();
    expect(page).not.toMatch(/feed\.xml|For readers|\/issues/);
    expect((await app.api('PATCH', `/newsletters/${id}`, { archive: 'friends' })).status).toBe(400);
  });
});

describe('the list', () => {
  test('goes back to the first issue, a page at a time, and forward again', async () => {
    const newsletter = await newsletterWithIssues({ name: 'Long' }, [{ title: 'The first' }]);
    // Copies of the first row, so that seventy rows cost one statement.
    await database.db.query(
      `insert into issues (newsletter_id, number, kind, slot, review, subject, fanned_out_at)
       select newsletter_id, n, 'manual', slot + n * interval '1 day', review, 'Long: number ' || n, fanned_out_at
       from issues, generate_series(2, 70) n where newsletter_id = $1`,
      [newsletter.id],
    );
    const numbers = (html: string) =>
      [...html.matchAll(/\/issues\/(\d+)"/g)].map((match) => Number(match[1]));
    const turn = (html: string, rel: string) => new RegExp(`<a href="([^"]+)" rel="${rel}"`).exec(html)?.[1];
    const pages = [await (await get(`/n/${newsletter.slug}/issues`)).text()];
    for (let older = turn(pages[0] ?? '', 'next'); older !== undefined;) {
      const html = await (await get(older)).text();
      pages.push(html);
      older = turn(html, 'next');
    }
    expect(pages.flatMap(numbers)).toEqual(Array.from({ length: 70 }, (_, index) => 70 - index));
    expect(pages.map(numbers).map((page) => page.length)).toEqual([30, 30, 10]);
    expect(pages.map((page) => turn(page, 'prev'))).toEqual([
      undefined,
      `/n/${newsletter.slug}/issues`,
      `/n/${newsletter.slug}/issues?before=41`,
    ]);
    expect(await (await get(turn(pages[2] ?? '', 'prev') ?? '')).text()).toBe(pages[1]);
    expect(pages[0]).toContain('>number 70</a>');
  });
});

describe('the feeds', () => {
  const tricky = 'Ampersands & <tags> ]]> "quotes" 🦑';

  test('list the issues with absolute addresses, and are found from the pages', async () => {
    const { slug } = await newsletterWithIssues(
      { name: 'Feeds & Co', language: 'de' },
      [{ title: 'Erste' }],
      [
        { title: tricky, excerpt: '1 < 2 & 3', image: { url: 'https://pictures.example/a.jpg' } },
        { title: 'Andere' },
      ],
    );
    const rss = await get(`/n/${slug}/feed.xml`);
    expect(rss.headers.get('content-type')).toMatch(/^application\/rss\+xml/);
    const xml = await rss.text();
    expect(xml).toContain(`<atom:link href="${baseUrl}/n/${slug}/feed.xml" rel="self"`);
    const { parseFeed } = await import('feedsmith');
    const parsed = parseFeed(xml);
    if (parsed.format !== 'rss') throw new Error(parsed.format);
    expect(parsed.feed).toMatchObject({
      title: 'Feeds & Co',
      language: 'de',
      link: `${baseUrl}/n/${slug}/issues`,
    });
    expect(parsed.feed.items?.map(({ link }) => link)).toEqual(
      [2, 1].map((n) => `${baseUrl}/n/${slug}/issues/${n}`),
    );

    const answer = await get(`/n/${slug}/feed.json`);
    expect(answer.headers.get('content-type')).toMatch(/^application\/feed\+json/);
    const json = (await answer.json()) as { items: Record<string, unknown>[] };
    expect(json).toMatchObject({
      version: 'https://jsonfeed.org/version/1.1',
      feed_url: `${baseUrl}/n/${slug}/feed.json`,
      home_page_url: `${baseUrl}/n/${slug}/issues`,
    });
    const [newest, first] = json.items;
    expect(newest).toMatchObject({
      id: `${baseUrl}/n/${slug}/issues/2`,
      title: 'Andere und 1 weiterer',
      image: 'https://pictures.example/a.jpg',
      summary: `Andere · ${tricky}`,
    });
    expect(newest?.['content_html']).toContain(
      'Ampersands &amp; &lt;tags&gt; ]]&gt; &quot;quotes&quot; 🦑</a></h3><p>1 &lt; 2 &amp; 3</p>',
    );
    expect(parsed.feed.items?.[0]?.description).toBe(newest?.['content_html']);
    expect(first?.['title']).toBe('Erste');

    for (const page of [`/n/${slug}`, `/n/${slug}/issues`, `/n/${slug}/issues/1`])
      expect(await (await get(page)).text()).toContain(
        `<link rel="alternate" type="application/rss+xml" title="Feeds &amp; Co" href="/n/${slug}/feed.xml">`,
      );
  });

  test('are sent once: a client with the newest version gets 304', async () => {
    const { id, slug } = await newsletterWithIssues({ name: 'Conditional' }, [{ title: 'One' }]);
    for (const file of ['feed.xml', 'feed.json']) {
      const first = await get(`/n/${slug}/${file}`);
      const etag = first.headers.get('etag') ?? '';
      const modified = first.headers.get('last-modified') ?? '';
      expect((await get(`/n/${slug}/${file}`, { 'if-none-match': etag })).status).toBe(304);
      expect((await get(`/n/${slug}/${file}`, { 'if-modified-since': modified })).status).toBe(304);
    }
    const { headers } = await get(`/n/${slug}/feed.xml`);
    await record(id, [{ title: 'Two' }]);
    await issue(id);
    expect((await get(`/n/${slug}/feed.xml`, { 'if-none-match': headers.get('etag') ?? '' })).status).toBe(
      200,
    );
  });

  test('of a newsletter without issues are valid and empty', async () => {
    const { slug } = await newsletterWithIssues({ name: 'Empty' });
    expect(((await (await get(`/n/${slug}/feed.json`)).json()) as { items: unknown }).items).toEqual([]);
    expect(await (await get(`/n/${slug}/feed.xml`)).text()).toMatch(/<channel>[\s\S]*<\/channel>/);
    expect(await (await get(`/n/${slug}/issues`)).text()).toContain('No issue has been published yet');
  });
});
