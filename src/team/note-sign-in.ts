// Tells an account of a sign-in from a browser that is new to it.
import { addMailTo } from '../account-mails/add.js';
import { nameBrowser } from '../accounts/browser.js';
import type { KnownBrowser } from '../accounts/known-browser.js';
import type { Session } from '../accounts/sign-in.js';
import type { Db } from '../db.js';
import { eventId } from './account-event.js';

/** `account` is as it was before the sign-in: the very first browser is nothing to tell of. */
export async function noteSignIn(
  deps: { db: Db; now: () => Date },
  {
    account,
    known,
    userAgent,
  }: { account: Session['account']; known: KnownBrowser | undefined; userAgent: string },
): Promise<void> {
  if (account.seenAt === null || known?.accountId === account.id) return;
  const now = deps.now();
  const subjectId = eventId({ at: now, ...nameBrowser(userAgent) });
  await addMailTo(deps.db, { kind: 'new-sign-in', subjectId, accountId: account.id, now });
}
