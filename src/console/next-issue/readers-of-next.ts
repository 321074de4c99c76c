// How many readers get the next issue.
import type { Db } from '../../db.js';
import { mostLookedAt } from '../../issues/count-recipients.js';
import { countNextReaders } from '../../issues/preview-next.js';
import { countReaders } from '../../subscribers/count-readers.js';

export interface ReadersOfNext {
  active: number;
  /** Those who get the next issue. */
  readers: number;
  /** True: some of them may be paused, or have had its posts. */
  upTo: boolean;
}

export async function readersOfNext(
  deps: { db: Db; now: () => Date },
  newsletterId: string,
): Promise<ReadersOfNext> {
  const active = await countReaders(deps.db, newsletterId);
  if (active > mostLookedAt) return { active, readers: active, upTo: true };
  return { active, readers: await countNextReaders(deps, newsletterId), upTo: false };
}
