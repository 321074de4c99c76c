// The mail to the accounts when a mailbox provider refuses our mail (pauses.ts). In English, like the console.
import type { RenderAccountMail } from '../account-mails/send-account-mails.js';
import type { Db } from '../db.js';
import { listNewsletters } from '../newsletters/get-newsletter.js';
import { renderEmail, renderText } from '../templating/templates.js';
import { oneLine } from '../text/clean-text.js';
import { cutAtWord } from '../text/cut-text.js';
import { formatTime } from '../text/words.js';
import { causeInWords, providerInWords } from './provider-words.js';
import { selectPause, type PauseRow } from './store.js';

/** The renderer of the kind "provider-refuses". */
export function refusalMail({ db, baseUrl }: { db: Db; baseUrl: string }): RenderAccountMail {
  return async ({ subjectId }) => {
    const pause = await selectPause(db, subjectId);
    const [first] = await listNewsletters(db);
    if (pause === undefined || pause.endedAt !== null || first === undefined) return undefined;
    return { from: first.from, ...(await render(pause, oneLine(first.name), baseUrl)) };
  };
}

async function render({ groupKey, cause, bad, ends, reply, until }: PauseRow, name: string, baseUrl: string) {
  const provider = providerInWords(groupKey);
  const text =
    `${provider} refused ${bad} of the last ${ends} messages: ${causeInWords[cause]}. Its server said: ` +
    `“${cutAtWord(oneLine(reply), 300)}”. Until ${formatTime(until, 'UTC')} UTC nothing is sent there; its readers ` +
    'wait, and all others get their mail. Then one message at a time is tried.' +
    (cause === 'auth' ? ' The issue is paused, because other providers will refuse such mail too.' : '');
  const view = {
    subject: cutAtWord(`${provider} refuses your mail`, 120),
    name,
    about: `${provider} refuses your mail`,
    heading: `${provider} refuses your mail`,
    text,
    preheader: text,
    actions: [{ label: 'Show it in the console', url: `${baseUrl}/console/sending` }],
  };
  return {
    subject: view.subject,
    html: await renderEmail('account', view),
    text: renderText('account', view),
  };
}
