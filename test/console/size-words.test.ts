import { sizeInWords } from '../../src/console/size-words.js';

test.each([
  [{ excerpts: 0, images: 0, posts: 0 }, '42 kB of the 90 kB that every program shows whole.'],
  [
    { excerpts: 1, images: 0, posts: 2 },
    '42 kB of the 90 kB that every program shows whole: the text of 1 post was cut, 2 posts moved to the web.',
  ],
  [
    { excerpts: 25, images: 1, posts: 0 },
    '42 kB of the 90 kB that every program shows whole: the text of 25 posts was cut, 1 image left out.',
  ],
])('what the size budget cost: %j', (dropped, words) => {
  expect(sizeInWords({ bytes: 41_900, dropped })).toBe(words);
});
