// The mail to the accounts when all sending is held (lifeline.ts): nothing goes out until one of them
// decides. In English, like the console.
import type { RenderAccountMail } from '../account-mails/send-account-mails.js';
import type { Db } from '../db.js';
import { listNewsletters } from '../newsletters/get-newsletter.js';
import { renderEmail, renderText } from '../templating/templates.js';
import { oneLine } from '../text/clean-text.js';
import { cutAtWord } from '../text/cut-text.js';
import { formatTime } from '../text/words.js';
import { getHold, type HoldRow } from './lifeline.js';
import { holdId } from './store.js';

/** The renderer of the kind "hold". */
export function holdMail(deps: { db: Db; baseUrl: string }): RenderAccountMail {
  return async ({ subjectId }) => {
    const hold = await getHold(deps.db);
    const [first, ...others] = await listNewsletters(deps.db);
    // Without a newsletter the mail has no sender, and nothing could go out twice.
    if (hold === undefined || holdId(hold) !== subjectId || first === undefined) return undefined;
    const name = oneLine(first.name) + (others.length > 0 ? ` and ${others.length} more` : '');
    return { from: first.from, ...(await render(hold, name, deps.baseUrl)) };
  };
}

/** Subject, HTML and text. */
async function render(hold: HoldRow, name: string, baseUrl: string) {
  const text =
    `Since ${formatTime(hold.heldAt, 'UTC')} UTC no issue is planned, assembled or sent: ${hold.reason}. ` +
    'The log of your mail server shows what was sent in that time. Sending continues when you have said whether the missing issues were sent.';
  const view = {
    subject: cutAtWord(`Sending is on hold: was the database of ${name} restored?`, 120),
    name,
    about: 'all sending is on hold',
    heading: 'Nothing is sent until you decide',
    text,
    preheader: text,
    actions: [{ label: 'Decide in the console', url: `${baseUrl}/console/sending` }],
  };
  return {
    subject: view.subject,
    html: await renderEmail('account', view),
    text: renderText('account', view),
  };
}
