// Notes that a page of another site has shown a newsletter's form, so that the publisher's first steps can say that the
// form is in place before anybody has subscribed. It notes neither the visitor nor the page, and at most once an hour:
// requests for the form are many, and anybody can send them.
import type { Db } from '../db.js';
import { hour } from '../durations.js';
import * as store from './store.js';

interface Deps {
  db: Db;
  now: () => Date;
}

/** Returns a function that notes a sighting, unless this process has noted one in the last hour. */
export function openSightings({ db, now }: Deps): (newsletterId: string) => Promise<void> {
  // As long as the list of newsletters, since the caller has found the newsletter.
  const noted = new Map<string, number>();
  return async (newsletterId) => {
    const at = now();
    if (at.getTime() - (noted.get(newsletterId) ?? -Infinity) < hour) return;
    noted.set(newsletterId, at.getTime());
    await store.upsertSighting(db, { newsletterId, at, before: new Date(at.getTime() - hour) });
  };
}

export const wasFormSeen = async (db: Db, newsletterId: string): Promise<boolean> =>
  (await store.selectSighting(db, newsletterId)) !== undefined;
