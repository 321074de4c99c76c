import { may, roles } from '../accounts/permission.js';
import type { Db } from '../db.js';
import { type AccountMailKind, insertMails, insertMailTo, type PersonalMailKind } from './store.js';

/** The roles that may decide about issues, feeds and a hold. */
export const deciders = roles.filter((role) => may(role, 'write'));

/**
 * Adds a mail to each account that may decide, unless the account has one of this kind and subject that was made
 * after `notSince`. Without `notSince`, an account gets it once. Without `newsletterId`, it is about all newsletters. Call it in the transaction that has the effect:
 * otherwise a process that dies in between loses the mail.
 */
export async function addAccountMails(
  tx: Db,
  mail: {
    kind: Exclude<AccountMailKind, PersonalMailKind>;
    subjectId: string;
    now: Date;
    notSince?: Date;
    newsletterId?: string;
  },
): Promise<void> {
  await insertMails(tx, {
    ...mail,
    notSince: mail.notSince ?? null,
    newsletterId: mail.newsletterId ?? null,
    roles: deciders,
  });
}

/** Adds a mail to one account, about the account itself. Call it in the transaction that has the effect. */
export async function addMailTo(
  tx: Db,
  mail: { kind: PersonalMailKind; subjectId: string; accountId: string; now: Date },
): Promise<void> {
  await insertMailTo(tx, mail);
}
