// The rows of the outbox.
import type { Role } from '../accounts/permission.js';
import type { Db } from '../db.js';

export type AccountMailKind =
  | 'review'
  | 'feed-held'
  | 'feed-gone'
  | 'feed-failing'
  | 'hold'
  | 'provider-refuses'
  | 'many-hard-bounces'
  | 'many-complaints'
  | 'nothing-came-back'
  | 'dmarc'
  | 'webhook-disabled'
  | PersonalMailKind;

/** About the account itself: it gets the mail whatever its role. */
export type PersonalMailKind = (typeof personalKinds)[number];
export const personalKinds = [
  'password-changed',
  'new-sign-in',
  'second-factor-on',
  'second-factor-off',
  'invitation',
  'reset',
] as const;

export interface DueMail {
  id: string;
  kind: AccountMailKind;
  subjectId: string;
  accountId: string;
  /** Tries so far, this one included. */
  attempts: number;
  email: string;
}

const isOpen = 'm.sent_at is null and m.refused_at is null';

export async function insertMails(
  tx: Db,
  mail: {
    kind: AccountMailKind;
    subjectId: string;
    now: Date;
    /** null: ever. */
    notSince: Date | null;
    roles: readonly Role[];
    /** The newsletter that it is about. null: all, so that only accounts for all newsletters get it. */
    newsletterId: string | null;
  },
): Promise<void> {
  await tx.change(
    `insert into account_mails (kind, subject_id, account_id, made_at, due_at)
     select $1, $2, a.id, $3::timestamptz, $3::timestamptz from accounts a
      where a.role = any ($5)
        and (a.all_newsletters or exists (select from account_newsletters n
                                           where n.account_id = a.id and n.newsletter_id = $6::bigint))
        and not exists (select from account_mails m
                         where m.kind = $1 and m.subject_id = $2 and m.account_id = a.id
                           and m.made_at > coalesce($4::timestamptz, '-infinity'))
      order by a.id
     on conflict do nothing`,
    [mail.kind, mail.subjectId, mail.now, mail.notSince, mail.roles, mail.newsletterId],
  );
}

export async function insertMailTo(
  tx: Db,
  mail: { kind: PersonalMailKind; subjectId: string; accountId: string; now: Date },
): Promise<void> {
  await tx.change(
    `insert into account_mails (kind, subject_id, account_id, made_at, due_at)
     values ($1, $2, $3, $4::timestamptz, $4::timestamptz) on conflict do nothing`,
    [mail.kind, mail.subjectId, mail.accountId, mail.now],
  );
}

/** The account gets mail of this kind, by the parameters for the roles and for the personal kinds. */
const isFor = (roles: string, kinds: string): string =>
  `(a.role = any (${roles}) or m.kind = any (${kinds}))`;

export async function hasDueMails(db: Db, now: Date, roles: readonly Role[]): Promise<boolean> {
  const { due } = await db.one<{ due: boolean }>(
    `select exists (select from account_mails m join accounts a on a.id = m.account_id
                     where ${isOpen} and m.due_at <= $1 and ${isFor('$2', '$3')}) as due`,
    [now, roles, personalKinds],
  );
  return due;
}

/** Claims the mail that has been due longest, until `until`. An account that lost its role gets no mail. */
export async function claimMail(
  db: Db,
  claim: { now: Date; until: Date; roles: readonly Role[] },
): Promise<DueMail | undefined> {
  return db.maybeOne<DueMail>(
    `update account_mails claimed set due_at = $2, attempts = claimed.attempts + 1
       from accounts owner
      where owner.id = claimed.account_id
        and claimed.id = (select m.id from account_mails m join accounts a on a.id = m.account_id
                           where ${isOpen} and m.due_at <= $1 and ${isFor('$3', '$4')}
                           order by m.due_at, m.id limit 1 for update of m skip locked)
     returning claimed.id, claimed.kind, claimed.subject_id, claimed.account_id, claimed.attempts, owner.email`,
    [claim.now, claim.until, claim.roles, personalKinds],
  );
}

export async function settleMail(
  db: Db,
  id: string,
  end: { ended: 'sent' | 'refused' | 'later'; now: Date; dueAt: Date; reply: string },
): Promise<void> {
  await db.change(
    `update account_mails
        set sent_at = case when $2 = 'sent' then $3::timestamptz end,
            refused_at = case when $2 = 'refused' then $3::timestamptz end, due_at = $4, reply = $5
      where id = $1`,
    [id, end.ended, end.now, end.dueAt, end.reply],
  );
}

export async function deleteMail(db: Db, id: string): Promise<void> {
  await db.change('delete from account_mails where id = $1', [id]);
}
