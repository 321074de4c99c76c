// The SQL of the mailboxes that mail comes back to: who reads one, how far, and what is wrong with it.
import type { Db } from '../db.js';
import { messageJson } from '../languages/message-json.js';
import type { Message } from '../languages/messages.js';

/** Milliseconds of a lease. Its reader renews it several times meanwhile. */
const lease = 45_000;

/**
 * The lease of this mailbox for `reader`, or its renewal. Undefined: another process reads it, or it is not due
 * after a failure. The database's time decides leases.
 */
export async function leaseMailbox(
  db: Db,
  { mailbox, reader, now }: { mailbox: string; reader: string; now: Date },
): Promise<{ failures: number } | undefined> {
  await db.change('insert into feedback_mailboxes (mailbox) values ($1) on conflict do nothing', [mailbox]);
  return db.maybeOne(
    `update feedback_mailboxes set reader = $2, leased_until = now() + $4 * interval '1 ms'
     where mailbox = $1 and (reader = $2 or leased_until is null or leased_until < now())
       and (due_at is null or due_at <= $3)
     returning failures`,
    [mailbox, reader, now, lease],
  );
}

/** Lets another process read the mailbox at once. */
export async function endLease(
  db: Db,
  { mailbox, reader }: { mailbox: string; reader: string },
): Promise<void> {
  await db.change(
    'update feedback_mailboxes set reader = null, leased_until = null where mailbox = $1 and reader = $2',
    [mailbox, reader],
  );
}

/** The highest UID that was taken. Another UIDVALIDITY begins again at 0: the old numbers mean nothing. */
export async function startLook(
  db: Db,
  { mailbox, uidValidity }: { mailbox: string; uidValidity: bigint },
): Promise<number> {
  const { lastUid } = await db.one<{ lastUid: string }>(
    `insert into feedback_mailboxes as kept (mailbox, uid_validity) values ($1, $2)
     on conflict (mailbox) do update set uid_validity = $2,
       last_uid = case when kept.uid_validity = $2 then kept.last_uid else 0 end
     returning last_uid`,
    [mailbox, String(uidValidity)],
  );
  return Number(lastUid);
}

export async function keepLastUid(
  db: Db,
  { mailbox, lastUid }: { mailbox: string; lastUid: number },
): Promise<void> {
  await db.change('update feedback_mailboxes set last_uid = greatest(last_uid, $2) where mailbox = $1', [
    mailbox,
    lastUid,
  ]);
}

export async function recordMailboxLook(
  db: Db,
  { mailbox, now }: { mailbox: string; now: Date },
): Promise<void> {
  await db.change(
    `update feedback_mailboxes set looked_at = $2, failures = 0, due_at = null, problem = null, problem_since = null
     where mailbox = $1`,
    [mailbox, now],
  );
}

/** No process tries again before `dueAt`. */
export async function recordMailboxFailure(
  db: Db,
  { mailbox, problem, now, dueAt }: { mailbox: string; problem: Message; now: Date; dueAt: Date },
): Promise<void> {
  await db.change(
    `update feedback_mailboxes set failures = failures + 1, due_at = $4, problem = $2,
       problem_since = coalesce(problem_since, $3)
     where mailbox = $1`,
    [mailbox, messageJson(problem), now, dueAt],
  );
}

export interface MailboxState {
  lookedAt: Date | null;
  problem: Message | null;
  problemSince: Date | null;
}

/** Undefined: no worker has looked at it. */
export async function selectMailbox(db: Db, mailbox: string): Promise<MailboxState | undefined> {
  return db.maybeOne('select looked_at, problem, problem_since from feedback_mailboxes where mailbox = $1', [
    mailbox,
  ]);
}
