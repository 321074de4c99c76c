// Sizes in words.
import { sizeInWords } from '../../src/console/size-words.js';

test.each([
  [{ excerpts: 0, images: 0, posts: 0 }, '42 kB: well below the 90 kB at which Gmail starts to clip.'],
  [
    { excerpts: 1, images: 0, posts: 2 },
    '42 kB: well below the 90 kB at which Gmail starts to clip. To stay below it, the text of 1 post was shortened, 2 posts moved to the web.',
  ],
  [
    { excerpts: 25, images: 1, posts: 0 },
    '42 kB: well below the 90 kB at which Gmail starts to clip. To stay below it, the text of 25 posts was shortened, 1 image was left out.',
  ],
])('the cost of the size budget: %j', (dropped, words) => {
  expect(sizeInWords({ bytes: 41_900, dropped })).toBe(words);
});
