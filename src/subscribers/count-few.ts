// How many readers a filter of the list finds whose number cannot be kept, or not whole: a period ends each second, and a problem
// after 30 days. Counting ends at a limit, so a number can be "at least".
import type { Db } from '../db.js';
import { countAll } from './count-readers.js';
import {
  byIndexes,
  mostReaders,
  selectAddedSince,
  selectByTrouble,
  selectByTroubleOfFew,
  selectPersonsSince,
  type AtLeast,
  type Trouble,
} from './store-few.js';

export type { AtLeast } from './store-few.js';

export interface FewReaders {
  /** Those who were added at each time or later, in the order of the times. */
  added: AtLeast[];
  troubles: Record<Trouble, AtLeast>;
}

/** The readers of a newsletter, or all persons if it is undefined. */
export async function countFew(
  db: Db,
  { newsletterId, times }: { newsletterId: string | undefined; times: readonly Date[] },
): Promise<FewReaders> {
  return byIndexes(db, async (tx) => {
    const added =
      newsletterId === undefined
        ? await selectPersonsSince(tx, times)
        : (await selectAddedSince(tx, { newsletterId, times })).map((readers) => ({
            readers,
            isMore: false,
          }));
    // The first rows are of all newsletters' readers. They can leave out a small newsletter's.
    const troubles =
      newsletterId !== undefined && (await countAll(tx, newsletterId)) <= mostReaders
        ? await selectByTroubleOfFew(tx, newsletterId)
        : await selectByTrouble(tx, newsletterId ?? null);
    return {
      added,
      troubles: Object.fromEntries(
        troubles.map(({ trouble, ...counted }) => [trouble, counted]),
      ) as FewReaders['troubles'],
    };
  });
}
