// Checks that the mailbox is usable, and that a worker reads it. Takes no mail.
import { mailboxName, type FeedbackMailbox } from '../../config/feedback-mailbox.js';
import type { Db } from '../../db.js';
import { minute } from '../../durations.js';
import { inEnglish } from '../../languages/translate.js';
import { FolderError, openFolder } from './imap-folder.js';
import { selectMailbox, type MailboxState } from '../store-mailboxes.js';
import { mailboxTrouble } from './trouble.js';

/** A look happens each minute. */
const patience = 5 * minute;

export type MailboxCheck =
  | { ok: true; encrypted: boolean; mails: number }
  /** The server does not let us in, or no worker reads the mailbox. */
  | { ok: false; cause: 'server' | 'workers'; reason: string };

/** What the workers last found out about the mailbox. Undefined: none has looked at it. */
export const mailboxAsSeen = (db: Db, name: string): Promise<MailboxState | undefined> =>
  selectMailbox(db, name);

export async function checkMailbox(db: Db, mailbox: FeedbackMailbox, now: Date): Promise<MailboxCheck> {
  try {
    const folder = await openFolder(mailbox);
    folder.close();
    const state = await selectMailbox(db, mailboxName(mailbox));
    const lookedAt = state?.lookedAt?.getTime() ?? 0;
    if (now.getTime() - lookedAt > patience)
      return {
        ok: false,
        cause: 'workers',
        reason: state?.problem ? inEnglish(state.problem) : 'no worker has looked for 5 minutes',
      };
    return { ok: true, encrypted: folder.encrypted, mails: folder.count };
  } catch (error) {
    if (!(error instanceof FolderError)) throw error;
    return { ok: false, cause: 'server', reason: inEnglish(mailboxTrouble(mailbox, error.cause)) };
  }
}
