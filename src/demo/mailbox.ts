// Reads the mail catcher's mail through its API.
import { setTimeout as sleep } from 'node:timers/promises';

export interface CaughtMail {
  subject: string;
  to: string;
  text: string;
  html: string;
}

interface MailDevMail {
  subject?: string;
  text?: string;
  html?: string;
  envelope: { to: { address: string }[] };
}

/** All mail caught so far. */
export async function caughtMail(webUrl: string): Promise<CaughtMail[]> {
  const answer = await fetch(`${webUrl}/api/email`);
  if (!answer.ok) throw new Error(`the mail catcher answered ${answer.status}`);
  const mails = (await answer.json()) as MailDevMail[];
  return mails.map(({ subject = '', text = '', html = '', envelope }) => ({
    subject,
    text,
    html,
    to: envelope.to.map(({ address }) => address).join(', '),
  }));
}

/** Calls `look` until it returns a value. Throws after `seconds`, with what did not happen. */
export async function until<T>(
  what: string,
  seconds: number,
  look: () => Promise<T | undefined>,
): Promise<T> {
  for (const deadline = Date.now() + seconds * 1000; ; await sleep(60)) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`${what} did not happen within ${seconds} seconds`);
  }
}
