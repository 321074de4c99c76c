// Registers the renderer of each kind of mail to an account. The renderers belong to the features.
import type { AccountMailRenderers } from './account-mails/send-account-mails.js';
import type { Db } from './db.js';
import { alarmMails } from './deliverability/alarm-mail.js';
import { dmarcMail } from './domain-reports/dmarc-mail.js';
import { feedMails } from './feeds/feed-mail.js';
import { reviewMail } from './issues/review-mail.js';
import { holdMail } from './lifeline/hold-mail.js';
import { refusalMail } from './providers/refusal-mail.js';
import type { Secrets } from './secrets.js';
import { linkMails } from './team/link-mail.js';
import { eventMails } from './team/event-mail.js';
import { webhookDisabledMail } from './webhooks/disabled-mail.js';

export interface AccountMailRendererDeps {
  db: Db;
  now: () => Date;
  secrets: Secrets;
  /** Without a trailing slash. */
  baseUrl: string;
}

export function accountMailRenderers(deps: AccountMailRendererDeps): AccountMailRenderers {
  return {
    review: reviewMail(deps),
    ...feedMails(deps),
    hold: holdMail(deps),
    'provider-refuses': refusalMail(deps),
    ...alarmMails(deps),
    dmarc: dmarcMail(deps),
    'webhook-disabled': webhookDisabledMail(deps),
    ...eventMails(deps),
    ...linkMails(deps),
  };
}
