// What happened to an account, as the subject of a mail about it: the time, for a sign-in the browser, and the name of a
// passkey. The session or the passkey itself may be gone before the mail goes out. Pure.
import type { NamedBrowser } from '../accounts/browser.js';

export interface AccountEvent extends NamedBrowser {
  at: Date;
  passkey?: string | undefined;
}

export const eventId = ({ at, browser, system, passkey }: AccountEvent): string =>
  [at.toISOString(), browser ?? '', system ?? '', ...(passkey === undefined ? [] : [passkey])].join('|');

export function readEventId(id: string): AccountEvent {
  const [at = '', browser = '', system = '', ...passkey] = id.split('|');
  return {
    at: new Date(at),
    browser: browser || undefined,
    system: system || undefined,
    passkey: passkey.join('|') || undefined,
  };
}
