// Which posts of an issue each reader gets, which readers share a variant, and the status of an issue.
import { selectPosts, variantKey, type OfferedPost } from '../../src/issues/select-posts.js';
import { issueStatus } from '../../src/issues/status.js';

const post = (seq: number, more: Partial<OfferedPost> = {}): OfferedPost => ({
  id: String(seq),
  seq,
  topics: [],
  rank: 1000 - seq,
  ...more,
});
// An issue lists its posts in its order. Here that is newest first, unless a test says otherwise.
const inOrder = (...seqs: number[]) => seqs.map((seq) => post(seq));
const limits = { minPosts: 1, maxPosts: 20 };
const everything = { readThrough: 0, readAhead: [], topics: null };

test('a reader gets the posts after their watermark, in the issue’s order', () => {
  const selection = selectPosts(inOrder(3, 2, 1), { ...everything, readThrough: 1 }, limits);
  expect(selection).toEqual({ posts: ['3', '2'], more: 0 });
});

test('posts of an issue with chosen posts are not sent again', () => {
  const selection = selectPosts(inOrder(3, 2, 1), { ...everything, readAhead: [2] }, limits);
  expect(selection?.posts).toEqual(['3', '1']);
});

test('topics choose among posts that have one; a post without a topic is for everyone', () => {
  const posts = [
    post(4),
    post(3, { topics: ['art'] }),
    post(2, { topics: ['sport', 'city'] }),
    post(1, { topics: ['city'] }),
  ];
  expect(selectPosts(posts, { ...everything, topics: ['city'] }, limits)?.posts).toEqual(['4', '2', '1']);
  expect(selectPosts(posts, { ...everything, topics: [] }, limits)?.posts).toEqual(['4']);
});

test('beyond the maximum posts are counted, below the minimum they wait', () => {
  const posts = inOrder(7, 6, 5, 4, 3, 2, 1);
  expect(selectPosts(posts, everything, { minPosts: 1, maxPosts: 5 })).toEqual({
    posts: ['7', '6', '5', '4', '3'],
    more: 2,
  });
  expect(selectPosts(posts, everything, { minPosts: 8, maxPosts: 20 })).toBeUndefined();
  expect(selectPosts([], everything, { minPosts: 0, maxPosts: 5 })).toBeUndefined();
});

test('of too many the highest ranks stay, in the issue’s order', () => {
  // The issue lists the oldest post first and keeps the newest. Post 2 is pinned.
  const posts = [post(2, { rank: 0 }), ...inOrder(1, 3, 4, 5)];
  expect(selectPosts(posts, everything, { minPosts: 1, maxPosts: 3 })).toEqual({
    posts: ['2', '4', '5'],
    more: 2,
  });
});

test('equal lists in one language share a variant, and nothing else does', () => {
  const list = { posts: ['1', '2'], more: 0 };
  expect(variantKey(list, 'en')).toBe(variantKey({ posts: ['1', '2'], more: 0 }, 'en'));
  const others = [
    variantKey(list, 'de'),
    variantKey({ ...list, more: 1 }, 'en'),
    variantKey({ posts: ['2', '1'], more: 0 }, 'en'),
  ];
  expect(new Set([variantKey(list, 'en'), ...others]).size).toBe(4);
});

test('a status follows from the timestamps', () => {
  const at = new Date();
  const none = {
    frozenAt: null,
    approvedAt: null,
    fannedOutAt: null,
    pausedAt: null,
    cancelledAt: null,
    finishedAt: null,
    skippedAt: null,
  };
  expect(issueStatus(none)).toBe('collecting');
  expect(issueStatus({ ...none, frozenAt: at })).toBe('review');
  expect(issueStatus({ ...none, frozenAt: at, approvedAt: at })).toBe('frozen');
  const sending = { ...none, frozenAt: at, approvedAt: at, fannedOutAt: at };
  expect(issueStatus(sending)).toBe('sending');
  expect(issueStatus({ ...sending, pausedAt: at })).toBe('paused');
  expect(issueStatus({ ...sending, finishedAt: at })).toBe('finished');
  expect(issueStatus({ ...sending, pausedAt: at, cancelledAt: at })).toBe('cancelled');
  expect(issueStatus({ ...none, skippedAt: at })).toBe('skipped');
});
