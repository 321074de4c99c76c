// The mails that tell an account what happened to it: its password was changed, or it signed in from a new browser.
import { getAccount } from '../accounts/manage-accounts.js';
import type { RenderAccountMail } from '../account-mails/send-account-mails.js';
import type { Db } from '../db.js';
import { translator, type Translator } from '../languages/translate.js';
import { momentInWords } from '../text/words.js';
import { readEventId, type AccountEvent } from './account-event.js';
import { browserInWords } from './browser-words.js';
import { renderTeamMail, senderOfTeam } from './team-mail.js';

interface Deps {
  db: Db;
  /** Without a trailing slash. */
  baseUrl: string;
}

interface Words {
  heading: string;
  text: string;
  action: string;
}

type Say = (event: AccountEvent, words: Translator) => Words;

const timeOf = ({ at }: AccountEvent, { locale }: Translator): string =>
  `${momentInWords(at, 'UTC', locale)} UTC`;

const passwordChanged: Say = (event, words) => ({
  heading: words.t('profile.mailPassword'),
  text: words.t('profile.mailPasswordText', { time: timeOf(event, words) }),
  action: words.t('profile.mailPasswordDo'),
});

const newSignIn: Say = (event, words) => ({
  heading: words.t('profile.mailSignIn'),
  text: words.t('profile.mailSignInText', {
    time: timeOf(event, words),
    browser: browserInWords(event, words),
  }),
  action: words.t('profile.mailSignInDo'),
});

function eventMail({ db, baseUrl }: Deps, say: Say): RenderAccountMail {
  return async ({ subjectId, accountId }) => {
    const account = await getAccount(db, accountId);
    if (!account) return undefined;
    const words = translator(account.language);
    const { heading, text, action } = say(readEventId(subjectId), words);
    const url = `${baseUrl}/console/profile`;
    return {
      from: await senderOfTeam(db, baseUrl),
      ...(await renderTeamMail({ words, baseUrl, heading, text, actions: [{ label: action, url }] })),
    };
  };
}

export const eventMails = (deps: Deps): Record<'password-changed' | 'new-sign-in', RenderAccountMail> => ({
  'password-changed': eventMail(deps, passwordChanged),
  'new-sign-in': eventMail(deps, newSignIn),
});
