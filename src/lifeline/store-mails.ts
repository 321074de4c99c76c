// The outbox of the mails that tell the accounts that all sending is held.
import type { Db } from '../db.js';

/** Everyone who may let go is to be told of the hold that there is. */
export async function insertHoldMails(tx: Db): Promise<void> {
  await tx.query(
    `insert into hold_mails (held_at, account_id)
     select l.held_at, a.id from lifeline l, accounts a
     where l.held_at is not null and a.role in ('owner', 'editor') on conflict do nothing`,
  );
}

export interface HoldMail {
  heldAt: Date;
  accountId: string;
  email: string;
  attempts: number;
}

export async function hasDueHoldMails(db: Db): Promise<boolean> {
  const { due } = await db.one<{ due: boolean }>(
    `select exists (select from hold_mails where sent_at is null and refused_at is null and due_at <= now()) as due`,
  );
  return due;
}

/** Takes the mails that are due, for `minutes`: a worker that dies leaves them to the next. */
export async function claimHoldMails(db: Db, minutes: number): Promise<HoldMail[]> {
  return db.query(
    `update hold_mails m set due_at = now() + $1 * interval '1 minute', attempts = attempts + 1
     from accounts a
     where a.id = m.account_id and m.sent_at is null and m.refused_at is null and m.due_at <= now()
     returning m.held_at, m.account_id, a.email, m.attempts`,
    [minutes],
  );
}

export async function settleHoldMail(
  db: Db,
  mail: Pick<HoldMail, 'accountId'> & {
    ended: 'sent' | 'refused' | 'later';
    laterMinutes: number;
    reply: string;
  },
): Promise<void> {
  await db.query(
    `update hold_mails set sent_at = case when $2 = 'sent' then now() end,
       refused_at = case when $2 = 'refused' then now() end,
       due_at = case when $2 = 'later' then now() + $3 * interval '1 minute' else due_at end, reply = $4
     where account_id = $1 and sent_at is null and refused_at is null`,
    [mail.accountId, mail.ended, mail.laterMinutes, mail.reply],
  );
}

/** Deletes the unsent mails about a hold that is over. */
export async function dropHoldMails(db: Db): Promise<void> {
  await db.query('delete from hold_mails where sent_at is null and refused_at is null');
}
