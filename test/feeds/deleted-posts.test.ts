// A post that its publisher deletes leaves the next issue. A post that only dropped off the end of the feed
// stays.
import { day, minute, hour } from '../../src/durations.js';
import { showIssue } from '../../src/archive/show-issue.js';
import { explainIssue } from '../../src/reports/explain-issue.js';
import { getFeed } from '../../src/feeds/list-feeds.js';
import { closeParser } from '../../src/formats/parse.js';
import { assembleNow } from '../../src/issues/assemble-now.js';
import { approveIssue } from '../../src/issues/change-issue.js';
import { editIssue } from '../../src/issues/edit-issue.js';
import { getNewsletter } from '../../src/newsletters/get-newsletter.js';
import { getPostEdits } from '../../src/posts/get-post.js';
import { listPosts } from '../../src/posts/list-posts.js';
import { isInGap } from '../../src/posts/retract.js';
import { whereaboutsOf } from '../../src/posts/whereabouts.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import { assembleDeps, changeReader, fanOutNext, makeReaders } from '../support/newsroom.js';
import { assemble } from '../../src/issues/assemble.js';
import { type FeedServer, startFeedServer } from '../support/feed-server.js';
import { type Entry, feedNewsroom, rss, start } from './feed-newsroom.js';

const database = useDatabase();
let site: FeedServer;
closeAfterAll(closeParser);
/** The statuses of the posts' pages. By default every page exists. */
let pages: Record<string, number>;
let document: string;
beforeEach(async () => {
  pages = {};
  document = rss([]);
  site = await startFeedServer((request, response) => {
    if (request.url === '/feed') response.end(document);
    else if (pages[request.url ?? ''] === 302) response.writeHead(302, { location: '/' }).end();
    else response.writeHead(pages[request.url ?? ''] ?? 200).end('<html></html>');
  });
});
afterEach(() => site.close());

const entry = (guid: string, hoursAgo: number): Entry => ({ guid, hoursAgo, link: `${site.url}/${guid}` });

async function room() {
  const newsroom = await feedNewsroom(database.db);
  const feedId = await newsroom.add(`${site.url}/feed`);
  const all = [entry('c', 1), entry('b', 2), entry('a', 3)];
  document = rss(all);
  await newsroom.poll(feedId);
  newsroom.pass(10 * minute);
  site.requests.length = 0;
  return { ...newsroom, feedId, all };
}

test.each([404, 410])('gone from the feed and from the web (%s): out', async (status) => {
  const { poll, feedId, titles, all } = await room();
  document = rss(all.filter(({ guid }) => guid !== 'b'));
  pages['/b'] = status;
  expect(await poll(feedId)).toMatchObject({ retracted: 1 });
  expect(await titles()).toEqual(['c', 'a']);
  expect(await titles('excluded')).toEqual(['b']);
});

test('the newest too, although nothing newer is listed', async () => {
  const { poll, feedId, titles } = await room();
  document = rss([entry('b', 2), entry('a', 3)]);
  pages['/c'] = 404;
  expect(await poll(feedId)).toMatchObject({ retracted: 1 });
  expect(await titles()).toEqual(['b', 'a']);
});

test.each([200, 403, 500, 503])('gone from the feed, while its page answers %s: stays', async (status) => {
  const { poll, feedId, titles, all } = await room();
  document = rss(all.slice(0, 2));
  pages['/a'] = status;
  expect(await poll(feedId)).toMatchObject({ retracted: 0 });
  expect(await titles()).toEqual(['c', 'b', 'a']);
});

describe('a site that answers robots with', () => {
  test.each<[string, number]>([
    ['404', 404],
    ['410', 410],
    ['its front page', 302],
  ])('%s for every post: no post counts as deleted, and the health says it', async (_, status) => {
    const { poll, feedId, titles, db, deps, pass } = await room();
    const health = async () => (await getFeed(db, feedId, deps.now()))?.health ?? '';
    pages = { '/a': status, '/b': status, '/c': status };
    document = rss([entry('c', 1), entry('a', 3)]);
    expect(await poll(feedId)).toMatchObject({ retracted: 0 });
    expect(await titles()).toEqual(['c', 'b', 'a']);
    expect(await health()).toMatch(/tells robots that posts which the feed lists do not exist \(404\)/);
    pass(10 * minute);
    await poll(feedId);
    expect(await health()).toMatch(/tells robots/);

    pass(7 * hour);
    pages = { '/b': 404 };
    expect(await poll(feedId)).toMatchObject({ retracted: 1 });
    expect(await health()).not.toMatch(/tells robots/);
  });

  test('404 for a listed post that was deleted just now: the others show that it shows its pages', async () => {
    const { poll, feedId, titles } = await room();
    pages = { '/b': 404, '/c': 404 };
    document = rss([entry('c', 1), entry('a', 3)]);
    expect(await poll(feedId)).toMatchObject({ retracted: 1 });
    expect(await titles()).toEqual(['c', 'a']);
  });

  test('404 for all posts of a feed that lists just its latest one', async () => {
    const { poll, feedId, titles } = await room();
    pages = { '/a': 404, '/b': 404, '/c': 404, '/d': 404 };
    document = rss([entry('d', 0)]);
    expect(await poll(feedId)).toMatchObject({ created: 1, retracted: 0 });
    expect(await titles()).toEqual(['d', 'c', 'b', 'a']);
  });
});

test('listed, while its page answers 404: stays, and is not asked for', async () => {
  const { poll, feedId, titles } = await room();
  pages['/b'] = 404;
  expect(await poll(feedId)).toMatchObject({ retracted: 0 });
  expect(await titles()).toEqual(['c', 'b', 'a']);
  expect(site.requests.map(({ url }) => url)).toEqual(['/feed']);
});

test('a page that is there is asked for again only after hours, although the feed does not change', async () => {
  const { poll, feedId, all, pass } = await room();
  document = rss(all.slice(0, 2));
  await poll(feedId);
  pass(10 * minute);
  site.requests.length = 0;
  await poll(feedId);
  expect(site.requests.map(({ url }) => url)).toEqual(['/feed']);
  pass(7 * hour);
  pages['/a'] = 410;
  expect(await poll(feedId)).toMatchObject({ retracted: 1 });
});

test('a page that leads to the front page is gone only if the feed has a gap there', async () => {
  const one = await room();
  pages = { '/a': 302, '/b': 302 };
  document = rss([entry('c', 1), entry('a', 3)]);
  expect(await one.poll(one.feedId)).toMatchObject({ retracted: 1 });
  expect(await one.titles()).toEqual(['c', 'a']);
  const two = await room();
  pages = { '/a': 302 };
  document = rss([entry('c', 1), entry('b', 2)]);
  expect(await two.poll(two.feedId)).toMatchObject({ retracted: 0 });
});

test('without an address of its own a post is gone if newer and older ones are listed, and only then', async () => {
  const { add, poll, titles } = await feedNewsroom(database.db);
  const feedId = await add(`${site.url}/feed`);
  const all = [5, 4, 3, 2, 1].map((hoursAgo) => ({ guid: `p${hoursAgo}`, hoursAgo })).toReversed();
  document = rss(all);
  await poll(feedId);
  document = rss(all.filter(({ guid }) => guid !== 'p2' && guid !== 'p5'));
  expect(await poll(feedId)).toMatchObject({ retracted: 1 });
  expect(await titles('excluded')).toEqual(['p2']);
});

test('listed again, it is news again, with a new number', async () => {
  const { poll, feedId, titles, all, db, newsletterId } = await room();
  document = rss(all.filter(({ guid }) => guid !== 'b'));
  pages['/b'] = 404;
  await poll(feedId);
  document = rss(all);
  expect(await poll(feedId)).toMatchObject({ created: 0, retracted: 0 });
  expect((await titles()).toSorted()).toEqual(['a', 'b', 'c']);
  const [back] = (await listPosts(db, { newsletterId })).data.filter(({ title }) => title === 'b');
  expect(back).toMatchObject({ seq: '4', retractedAt: null });
});

test('a post that an admin excluded does not come back by itself', async () => {
  const { poll, feedId, titles, db, newsletterId } = await room();
  await db.query("update posts set state = 'excluded' where newsletter_id = $1 and guid = 'b'", [
    newsletterId,
  ]);
  await poll(feedId);
  expect(await titles('excluded')).toEqual(['b']);
});

test('a post in an issue stays there: the text at the cut-off was sent, and later edits are logged', async () => {
  const { poll, feedId, db, newsletterId, all, titles, pass, deps } = await room();
  await makeReaders(db, newsletterId, 1);
  const issueId = await fanOutNext(assembleDeps(db, undefined, deps.now), newsletterId);
  pass(hour);
  document = rss([{ ...entry('c', 1), title: 'C, corrected', text: 'New words' }, ...all.slice(1, 2)]);
  pages['/a'] = 404;
  expect(await poll(feedId)).toMatchObject({ updated: 1, retracted: 0 });
  expect(await titles('excluded')).toEqual([]);
  const [post] = (await listPosts(db, { newsletterId })).data.filter(({ guid }) => guid === 'c');
  expect(await getPostEdits(db, post?.id ?? '')).toEqual([
    {
      at: new Date(start.getTime() + 10 * minute + hour),
      changed: ['title', 'text'],
      title: 'c',
      issueIds: [issueId],
    },
  ]);
  const variants = await db.query<{ text: string }>('select text from variants where issue_id = $1', [
    issueId,
  ]);
  expect(variants[0]?.text).not.toContain('corrected');
  expect(await getPostEdits(db, '999999')).toBeUndefined();
});

describe('deleted when some readers have had it, and others not yet', () => {
  /** Two readers: one got all posts; the other paused and is back. */
  async function halfRead() {
    const made = await room();
    const { db, newsletterId, pass } = made;
    await makeReaders(db, newsletterId, 1, { prefix: `early-${newsletterId}-` });
    await makeReaders(db, newsletterId, 1, { prefix: `late-${newsletterId}-` });
    const { now } = made.deps;
    const late = { newsletterId, address: `late-${newsletterId}-1@readers.example.org` };
    const deps = assembleDeps(db, undefined, now);
    const send = async (review: 'auto' | 'hold' = 'auto') => {
      const issue = await assembleNow(deps, { newsletterId, review });
      if (issue.status !== 'created') throw new Error(issue.status);
      await assemble(deps, issue.issueId);
      return issue.issueId;
    };
    /** The posts that each reader of the issue got. */
    const mailed = async (issueId: string) =>
      (
        await db.query<{ reader: string; titles: string[] }>(
          `select split_part(r.address, '-', 1) as reader, array(
             select ip.post->>'title' from issue_posts ip where ip.issue_id = d.issue_id and ip.post_id = any (v.post_ids)
             order by 1) as titles
           from deliveries d join subscribers r on r.id = d.subscriber_id join variants v on v.id = d.variant_id
           where d.issue_id = $1 order by 1`,
          [issueId],
        )
      ).map(({ reader, titles }) => [reader, ...titles]);
    await changeReader(db, late, { pausedUntil: new Date(now().getTime() + day) }, now);
    const first = await send();
    expect(await mailed(first)).toEqual([['early', 'a', 'b', 'c']]);
    await changeReader(db, late, { pausedUntil: null }, now);
    pass(hour);
    return { ...made, deps, first, send, mailed };
  }

  test('it is not sent any more, and the first issue keeps it', async () => {
    const { poll, feedId, all, db, first, send, mailed, newsletterId } = await halfRead();
    document = rss(all.filter(({ guid }) => guid !== 'b'));
    pages['/b'] = 404;
    expect(await poll(feedId)).toMatchObject({ retracted: 1 });
    const second = await send();
    expect(await mailed(second)).toEqual([['late', 'a', 'c']]);
    const texts = await db.query<{ text: string }>('select text from variants where issue_id = $1', [second]);
    expect(texts.map(({ text }) => text.includes(`${site.url}/b`))).toEqual([false]);
    expect(await mailed(first)).toEqual([['early', 'a', 'b', 'c']]);
    const [gone] = (await listPosts(db, { newsletterId, state: 'excluded' })).data;
    const why = await explainIssue(db, { issueId: first, postId: gone?.id });
    expect(why?.included).toBe(true);
    expect(why?.reasons.map(({ code }) => code)).toEqual(['in-issue', 'shown', 'retracted']);
    const whyNot = await explainIssue(db, { issueId: second, postId: gone?.id });
    expect(whyNot).toMatchObject({ included: false, reasons: [{ code: 'retracted' }] });
  });

  test('listed again, it goes to the readers who have not been offered it, and to no reader twice', async () => {
    const { poll, feedId, all, send, mailed, pass } = await halfRead();
    document = rss(all.filter(({ guid }) => guid !== 'b'));
    pages['/b'] = 404;
    expect(await poll(feedId)).toMatchObject({ retracted: 1 });
    pass(hour);
    document = rss(all);
    expect(await poll(feedId)).toMatchObject({ created: 0, retracted: 0 });
    expect(await mailed(await send())).toEqual([['late', 'a', 'b', 'c']]);
  });

  test('an issue that is frozen goes out as it was at the cut-off; its page leaves the post out', async () => {
    const { poll, feedId, all, db, deps, send, mailed, newsletterId } = await halfRead();
    const held = await send('hold');
    document = rss(all.filter(({ guid }) => guid !== 'b'));
    pages['/b'] = 410;
    expect(await poll(feedId)).toMatchObject({ retracted: 1 });
    expect(await approveIssue(deps, { by: 'cli', issueId: held })).toMatchObject({ ok: true });
    await assemble(deps, held);
    expect(await mailed(held)).toEqual([['late', 'a', 'b', 'c']]);
    const newsletter = await getNewsletter(db, newsletterId);
    if (newsletter === undefined) throw new Error('no newsletter');
    const page = await showIssue({ db }, { newsletter, number: 2 });
    expect(page?.posts.map(({ title }) => title).toSorted()).toEqual(['a', 'c']);
    expect(page?.also).toEqual([]);
  });

  test('an editor who saves it for later does not bring it back; nor does the feed after an editor dropped it', async () => {
    const { newsletterId, add, poll, db } = await feedNewsroom(database.db);
    const feedId = await add(`${site.url}/feed`);
    const all = [entry('c', 1), entry('b', 2), entry('a', 3)];
    document = rss(all);
    await poll(feedId);
    await makeReaders(db, newsletterId, 1, { prefix: `edited-${newsletterId}-` });
    const deps = assembleDeps(db);
    const made = await assembleNow(deps, { newsletterId, review: 'hold' });
    if (made.status !== 'created') throw new Error(made.status);
    const posts = new Map((await listPosts(db, { newsletterId })).data.map(({ title, id }) => [title, id]));
    const idOf = (title: string) => posts.get(title) ?? '';
    document = rss(all.slice(0, 1));
    pages = { '/a': 404, '/b': 404 };
    expect(await poll(feedId)).toMatchObject({ retracted: 2 });
    const edit = { by: 'cli', issueId: made.issueId, posts: [idOf('c')], later: [idOf('b')] };
    expect(await editIssue(deps, edit)).toEqual({ ok: true });
    const states = async () =>
      Object.fromEntries(
        (await listPosts(db, { newsletterId })).data.map(({ title, state }) => [title, state]),
      );
    expect(await states()).toEqual({ a: 'excluded', b: 'excluded', c: 'eligible' });
    document = rss(all);
    await poll(feedId);
    expect(await states()).toEqual({ a: 'excluded', b: 'eligible', c: 'eligible' });
  });

  test('posts that every reader has had are not requested', async () => {
    const { poll, feedId, all, send } = await halfRead();
    await send();
    site.requests.length = 0;
    document = rss(all.slice(0, 1));
    pages = { '/a': 404, '/b': 404 };
    expect(await poll(feedId)).toMatchObject({ retracted: 0 });
    expect(site.requests.map(({ url }) => url)).toEqual(['/feed']);
  });
});

describe('RFC 6721', () => {
  const atom = (content: string) =>
    `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0"><title>T</title>${content}</feed>`;
  const entries = ['a', 'b']
    .map(
      (id) =>
        `<entry><id>tag:blog.example,2026:${id}</id><title>${id}</title><updated>2026-11-23T10:00:00Z</updated></entry>`,
    )
    .join('');
  const tombstone = '<at:deleted-entry ref="tag:blog.example,2026:a" when="2026-11-23T11:00:00Z"/>';

  test.each<[string, string, string[]]>([
    [
      'an entry that the feed says is deleted is',
      `${tombstone}${entries.slice(entries.indexOf('</entry>') + 8)}`,
      ['b'],
    ],
    ['unless it is listed beside its tombstone', `${tombstone}${entries}`, ['b', 'a']],
    [
      'not in the text of another',
      `<entry><id>x:c</id><title>c</title><updated>2026-11-23T10:30:00Z</updated><content type="html"><![CDATA[${tombstone}]]></content></entry>${entries.slice(entries.indexOf('</entry>') + 8)}`,
      ['c', 'b', 'a'],
    ],
  ])('%s', async (_, second, expected) => {
    const { add, poll, titles } = await feedNewsroom(database.db);
    const feedId = await add(`${site.url}/feed`);
    document = atom(entries);
    expect(await poll(feedId)).toMatchObject({ created: 2 });
    document = atom(second);
    await poll(feedId);
    expect((await titles()).toSorted()).toEqual(expected.toSorted());
  });
});

test('a tombstone counts also when some have had the post', async () => {
  const { add, poll, titles, db, newsletterId } = await feedNewsroom(database.db);
  const feedId = await add(`${site.url}/feed`);
  const atom = (content: string) =>
    `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0"><title>T</title>${content}</feed>`;
  document = atom('<entry><id>urn:x:a</id><title>a</title><updated>2026-11-23T10:00:00Z</updated></entry>');
  await poll(feedId);
  await makeReaders(db, newsletterId, 1, { prefix: `buried-${newsletterId}-` });
  await fanOutNext(assembleDeps(db), newsletterId);
  document = atom('<at:deleted-entry ref="urn:x:a" when="2026-11-23T11:00:00Z"/>');
  expect(await poll(feedId)).toMatchObject({ retracted: 1 });
  expect(await titles('excluded')).toEqual(['a']);
});

test('a gap has newer posts above it and enough older ones below', () => {
  const at = (hoursAgo: number) => ({ publishedAt: new Date(start.getTime() - hoursAgo * hour) });
  const listed = [at(1), at(2), at(3), at(4), at(5), at(6)];
  expect(isInGap(at(2.5), listed)).toBe(true);
  expect(isInGap(at(0.5), listed)).toBe(false);
  expect(isInGap(at(7), listed)).toBe(false);
  // One old post that the publisher keeps on top does not widen the range.
  expect(isInGap(at(7), [...listed, at(1000)])).toBe(false);
  expect(isInGap({ publishedAt: null }, listed)).toBe(false);
});

test.each([
  ['https://a.example/p', 200, 'https://a.example/p/', 'there'],
  ['https://a.example/p', 200, 'https://a.example/other', 'there'],
  ['https://a.example/p', 200, 'https://www.a.example/', 'front-page'],
  ['https://a.example/', 200, 'https://a.example/', 'there'],
  ['https://a.example/p', 404, 'https://a.example/', 'gone'],
  ['https://a.example/p', 403, 'https://a.example/p', 'unknown'],
])('%s answered %s at %s: %s', (url, statusCode, finalUrl, expected) => {
  expect(whereaboutsOf(url, { statusCode, finalUrl })).toBe(expected);
});
