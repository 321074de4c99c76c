// Records what came back about deliveries, in the caller's transaction. The rows that several events change are
// written in one order, so that two transactions do not wait for each other.
import type { Db } from '../db.js';
import * as store from './store.js';

/** Records events, once for each delivery, kind and day. Returns those that are new. */
export async function recordEvents<Event extends store.EventRow>(
  tx: Db,
  events: readonly Event[],
): Promise<Event[]> {
  const inserted = await store.insertEventRows(tx, events);
  const recorded = events.filter((_, index) => inserted.has(index));
  await store.addToTotals(tx, recorded);
  return recorded;
}
