// The frame of every mail to an account, in the account's language.
import { getAccount } from '../accounts/manage-accounts.js';
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { translator, type Translator } from '../languages/translate.js';
import { renderEmail, renderText } from '../templating/templates.js';
import { cutAtWord } from '../text/cut-text.js';

/** The language of the account's mails. */
export async function wordsOfAccount(db: Db, accountId: string): Promise<Translator> {
  const account = isId(accountId) ? await getAccount(db, accountId) : undefined;
  return translator(account?.language ?? 'en');
}

export interface AccountMail {
  words: Translator;
  /** The newsletter that it is about. */
  name: string;
  /** What it is about, in a few words. */
  about: string;
  /** The heading without it. */
  subject?: string;
  heading: string;
  text: string;
  /** The first one is the likely one. */
  actions: readonly { label: string; url: string }[];
  /** Titles of posts. */
  titles?: readonly string[];
  /** The number of titles that are left out. */
  more?: number;
  /** Instead of the reason why the account gets the mail. */
  footer?: string | undefined;
}

/** Subject, HTML and text. */
export async function renderAccountMail({ words, titles = [], more = 0, ...mail }: AccountMail) {
  const { t, locale, language, direction } = words;
  const subject = cutAtWord(mail.subject ?? mail.heading, 120);
  const view = {
    ...mail,
    locale,
    language,
    direction,
    start: direction === 'rtl' ? 'right' : 'left',
    side: direction === 'rtl' ? '0 24px 24px 0' : '0 0 24px 24px',
    subject,
    preheader: mail.text,
    titles,
    more: more > 0 ? t('accountMail.more', { count: more }) : undefined,
    footer: mail.footer ?? t('accountMail.footer', { name: mail.name }),
  };
  return { subject, html: await renderEmail('account', view), text: renderText('account', view) };
}
