// An account chooses the language of its console and its mails.
import { recordAudit } from '../accounts/audit.js';
import type { Actor } from '../accounts/permission.js';
import { setAccountLanguage } from '../accounts/manage-accounts.js';
import type { Db } from '../db.js';
import type { Language } from '../languages/language.js';

export async function chooseAccountLanguage(
  deps: { db: Db; now: () => Date },
  { actor, accountId, language }: { actor: Actor; accountId: string; language: Language },
): Promise<void> {
  await setAccountLanguage(deps.db, { id: accountId, language });
  await recordAudit(deps, {
    actor,
    action: 'account.choose-language',
    subject: `account:${accountId}`,
    detail: { language },
  });
}
