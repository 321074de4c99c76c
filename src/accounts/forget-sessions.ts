// Deletes expired sessions of the console.
import type { Db } from '../db.js';
import { idleMs } from './sign-in.js';
import { deleteExpiredSessions } from './store-sessions.js';

/** Deletes sessions that have expired or idled too long. Returns the number deleted. */
export function forgetSessions(deps: { db: Db; now: () => Date }): Promise<number> {
  const now = deps.now();
  return deleteExpiredSessions(deps.db, now, new Date(now.getTime() - idleMs));
}
