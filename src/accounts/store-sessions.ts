// The SQL for sessions: the browsers that are signed in.
import type { Db } from '../db.js';
import { accountColumns, type Account } from './store.js';

export async function insertSession(
  db: Db,
  session: {
    tokenHash: Buffer;
    accountId: string;
    csrfToken: string;
    userAgent: string;
    awaitsCode: boolean;
    now: Date;
    provedAt: Date;
    expiresAt: Date;
  },
): Promise<void> {
  await db.query(
    `with seen as (update accounts set seen_at = $4 where id = $2 and not $7)
     insert into sessions (token_hash, account_id, csrf_token, created_at, seen_at, proved_at, expires_at, user_agent,
       awaits_code)
     values ($1, $2, $3, $4, $4, $8, $5, $6, $7)`,
    [
      session.tokenHash,
      session.accountId,
      session.csrfToken,
      session.now,
      session.expiresAt,
      session.userAgent,
      session.awaitsCode,
      session.provedAt,
    ],
  );
}

export interface SessionRow {
  account: Account;
  csrfToken: string;
  seenAt: Date;
  provedAt: Date;
}

/**
 * The session's account. Undefined if the session has expired or has been idle since `idleSince`. `awaitsCode`: only a
 * session whose second factor is still to come; else only one that is complete.
 */
export async function selectSession(
  db: Db,
  tokenHash: Buffer,
  now: Date,
  idleSince: Date,
  awaitsCode = false,
): Promise<SessionRow | undefined> {
  const row = await db.maybeOne<Account & { csrfToken: string; lastSeenAt: Date; provedAt: Date }>(
    `select ${accountColumns}, s.csrf_token, s.seen_at as last_seen_at, s.proved_at
     from sessions s join accounts on accounts.id = s.account_id
     where s.token_hash = $1 and s.expires_at > $2 and s.seen_at > $3 and s.awaits_code = $4`,
    [tokenHash, now, idleSince, awaitsCode],
  );
  if (row === undefined) return undefined;
  const { csrfToken, lastSeenAt, provedAt, ...account } = row;
  return { account, csrfToken, seenAt: lastSeenAt, provedAt };
}

export interface SignedInBrowser {
  tokenHash: Buffer;
  userAgent: string;
  createdAt: Date;
  seenAt: Date;
}

/** The sessions of an account that have not ended, the last used first. */
export function selectSessionsOf(
  db: Db,
  accountId: string,
  now: Date,
  idleSince: Date,
): Promise<SignedInBrowser[]> {
  return db.query<SignedInBrowser>(
    `select token_hash, user_agent, created_at, seen_at from sessions
      where account_id = $1 and expires_at > $2 and seen_at > $3 and not awaits_code order by seen_at desc limit 100`,
    [accountId, now, idleSince],
  );
}

export async function touchSession(db: Db, tokenHash: Buffer, now: Date): Promise<void> {
  await db.query(
    `with touched as (update sessions set seen_at = $2 where token_hash = $1 returning account_id)
     update accounts set seen_at = $2 where id = (select account_id from touched)`,
    [tokenHash, now],
  );
}

export async function setProved(db: Db, tokenHash: Buffer, now: Date): Promise<void> {
  await db.change('update sessions set proved_at = $2 where token_hash = $1', [tokenHash, now]);
}

export async function deleteSession(db: Db, tokenHash: Buffer): Promise<void> {
  await db.query('delete from sessions where token_hash = $1', [tokenHash]);
}

/** Ends all sessions of an account but the one that is kept. Returns how many. */
export function deleteSessionsOf(
  db: Db,
  accountId: string,
  { except }: { except: Buffer | null },
): Promise<number> {
  return db.change('delete from sessions where account_id = $1 and token_hash is distinct from $2::bytea', [
    accountId,
    except,
  ]);
}

export function deleteExpiredSessions(db: Db, now: Date, idleSince: Date): Promise<number> {
  return db.change('delete from sessions where expires_at <= $1 or seen_at <= $2', [now, idleSince]);
}
