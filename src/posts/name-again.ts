// A feed's posts get a new rule of identity. All posts that it brought are named under the rule, in the same
// transaction: otherwise every old post that it lists would be news.
import type { Db } from '../db.js';
import { type IdentityRule, namesUnderRule } from './identity/rule.js';
import { addIdentities, lockPosts } from './store.js';
import { postsToName } from './store-history.js';

/** Posts that are read at a time. */
const lot = 500;

/** Names all posts of the feed under its new rule. `tx` must be the transaction that changes the rule. */
export async function nameAgain(
  tx: Db,
  { newsletterId, feedId, rule }: { newsletterId: string; feedId: string; rule: IdentityRule | null },
): Promise<void> {
  await lockPosts(tx, newsletterId);
  for (let before: string | null = null; ;) {
    const posts: Awaited<ReturnType<typeof postsToName>> = await postsToName(tx, {
      feedId,
      before,
      limit: lot,
    });
    const names = posts.flatMap((post) =>
      namesUnderRule(post, feedId, rule).map((identity) => ({ identity, postId: post.id })),
    );
    await addIdentities(tx, newsletterId, names, { atMost: null });
    before = posts.at(-1)?.id ?? null;
    if (posts.length < lot) return;
  }
}
