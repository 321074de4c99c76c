// Forgets mails that came back, and later the words of the servers.
import type { Db } from '../db.js';
import { forgetLot, type ForgetDeps } from '../forget-lot.js';
import * as store from './store.js';

export const forgetReturnedMails = (deps: ForgetDeps): Promise<number> =>
  forgetLot(deps, 'returnedMails', store.deleteOldMails);

/** The servers' words go with the relays' replies. */
export const forgetFeedbackWords = (deps: ForgetDeps): Promise<number> =>
  forgetLot(deps, 'replies', store.clearOldWords);

/** For an erasure: the mails and words that name the person. The events stay, so that the sums stay true. */
export const forgetFeedbackAbout = (tx: Db, subscriberId: string): Promise<void> =>
  store.clearAbout(tx, subscriberId);
