// The mail to the accounts when all sending is held (lifeline.ts): nothing goes out until one of them
// decides. In the language of each.
import { renderAccountMail, wordsOfAccount } from '../account-mails/render.js';
import type { RenderAccountMail } from '../account-mails/send-account-mails.js';
import type { Db } from '../db.js';
import type { Translator } from '../languages/translate.js';
import { listNewsletters } from '../newsletters/get-newsletter.js';
import { oneLine } from '../text/clean-text.js';
import { utcTimes } from '../text/when-words.js';
import { holdInWords } from './hold-words.js';
import { getHold, type HoldRow } from './lifeline.js';
import { holdId } from './store.js';

/** The renderer of the kind "hold". */
export function holdMail(deps: { db: Db; baseUrl: string }): RenderAccountMail {
  return async ({ subjectId, accountId }) => {
    const hold = await getHold(deps.db);
    const [first, ...others] = await listNewsletters(deps.db);
    // Without a newsletter the mail has no sender, and nothing could go out twice.
    if (hold === undefined || holdId(hold) !== subjectId || first === undefined) return undefined;
    const words = await wordsOfAccount(deps.db, accountId);
    const own = oneLine(first.name);
    const name =
      others.length > 0 ? words.t('accountMail.newsletterAndMore', { name: own, count: others.length }) : own;
    return { from: first.from, ...(await render(hold, { name, words, baseUrl: deps.baseUrl })) };
  };
}

/** Subject, HTML and text. */
async function render(
  hold: HoldRow,
  { name, words, baseUrl }: { name: string; words: Translator; baseUrl: string },
) {
  const { t } = words;
  const times = utcTimes(words);
  const time = times.time(hold.heldAt);
  return renderAccountMail({
    words,
    name,
    about: t('accountMail.holdAbout'),
    subject: t('accountMail.holdSubject', { name }),
    heading: t('accountMail.holdHeading'),
    text: `${t('sending.since', { time, why: holdInWords(hold, times) })} ${t('accountMail.holdText')}`,
    actions: [{ label: t('accountMail.holdDecide'), url: `${baseUrl}/console/sending` }],
  });
}
