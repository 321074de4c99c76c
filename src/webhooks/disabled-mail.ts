// The mail to the accounts when a webhook is disabled, in the language of each.
import type { RenderAccountMail } from '../account-mails/send-account-mails.js';
import { getAccount } from '../accounts/manage-accounts.js';
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { translator } from '../languages/translate.js';
import { renderTeamMail, senderOfTeam } from '../team/team-mail.js';
import { selectWebhook } from './store.js';

/** The renderer of the kind "webhook-disabled". */
export function webhookDisabledMail({ db, baseUrl }: { db: Db; baseUrl: string }): RenderAccountMail {
  return async ({ subjectId, accountId }) => {
    const account = await getAccount(db, accountId);
    const webhook = isId(subjectId) ? await selectWebhook(db, subjectId) : undefined;
    // Somebody has enabled or deleted it meanwhile.
    if (!account || !webhook || webhook.disabledAt === null || webhook.disabledBecause === 'by-hand')
      return undefined;
    const words = translator(account.language);
    const { host } = new URL(webhook.url);
    const text =
      webhook.disabledBecause === 'gone' ? 'integrations.mailGoneText' : 'integrations.mailFailingText';
    return {
      from: await senderOfTeam(db, baseUrl),
      ...(await renderTeamMail({
        words,
        baseUrl,
        heading: words.t('integrations.mailDisabled', { host }),
        text: words.t(text, { host }),
        actions: [
          {
            label: words.t('integrations.mailDo'),
            url: `${baseUrl}/console/integrations/webhooks/${webhook.id}`,
          },
        ],
      })),
    };
  };
}
