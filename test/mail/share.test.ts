// How workers share a limit without exceeding it.
import { noRank, shareOf } from '../../src/mail/share.js';

test('all shares add up to the limit, and no two differ by more than one', () => {
  for (const limit of [1, 3, 5, 10, 100])
    for (let of = 1; of <= 24; of += 1) {
      const shares = Array.from({ length: of }, (_, rank) => shareOf(limit, { index: rank, of }));
      expect([limit, of, shares.reduce((sum, share) => sum + share, 0)]).toEqual([limit, of, limit]);
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
    }
});

test('without a limit every worker may do all, and a worker that does not deliver has no share', () => {
  expect(shareOf(Infinity, { index: 7, of: 8 })).toBe(Infinity);
  expect(shareOf(10, noRank)).toBe(0);
});
