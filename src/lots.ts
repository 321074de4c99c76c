// Work that costs less together: what is asked for while one lot is under way makes the next. A lone request waits for
// nobody; under load a statement, and the wait for the disk at its end, serve a hundred requests.
import { isDatabaseUnavailable } from './db.js';

interface Waiting<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * A function that does `work` for one item, in a lot with others. `work` answers one result for each item, in their
 * order. If it throws, each item of the lot is tried by itself, so that one cannot spoil it for the others.
 */
export function inLots<Item, Result>(
  work: (lot: Item[]) => Promise<readonly Result[]>,
  /** Items in a lot, and lots under way at most: the second goes on while the first waits for a lock. */
  { size = 100, atOnce = 2 } = {},
): (item: Item) => Promise<Result> {
  let waiting: Waiting<Item, Result>[] = [];
  let underWay = 0;
  let called = false;

  async function settle(lot: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await work(lot.map(({ item }) => item));
      if (results.length !== lot.length)
        throw new Error(`a lot of ${lot.length} got ${results.length} results`);
      for (const [at, { resolve }] of lot.entries()) resolve(results[at] as Result);
    } catch (error) {
      if (lot.length === 1 || isDatabaseUnavailable(error)) for (const { reject } of lot) reject(error);
      else for (const one of lot) await settle([one]);
    }
  }

  function begin(): void {
    called = false;
    while (waiting.length > 0 && underWay < atOnce) {
      const lot = waiting.slice(0, size);
      waiting = waiting.slice(size);
      underWay += 1;
      void settle(lot).finally(() => {
        underWay -= 1;
        begin();
      });
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      // What has come in with the same turn of the event loop goes together.
      if (!called) setImmediate(begin);
      called = true;
    });
}
