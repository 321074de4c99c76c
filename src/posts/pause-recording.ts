import type { Db } from '../db.js';
import { lockPosts } from './store.js';

/** Until the transaction ends, no other one records posts of the newsletter. */
export async function pauseRecording(tx: Db, newsletterId: string): Promise<void> {
  await lockPosts(tx, newsletterId);
}
