// An owner invites a colleague: an account without a password, and a mail with a link by which it chooses one.
import { recordAudit } from '../accounts/audit.js';
import { createInvitedAccount, getAccount } from '../accounts/manage-accounts.js';
import type { Actor, NewsletterIds, Role } from '../accounts/permission.js';
import type { Session } from '../accounts/sign-in.js';
import type { Db } from '../db.js';
import type { Language } from '../languages/language.js';
import type { Enqueue } from '../queues.js';
import { addLink, wakeMailer } from './send-link.js';

interface Deps {
  db: Db;
  now: () => Date;
  enqueue: Enqueue;
}

export type InviteResult = { ok: true; account: Session['account'] } | { ok: false; code: 'email-taken' };

const idOf = (actor: Actor): string | null => (actor.kind === 'account' ? actor.id : null);

/** `email` is an address that parseAddress has accepted. */
export async function invite(
  deps: Deps,
  {
    actor,
    email,
    role,
    newsletterIds,
    language,
  }: { actor: Actor; email: string; role: Role; newsletterIds: NewsletterIds; language: Language },
): Promise<InviteResult> {
  const account = await deps.db.transaction(async (tx) => {
    const invited = await createInvitedAccount(tx, { email, role, newsletterIds, language });
    if (!invited) return undefined;
    await addLink(tx, { accountId: invited.id, purpose: 'invitation', madeBy: idOf(actor), now: deps.now() });
    const subject = `account:${invited.id}`;
    await recordAudit(
      { db: tx, now: deps.now },
      { actor, action: 'account.invite', subject, detail: { role, newsletterIds } },
    );
    return invited;
  });
  if (!account) return { ok: false, code: 'email-taken' };
  await wakeMailer(deps);
  return { ok: true, account };
}

/** Sends an account a link by which it chooses a password: another invitation, or a reset once it has joined. */
export async function sendLink(
  deps: Deps,
  { actor, id }: { actor: Actor; id: string },
): Promise<{ ok: true; account: Session['account'] } | { ok: false; code: 'not-found' }> {
  const account = await getAccount(deps.db, id);
  if (!account) return { ok: false, code: 'not-found' };
  const purpose = account.hasJoined ? 'reset' : 'invitation';
  await deps.db.transaction(async (tx) => {
    await addLink(tx, { accountId: id, purpose, madeBy: idOf(actor), now: deps.now() });
    await recordAudit(
      { db: tx, now: deps.now },
      { actor, action: 'account.send-link', subject: `account:${id}`, detail: { purpose } },
    );
  });
  await wakeMailer(deps);
  return { ok: true, account };
}
