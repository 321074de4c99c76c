// A process that dies between two statements, without a process.
import type { Db } from '../../src/db.js';

export class Died extends Error {}

export interface Dying {
  db: Db;
  /** False: it got through its work before its time. */
  readonly died: boolean;
}

/**
 * A view of `db` that works for `steps` steps and is then gone: a step is a statement or a commit. What a transaction
 * had written until then is rolled back, as PostgreSQL does when a connection ends.
 */
export function dyingAfter(db: Db, steps: number): Dying {
  let left = steps;
  const step = (): void => {
    if (left <= 0) throw new Died();
    left -= 1;
  };
  const wrap = (inner: Db): Db => ({
    query: async (text, params) => (step(), inner.query(text, params)),
    maybeOne: async (text, params) => (step(), inner.maybeOne(text, params)),
    one: async (text, params) => (step(), inner.one(text, params)),
    change: async (text, params) => (step(), inner.change(text, params)),
    async transaction(work) {
      const result = await inner.transaction((tx) => work(wrap(tx)));
      step();
      return result;
    },
  });
  return {
    db: wrap(db),
    get died() {
      return left <= 0;
    },
  };
}
