// Sends an account a link by which it chooses a password.
//
// 1. A row says that there is a link, and the outbox has its mail. Neither holds a secret.
// 2. The worker that renders the mail makes the token, and stores its hash (link-mail.ts).
// 3. The form behind the link takes the row away, so that the link works once (choose-by-link.ts).
import { addMailTo } from '../account-mails/add.js';
import type { Db } from '../db.js';
import { day, hour } from '../durations.js';
import type { Enqueue } from '../queues.js';
import { type AccountLinkPurpose, upsertLink } from './store.js';

/** Milliseconds. */
const lifetime: Readonly<Record<AccountLinkPurpose, number>> = { invitation: 7 * day, reset: hour };

/** `madeBy` is the id of the account that sends it. null: the account itself, or the command line. */
export async function addLink(
  tx: Db,
  {
    accountId,
    purpose,
    madeBy,
    now,
  }: { accountId: string; purpose: AccountLinkPurpose; madeBy: string | null; now: Date },
): Promise<void> {
  const expiresAt = new Date(now.getTime() + lifetime[purpose]);
  const subjectId = await upsertLink(tx, { accountId, purpose, madeBy, now, expiresAt });
  await addMailTo(tx, { kind: purpose, subjectId, accountId, now });
}

/** Wakes the worker, so that a person who waits for the mail has it at once. */
export async function wakeMailer(deps: { enqueue: Enqueue }): Promise<void> {
  await deps.enqueue('issues', { kind: 'send-account-mails' });
}
