// The mail to the accounts when all sending is held (lifeline.ts): nothing goes out until one of them
// decides. In English, as the console is. hold_mails is the outbox: a row that is neither sent nor refused is
// found again.
import type { Db } from '../db.js';
import { accountMailClaimMinutes, accountMailEnd, accountMailRetryMinutes } from '../mail/account-mail.js';
import type { Mailer } from '../mail/send.js';
import { listNewsletters } from '../newsletters/get-newsletter.js';
import { renderEmail, renderText } from '../templating/templates.js';
import { oneLine } from '../text/clean-text.js';
import { cutAtWord } from '../text/cut-text.js';
import { formatTime } from '../text/words.js';
import { getHold, type HoldRow } from './lifeline.js';
import * as store from './store-mails.js';

/** Subject, HTML and text. */
async function render(hold: HoldRow, name: string, baseUrl: string) {
  const view = {
    subject: cutAtWord(`Nothing is sent: was the database of ${name} put back?`, 120),
    name,
    about: 'all sending is held',
    heading: 'Nothing is sent until you decide',
    text:
      `Since ${formatTime(hold.heldAt, 'UTC')} UTC no issue is planned, assembled or handed over: ${hold.reason}. ` +
      'Your relay’s log knows what was sent in that time. Say whether it had been, and sending goes on.',
    actions: [{ label: 'Decide in the console', url: `${baseUrl}/console/sending` }],
  };
  return {
    subject: view.subject,
    html: await renderEmail('account', view),
    text: renderText('account', view),
  };
}

/** Sends the mails that are due. Call it as often as you like. */
export async function tellOfHold(deps: { db: Db; mailer: Mailer; baseUrl: string }): Promise<void> {
  const { db } = deps;
  const hold = await getHold(db);
  const [first, ...others] = await listNewsletters(db);
  // Without a newsletter there is no sender, and no mail that could have been sent twice.
  if (hold === undefined || first === undefined) return store.dropHoldMails(db);
  const name = oneLine(first.name) + (others.length > 0 ? ` and ${others.length} more` : '');
  const content = await render(hold, name, deps.baseUrl);
  for (const mail of await store.claimHoldMails(db, accountMailClaimMinutes)) {
    const handedOver = await deps.mailer.send({ from: first.from, to: mail.email, ...content });
    await store.settleHoldMail(db, {
      accountId: mail.accountId,
      ...accountMailEnd(handedOver, mail.attempts),
      laterMinutes: accountMailRetryMinutes,
    });
  }
}
