// Simulates a process that dies between two statements.
import type { Db } from '../../src/db.js';

export class Died extends Error {}

export interface Dying {
  db: Db;
  /** False: the work ended before its steps ran out. */
  readonly died: boolean;
}

/**
 * A view of `db` that fails after `steps` steps. A step is a statement or a commit. The open transaction
 * rolls back, as in PostgreSQL when a connection ends.
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
