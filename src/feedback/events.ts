// What came back, for people: about one reader or one delivery.
import type { Db } from '../db.js';
import * as store from './store.js';

export type { EventRow } from './store.js';

const mostEvents = 100;

/** The newest first. */
export const eventsOf = (db: Db, subscriberId: string): Promise<store.EventRow[]> =>
  store.selectEventsOf(db, subscriberId, mostEvents);

export const eventsAbout = (
  db: Db,
  delivery: { issueId: string; subscriberId: string },
): Promise<store.EventRow[]> => store.selectEventsAbout(db, delivery);
