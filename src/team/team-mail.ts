// The frame of mails to an account about itself: its language, and a sender.
import { renderAccountMail } from '../account-mails/render.js';
import type { Db } from '../db.js';
import type { Translator } from '../languages/translate.js';
import { listNewsletters } from '../newsletters/get-newsletter.js';

/** The first newsletter's sender. Without a newsletter: an address at the console's host. */
export async function senderOfTeam(db: Db, baseUrl: string): Promise<{ name: string; address: string }> {
  const [first] = await listNewsletters(db, { after: '0', limit: 1 });
  return first?.from ?? { name: 'Daily Digest', address: `digest@${new URL(baseUrl).hostname}` };
}

export interface TeamMail {
  words: Translator;
  baseUrl: string;
  heading: string;
  text: string;
  actions: readonly { label: string; url: string }[];
  /** Instead of: you get this mail because you have an account. */
  footer?: string | undefined;
}

/** Subject, HTML and text. */
export async function renderTeamMail({ words, baseUrl, heading, text, actions, footer }: TeamMail) {
  const { host } = new URL(baseUrl);
  return renderAccountMail({
    words,
    name: 'Daily Digest',
    about: host,
    heading,
    text,
    actions,
    footer: footer ?? words.t('profile.mailFooter', { host }),
  });
}
