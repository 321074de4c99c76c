// Combines concurrent calls into lots. Calls that arrive while a lot is under way form the next lot. A single
// call does not wait; under load, one statement and one wait for the disk serve a hundred calls.
import { isDatabaseUnavailable } from './db.js';

interface Waiting<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * Returns a function that does `work` for one item, in a lot with others. `work` returns one result for each
 * item, in their order. If it throws, each item is tried alone, so that one bad item does not fail the
 * others.
 */
export function inLots<Item, Result>(
  work: (lot: Item[]) => Promise<readonly Result[]>,
  /**
   * The most items in a lot, and the most lots under way: a second lot runs while the first waits for a lock.
   */
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
      // Calls of the same turn of the event loop share a lot.
      if (!called) setImmediate(begin);
      called = true;
    });
}
