// An account turns its second factor on and off, adds and removes passkeys, or an owner takes the second factor from a
// colleague who has lost theirs. Each is told by mail, and is in the audit log.
import { addMailTo } from '../account-mails/add.js';
import { recordAudit } from '../accounts/audit.js';
import { getAccount } from '../accounts/manage-accounts.js';
import { addPasskey, removePasskey } from '../accounts/passkeys/manage-passkeys.js';
import type { Actor } from '../accounts/permission.js';
import { removeFactor } from '../accounts/remove-factor.js';
import { confirmSetup, giveCodes, giveFirstCodes } from '../accounts/set-up-factor.js';
import type { Session } from '../accounts/sign-in.js';
import type { Db } from '../db.js';
import type { Secrets } from '../secrets.js';
import { eventId } from './account-event.js';

interface Deps {
  db: Db;
  now: () => Date;
}

async function tell(
  { db, now }: Deps,
  {
    kind,
    accountId,
    actor,
    passkey,
  }: {
    kind: 'second-factor-on' | 'second-factor-off';
    accountId: string;
    actor: Actor;
    /** The name of the only thing that was added or removed. Undefined: it was the whole second factor. */
    passkey?: string;
  },
): Promise<void> {
  const at = now();
  const subjectId = eventId({ at, browser: undefined, system: undefined, passkey });
  await addMailTo(db, { kind, subjectId, accountId, now: at });
  const subject = `account:${accountId}`;
  const isOn = kind === 'second-factor-on';
  if (passkey === undefined)
    return recordAudit(
      { db, now },
      { actor, action: isOn ? 'account.second-factor-on' : 'account.second-factor-off', subject },
    );
  const action = isOn ? 'account.add-passkey' : 'account.remove-passkey';
  await recordAudit({ db, now }, { actor, action, subject, detail: { passkey } });
}

/** False: this is not the code of the app. */
export async function turnOnSecondFactor(
  deps: Deps & { secrets: Secrets },
  { actor, accountId, code }: { actor: Actor; accountId: string; code: string },
): Promise<boolean> {
  return deps.db.transaction(async (tx) => {
    const isOn = await confirmSetup({ ...deps, db: tx }, { accountId, code });
    if (isOn) await tell({ db: tx, now: deps.now }, { kind: 'second-factor-on', accountId, actor });
    return isOn;
  });
}

/** False: refused. The first passkey comes with recovery codes, unless the account has some. */
export async function addPasskeyTo(
  deps: Parameters<typeof addPasskey>[0],
  { actor, ...passkey }: Parameters<typeof addPasskey>[1] & { actor: Actor },
): Promise<boolean> {
  return deps.db.transaction(async (tx) => {
    if (!(await addPasskey({ ...deps, db: tx }, passkey))) return false;
    const accountId = passkey.account.id;
    await giveFirstCodes({ ...deps, db: tx }, accountId);
    await tell(
      { db: tx, now: deps.now },
      { kind: 'second-factor-on', accountId, actor, passkey: passkey.name },
    );
    return true;
  });
}

/** With the last passkey of an account without an app, its recovery codes go too. */
export async function removePasskeyFrom(
  deps: Deps,
  { actor, account, id }: { actor: Actor; account: Session['account']; id: string },
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const accountId = account.id;
    const passkey = await removePasskey(tx, { accountId, id });
    if (passkey === undefined) return;
    const told = { kind: 'second-factor-off', accountId, actor } as const;
    await tell({ db: tx, now: deps.now }, { ...told, passkey });
    if ((await getAccount(tx, accountId))?.hasSecondFactor) return;
    await removeFactor(tx, accountId);
    await tell({ db: tx, now: deps.now }, told);
  });
}

/** False: the account has none. */
export async function turnOffSecondFactor(
  deps: Deps,
  { actor, accountId }: { actor: Actor; accountId: string },
): Promise<boolean> {
  return deps.db.transaction(async (tx) => {
    const had = await removeFactor(tx, accountId);
    if (had) await tell({ db: tx, now: deps.now }, { kind: 'second-factor-off', accountId, actor });
    return had;
  });
}

export async function renewRecoveryCodes(
  deps: Deps & { secrets: Secrets },
  { actor, accountId }: { actor: Actor; accountId: string },
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    await giveCodes({ ...deps, db: tx }, accountId);
    await recordAudit(
      { db: tx, now: deps.now },
      { actor, action: 'account.new-recovery-codes', subject: `account:${accountId}` },
    );
  });
}
