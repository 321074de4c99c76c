// The choice, order and topics of the posts in a digest.
import { arrangePosts, headingOf, mapTopics } from '../../src/digest/arrange-posts.js';
import { defaultSelection, type Selection } from '../../src/newsletters/selection.js';

const post = (seq: number, topics: string[] = [], more: object = {}) => ({
  seq: String(seq),
  topics,
  pinned: false,
  commentCount: null as number | null,
  ...more,
});
const arrange = (
  posts: ReturnType<typeof post>[],
  selection: Partial<Selection>,
  { topics = [], chosen = false }: { topics?: string[]; chosen?: boolean } = {},
) => {
  const { posts: kept, omitted } = arrangePosts(
    posts,
    { selection: { ...defaultSelection, ...selection }, topics },
    { chosen },
  );
  return {
    kept: kept.map(({ seq }) => seq).join(),
    omitted: omitted.map(({ seq }) => seq).join(),
    posts: kept,
  };
};

test('feeds’ categories become topics in upper and lower case; an empty topic drops the category', () => {
  const map = { politik: 'Politics', 'Straßen-Verkehr': 'City', Uncategorized: '' };
  expect(mapTopics(['Politik', 'STRAßEN-VERKEHR', 'uncategorized', 'Art'], map)).toEqual([
    'Politics',
    'City',
    'Art',
  ]);
  expect(mapTopics(['Politik', 'POLITIK'], map)).toEqual(['Politics']);
  expect(mapTopics(['constructor', '__proto__'], map)).toEqual(['constructor', '__proto__']);
});

test('include and exclude use the mapped topics, and the omitted posts are returned', () => {
  const posts = [post(3, ['Politik']), post(2, ['Sport', 'Politik']), post(1)];
  const topicMap = { Politik: 'Politics' };
  expect(arrange(posts, { topicMap, exclude: ['sport'] })).toMatchObject({ kept: '3,1', omitted: '2' });
  expect(arrange(posts, { topicMap, include: ['Politics'] })).toMatchObject({ kept: '3,2', omitted: '1' });
  expect(arrange(posts, { topicMap, include: ['Politics'], exclude: ['Sport'] })).toMatchObject({
    kept: '3',
    omitted: '2,1',
  });
  // An admin's explicit choice overrides the filters.
  expect(arrange(posts, { exclude: ['Sport'] }, { chosen: true })).toMatchObject({
    kept: '3,2,1',
    omitted: '',
  });
});

test('the orders; pinned posts stand first in each', () => {
  const posts = [
    post(5, ['Art'], { commentCount: 3 }),
    post(4, ['City'], { commentCount: 9 }),
    post(3, ['Zoo']),
    post(2, [], { pinned: true }),
    post(1, ['City'], { commentCount: 3 }),
    post(0),
  ];
  const topics = ['City', 'Art'];
  expect(arrange(posts, { order: 'newest' }).kept).toBe('2,5,4,3,1,0');
  expect(arrange(posts, { order: 'oldest' }).kept).toBe('2,0,1,3,4,5');
  expect(arrange(posts, { order: 'comments' }).kept).toBe('2,4,5,1,3,0');
  // The newsletter's topics in its order, then other topics by name, then posts without a topic.
  expect(arrange(posts, { order: 'topic' }, { topics }).kept).toBe('2,4,1,5,3,0');
});

test('of too many, the newest stay in every order but that of comments', () => {
  const posts = [post(3, ['b']), post(2, ['a'], { commentCount: 5 }), post(1, ['b'], { pinned: true })];
  const ranked = (order: Selection['order']) =>
    arrange(posts, { order })
      .posts.toSorted((a, b) => a.rank - b.rank)
      .map(({ seq }) => seq)
      .join();
  expect(ranked('oldest')).toBe('1,3,2');
  expect(ranked('topic')).toBe('1,3,2');
  expect(ranked('comments')).toBe('1,2,3');
});

test('a post stands under the first of the newsletter’s topics that it has', () => {
  expect(headingOf(['art', 'city'], ['City', 'Art'])).toBe('City');
  expect(headingOf(['zoo', 'moon'], ['City'])).toBe('zoo');
  expect(headingOf([], ['City'])).toBeUndefined();
});
