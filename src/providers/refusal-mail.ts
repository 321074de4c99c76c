// The mail to the accounts when a mailbox provider refuses our mail (pauses.ts). In the language of each.
import { renderAccountMail, wordsOfAccount } from '../account-mails/render.js';
import type { RenderAccountMail } from '../account-mails/send-account-mails.js';
import type { Db } from '../db.js';
import type { Translator } from '../languages/translate.js';
import { listNewsletters } from '../newsletters/get-newsletter.js';
import { oneLine } from '../text/clean-text.js';
import { cutAtWord } from '../text/cut-text.js';
import { momentInWords } from '../text/words.js';
import { causeKeys, providerName } from './provider-words.js';
import { selectPause, type PauseRow } from './store.js';

/** The renderer of the kind "provider-refuses". */
export function refusalMail({ db, baseUrl }: { db: Db; baseUrl: string }): RenderAccountMail {
  return async ({ subjectId, accountId }) => {
    const pause = await selectPause(db, subjectId);
    const [first] = await listNewsletters(db);
    if (pause === undefined || pause.endedAt !== null || first === undefined) return undefined;
    const words = await wordsOfAccount(db, accountId);
    return { from: first.from, ...(await render(pause, { name: oneLine(first.name), words, baseUrl })) };
  };
}

async function render(
  { groupKey, cause, bad, ends, reply, until }: PauseRow,
  { name, words, baseUrl }: { name: string; words: Translator; baseUrl: string },
) {
  const { t, locale } = words;
  const provider = providerName(groupKey, words);
  const heading = t('sending.refuses', { provider });
  const text = t('accountMail.refusalText', {
    provider,
    bad,
    ends,
    cause: t(causeKeys[cause]),
    reply: cutAtWord(oneLine(reply), 300),
    time: momentInWords(until, 'UTC', locale),
  });
  return renderAccountMail({
    words,
    name,
    about: heading,
    heading,
    text: cause === 'auth' ? `${text} ${t('accountMail.refusalPaused')}` : text,
    actions: [{ label: t('accountMail.showInConsole'), url: `${baseUrl}/console/sending` }],
  });
}
