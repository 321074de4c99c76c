// The mails with a link by which an account chooses a password.
import type { RenderAccountMail } from '../account-mails/send-account-mails.js';
import { getAccount } from '../accounts/manage-accounts.js';
import type { Session } from '../accounts/sign-in.js';
import { hashToken, newToken } from '../accounts/token.js';
import type { Db } from '../db.js';
import { translator, type Translator } from '../languages/translate.js';
import { momentInWords } from '../text/words.js';
import { roleInWords } from './role-words.js';
import { setLinkToken, type LinkRow } from './store.js';
import { renderTeamMail, senderOfTeam } from './team-mail.js';

interface Deps {
  db: Db;
  now: () => Date;
  /** Without a trailing slash. */
  baseUrl: string;
}

interface Said {
  link: LinkRow;
  account: Session['account'];
  /** The address of the account that sends the link. */
  by: string | undefined;
  host: string;
  words: Translator;
}

function sayInvitation({ account, by, host, link, words: { t, locale } }: Said) {
  const role = roleInWords(account.role, { t });
  const until = `${momentInWords(link.expiresAt, 'UTC', locale)} UTC`;
  const text =
    by === undefined
      ? t('team.mailInvited', { host, role, until })
      : t('team.mailInvitedBy', { by, host, role, until });
  return {
    heading: t('team.mailInvitation'),
    text,
    label: t('team.mailJoin'),
    footer: t('team.mailInvitedFooter', { host }),
  };
}

function sayReset({ by, link, words: { t, locale } }: Said) {
  const until = `${momentInWords(link.expiresAt, 'UTC', locale)} UTC`;
  return {
    heading: t('team.mailReset'),
    text: by === undefined ? t('team.mailResetText', { until }) : t('team.mailResetBy', { by, until }),
    label: t('team.mailResetDo'),
    footer: undefined,
  };
}

function linkMail(
  { db, now, baseUrl }: Deps,
  say: typeof sayInvitation | typeof sayReset,
): RenderAccountMail {
  return async ({ subjectId, accountId }) => {
    const account = await getAccount(db, accountId);
    if (!account) return undefined;
    const token = newToken();
    const link = await setLinkToken(db, subjectId, hashToken(token), now());
    if (!link) return undefined;
    const by = link.madeBy === null ? undefined : (await getAccount(db, link.madeBy))?.email;
    const words = translator(account.language);
    const { heading, text, label, footer } = say({ link, account, by, host: new URL(baseUrl).host, words });
    const actions = [{ label, url: `${baseUrl}/console/password/${token}` }];
    return {
      from: await senderOfTeam(db, baseUrl),
      ...(await renderTeamMail({ words, baseUrl, heading, text, actions, footer })),
    };
  };
}

export const linkMails = (deps: Deps): Record<'invitation' | 'reset', RenderAccountMail> => ({
  invitation: linkMail(deps, sayInvitation),
  reset: linkMail(deps, sayReset),
});
