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

const secondFactorOn: Say = (event, words) => ({
  heading: words.t('factor.mailOn'),
  text: words.t('factor.mailOnText', { time: timeOf(event, words) }),
  action: words.t('profile.mailPasswordDo'),
});

const secondFactorOff: Say = (event, words) => ({
  heading: words.t('factor.mailOff'),
  text: words.t('factor.mailOffText', { time: timeOf(event, words) }),
  action: words.t('profile.mailPasswordDo'),
});

const passkeyAdded: Say = (event, words) => ({
  heading: words.t('passkey.mailAdded'),
  text: words.t('passkey.mailAddedText', { time: timeOf(event, words), name: event.passkey }),
  action: words.t('profile.mailPasswordDo'),
});

const passkeyRemoved: Say = (event, words) => ({
  heading: words.t('passkey.mailRemoved'),
  text: words.t('passkey.mailRemovedText', { time: timeOf(event, words), name: event.passkey }),
  action: words.t('profile.mailPasswordDo'),
});

/** An event of one passkey, or of the whole second factor. */
const eitherOf =
  (ofPasskey: Say, ofAll: Say): Say =>
  (event, words) =>
    (event.passkey === undefined ? ofAll : ofPasskey)(event, words);

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

type EventKind = 'password-changed' | 'new-sign-in' | 'second-factor-on' | 'second-factor-off';

export const eventMails = (deps: Deps): Record<EventKind, RenderAccountMail> => ({
  'password-changed': eventMail(deps, passwordChanged),
  'new-sign-in': eventMail(deps, newSignIn),
  'second-factor-on': eventMail(deps, eitherOf(passkeyAdded, secondFactorOn)),
  'second-factor-off': eventMail(deps, eitherOf(passkeyRemoved, secondFactorOff)),
});
