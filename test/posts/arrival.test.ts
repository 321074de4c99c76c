// The order in which posts arrive, and which are news.
import { isKnown, newestOf, oldestFirst } from '../../src/posts/arrival.js';

const added = new Date('2026-11-23T12:00:00Z');
const hours = (count: number) => new Date(added.getTime() - count * 3_600_000);
/** A document from top to bottom: each post is named by its position and has an age in hours or none. */
const document = (...ages: (number | null)[]) =>
  ages.map((age, place) => ({ place, publishedAt: age === null ? null : hours(age) }));
const order = (...ages: (number | null)[]) => oldestFirst(document(...ages)).map(({ post }) => post.place);
const news = (...ages: (number | null)[]) =>
  oldestFirst(document(...ages))
    .filter((arrival) => !isKnown(arrival, { firstPoll: true, addedAt: added }))
    .map(({ post }) => post.place)
    .toSorted((a, b) => a - b);

test('posts arrive from the oldest to the newest, whichever way the feed lists them', () => {
  expect(order(1, 2, 3)).toEqual([2, 1, 0]);
  expect(order(3, 2, 1)).toEqual([0, 1, 2]);
  expect(order(null, null)).toEqual([1, 0]);
  expect(order(2, 1, 5, 4)).toEqual([2, 3, 0, 1]);
});

describe('at the first poll of a feed', () => {
  test.each<[string, (number | null)[], number[]]>([
    ['what is older than a day is known', [1, 23, 25, 400], [0, 1]],
    ['an undated post above a recent one is news', [1, null, 3, 400], [0, 1, 2]],
    ['an undated post at the top is news if the next is', [null, 3], [0, 1]],
    ['an undated post above an old one is as old', [1, null, 400], [0]],
    ['an undated post at the end is as old as the one before it', [1, 2, null], [0, 1, 2]],
    ['in an old feed it is known', [400, 500, null], []],
    ['a single date does not make a feed of undated posts news', [1, null, null, null], [0]],
    ['without any date nothing is news', [null, null], []],
    ['a date in the future is news', [-5, 400], [0]],
  ])('%s', (_, ages, expected) => {
    expect(news(...ages)).toEqual(expected);
  });
});

test('at later polls every new post is news, at any date', () => {
  const arrivals = oldestFirst(document(400, null));
  const known = arrivals.map((arrival) => isKnown(arrival, { firstPoll: false, addedAt: added }));
  expect(known).toEqual([false, false]);
});

test('a document that is too long loses its oldest posts', () => {
  expect(newestOf(document(1, 5, 2, 9), 2).map(({ place }) => place)).toEqual([0, 2]);
  expect(newestOf(document(9, 5, 1), 2).map(({ place }) => place)).toEqual([1, 2]);
  expect(newestOf(document(null, null, null), 2).map(({ place }) => place)).toEqual([0, 1]);
});
