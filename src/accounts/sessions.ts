// The browsers in which an account is signed in.
import type { Db } from '../db.js';
import { nameBrowser, type NamedBrowser } from './browser.js';
import { idleMs } from './sign-in.js';
import { deleteSessionsOf, selectSessionsOf } from './store-sessions.js';
import { hashToken } from './token.js';

export interface ListedSession extends NamedBrowser {
  signedInAt: Date;
  seenAt: Date;
  /** The session that asks. */
  isThis: boolean;
}

/** The sessions of an account, the last used first. `token` is the cookie of the one that asks. */
export async function listSessions(
  deps: { db: Db; now: () => Date },
  { accountId, token }: { accountId: string; token: string },
): Promise<ListedSession[]> {
  const now = deps.now();
  const own = hashToken(token);
  const rows = await selectSessionsOf(deps.db, accountId, now, new Date(now.getTime() - idleMs));
  return rows.map(({ tokenHash, userAgent, createdAt, seenAt }) => ({
    ...nameBrowser(userAgent),
    signedInAt: createdAt,
    seenAt,
    isThis: tokenHash.equals(own),
  }));
}

/** Signs the account out everywhere but where `token` is the cookie. Without a token: everywhere. */
export function endSessions(
  deps: { db: Db },
  { accountId, token }: { accountId: string; token?: string | undefined },
): Promise<number> {
  return deleteSessionsOf(deps.db, accountId, { except: token === undefined ? null : hashToken(token) });
}
