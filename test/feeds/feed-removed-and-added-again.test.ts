// A feed that is removed and added again brings no old posts.
import { hour } from '../../src/durations.js';
import { closeParser } from '../../src/formats/parse.js';
import { removeFeed } from '../../src/feeds/remove-feed.js';
import { recordPosts } from '../../src/posts/record-posts.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import { type FeedServer, startFeedServer } from '../support/feed-server.js';
import { type Entry, feedNewsroom, rss } from './feed-newsroom.js';

const database = useDatabase();
let site: FeedServer;
beforeAll(async () => {
  site = await startFeedServer((_, response) => response.end(rss([])));
});
closeAfterAll(async () => {
  await site.close();
  await closeParser();
});

const serve = (entries: readonly Entry[]) => {
  site.answer = (request, response) => {
    // The posts' pages are gone once the feed no longer lists them.
    const isFeed = request.url?.includes('feed') === true;
    const isThere = isFeed || entries.some(({ link }) => link === `${site.url}${request.url}`);
    response.writeHead(isThere ? 200 : 404).end(isFeed ? rss(entries) : '');
  };
};
const posts = (): Entry[] => [
  { guid: '3', title: 'Gulls', hoursAgo: -0.2, link: `${site.url}/gulls` },
  { guid: '2', title: 'Cranes', hoursAgo: 2 },
  { guid: '1', title: 'Last week', hoursAgo: 24 * 7, link: `${site.url}/week` },
];

/** A feed that was polled, removed, and added again an hour later. */
async function addedAgain() {
  const newsroom = await feedNewsroom(database.db);
  const { deps, add, poll, pass } = newsroom;
  const url = `${site.url}/feed/${Math.random()}`;
  serve(posts());
  const first = await add(url);
  expect(await poll(first)).toMatchObject({ created: 2, known: 1 });
  expect(await removeFeed(deps, { feedId: first })).toEqual({ status: 'removed' });
  pass(hour);
  return { ...newsroom, feedId: await add(url) };
}

test('a feed that is added again brings nothing again, though its guids mean nothing elsewhere', async () => {
  const { poll, feedId, titles } = await addedAgain();
  expect(await poll(feedId)).toMatchObject({ created: 0, known: 0, updated: 0 });
  expect(await titles()).toEqual(['Gulls', 'Cranes']);
});

test('its posts are edited again, and taken back', async () => {
  const { poll, feedId, titles, pass } = await addedAgain();
  const [gulls, cranes, week] = posts() as [Entry, Entry, Entry];
  serve([{ ...gulls, title: 'Gulls, corrected' }, cranes, week]);
  expect(await poll(feedId)).toMatchObject({ created: 0, updated: 1 });
  expect(await titles()).toEqual(['Gulls, corrected', 'Cranes']);
  pass(7 * hour);
  serve([cranes, week]);
  expect(await poll(feedId)).toMatchObject({ retracted: 1 });
  expect(await titles()).toEqual(['Cranes']);
});

test('a post from the API keeps its text when a feed lists it', async () => {
  const { deps, newsletterId, add, poll, titles } = await feedNewsroom(database.db);
  const [gulls] = posts() as [Entry];
  const pushed = { guid: 'a', title: 'As it was pushed', url: gulls.link ?? '' };
  await recordPosts(deps, { newsletterId, feed: null, posts: [pushed] });
  serve([gulls]);
  const feedId = await add(`${site.url}/feed/${Math.random()}`);
  expect(await poll(feedId)).toMatchObject({ created: 0, updated: 0 });
  expect(await titles()).toEqual(['As it was pushed']);
});
