// Which mailboxes are given up because they took nothing several times.
import { selectLastAcceptance } from '../delivery/ledger.js';
import type { Db } from '../db.js';
import { day } from '../durations.js';
import { effectOf, enoughPoints, pointDays } from './effects.js';
import * as store from './store.js';

/**
 * Of new events, those whose readers are given up: five days in thirty without an acceptance since, or the second
 * denial of Microsoft on another day.
 */
export async function eventsThatGiveUp<Event extends store.EventRow>(
  tx: Db,
  events: readonly Event[],
): Promise<Event[]> {
  const points = events.filter(({ kind, forwarded }) => effectOf(kind, forwarded).reader === 'point');
  const since = ({ at }: Event): Date => new Date(at.getTime() - pointDays * day);
  const counts = await store.countPoints(
    tx,
    points.map((event) => ({ subscriberId: event.subscriberId, since: since(event) })),
  );
  const givenUp: Event[] = [];
  for (const [index, event] of points.entries()) {
    const enough =
      (counts[index] ?? 0) >= enoughPoints && (await hasEnoughSinceAcceptance(tx, event, since(event)));
    if (enough || (await isDeniedAgain(tx, event))) givenUp.push(event);
  }
  return givenUp;
}

async function hasEnoughSinceAcceptance(
  tx: Db,
  { subscriberId, at }: store.EventRow,
  after: Date,
): Promise<boolean> {
  // A message of today may still come back.
  const before = new Date(at.getTime() - day);
  const accepted = await selectLastAcceptance(tx, { subscriberId, after, before });
  if (accepted === undefined) return true;
  const [points = 0] = await store.countPoints(tx, [{ subscriberId, since: accepted }]);
  return points >= enoughPoints;
}

const isDeniedAgain = async (tx: Db, { subscriberId, at, status, words }: store.EventRow): Promise<boolean> =>
  status === '5.4.1' &&
  /access denied/i.test(words ?? '') &&
  (await store.wasDeniedBefore(tx, subscriberId, at));
