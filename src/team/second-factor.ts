// An account turns its second factor on and off, or an owner takes it from a colleague who has lost theirs. Each is told
// by mail, and is in the audit log.
import { addMailTo } from '../account-mails/add.js';
import { recordAudit } from '../accounts/audit.js';
import type { Actor } from '../accounts/permission.js';
import { removeFactor } from '../accounts/remove-factor.js';
import { confirmSetup, giveCodes } from '../accounts/set-up-factor.js';
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
  }: { kind: 'second-factor-on' | 'second-factor-off'; accountId: string; actor: Actor },
): Promise<void> {
  const at = now();
  const subjectId = eventId({ at, browser: undefined, system: undefined });
  await addMailTo(db, { kind, subjectId, accountId, now: at });
  const action = kind === 'second-factor-on' ? 'account.second-factor-on' : 'account.second-factor-off';
  await recordAudit({ db, now }, { actor, action, subject: `account:${accountId}` });
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
