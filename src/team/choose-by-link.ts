// The link of a mail by which an account chooses a password: it works once, until it expires.
import { addMailTo } from '../account-mails/add.js';
import { recordAudit } from '../accounts/audit.js';
import { passwordProblem, type PasswordProblem } from '../accounts/choose-password.js';
import { getAccount, setAccountPassword } from '../accounts/manage-accounts.js';
import { hashPassword } from '../accounts/password.js';
import { endSessions } from '../accounts/sessions.js';
import type { Session } from '../accounts/sign-in.js';
import { hashToken } from '../accounts/token.js';
import type { Db } from '../db.js';
import { eventId } from './account-event.js';
import { deleteLinksOf, selectAccountLink, takeLink, type LinkRow } from './store.js';

interface Deps {
  db: Db;
  now: () => Date;
}

/** The account of a link that works. */
export async function readLink(
  deps: Deps,
  token: string,
): Promise<{ purpose: LinkRow['purpose']; account: Session['account'] } | undefined> {
  const link = await selectAccountLink(deps.db, hashToken(token), deps.now());
  const account = link && (await getAccount(deps.db, link.accountId));
  return link && account && { purpose: link.purpose, account };
}

export type ChooseByLinkResult =
  { ok: true; account: Session['account'] } | { ok: false; code: PasswordProblem | 'no-link' };

export async function chooseByLink(
  deps: Deps,
  { token, chosen }: { token: string; chosen: string },
): Promise<ChooseByLinkResult> {
  const known = await readLink(deps, token);
  if (!known) return { ok: false, code: 'no-link' };
  const problem = passwordProblem(chosen, known.account.email);
  if (problem !== undefined) return { ok: false, code: problem };
  const passwordHash = await hashPassword(chosen);
  const { account } = known;
  const now = deps.now();
  return deps.db.transaction(async (tx) => {
    const link = await takeLink(tx, hashToken(token), now);
    if (!link) return { ok: false, code: 'no-link' };
    await deleteLinksOf(tx, account.id);
    await setAccountPassword(tx, { id: account.id, passwordHash });
    await endSessions({ db: tx }, { accountId: account.id });
    if (link.purpose === 'reset') {
      const subjectId = eventId({ at: now, browser: undefined, system: undefined });
      await addMailTo(tx, { kind: 'password-changed', subjectId, accountId: account.id, now });
    }
    await recordAudit(
      { db: tx, now: deps.now },
      {
        actor: { kind: 'account', id: account.id, role: account.role },
        action: link.purpose === 'invitation' ? 'account.join' : 'account.reset-password',
        subject: `account:${account.id}`,
      },
    );
    return { ok: true, account };
  });
}
