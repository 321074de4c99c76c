// What happened to an account, as the subject of a mail about it: the time, and for a sign-in the browser. The session
// itself may have ended before the mail goes out. Pure.
import type { NamedBrowser } from '../accounts/browser.js';

export interface AccountEvent extends NamedBrowser {
  at: Date;
}

export const eventId = ({ at, browser, system }: AccountEvent): string =>
  [at.toISOString(), browser ?? '', system ?? ''].join('|');

export function readEventId(id: string): AccountEvent {
  const [at = '', browser = '', system = ''] = id.split('|');
  return { at: new Date(at), browser: browser || undefined, system: system || undefined };
}
