// A publisher who pushes posts withdraws one: it was unpublished or deleted. The effect is that of a post that a feed
// retracts (retract.ts). Pushing it again makes it news again, for readers who have not had it.
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { guidIdentity, pushedScope } from './identity/identity.js';
import { lockPosts, markRetracted, postsByIdentity } from './store.js';

/**
 * Withdraws the post that was pushed with this guid. Returns its id; undefined: no such post was pushed. A frozen
 * issue goes out unchanged, and a post that a person has excluded stays so.
 */
export async function withdrawPost(
  { db, now }: { db: Db; now: () => Date },
  { newsletterId, guid }: { newsletterId: string; guid: string },
): Promise<string | undefined> {
  if (!isId(newsletterId)) return undefined;
  return db.transaction(async (tx) => {
    if (!(await lockPosts(tx, newsletterId))) return undefined;
    const [post] = (await postsByIdentity(tx, newsletterId, [guidIdentity(guid, pushedScope)])).values();
    if (post !== undefined) await markRetracted(tx, [post.id], now());
    return post?.id;
  });
}
