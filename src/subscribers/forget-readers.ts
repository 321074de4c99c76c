// Forgets readers who are gone, and what is no longer needed of the others.
import { type ForgetDeps, forgetLot } from '../forget-lot.js';
import * as store from './store-retention.js';

/** How many rows of each kind were forgotten. `alone` are readers without any subscription. */
export async function forgetReaders(
  deps: ForgetDeps,
): Promise<{ unconfirmed: number; left: number; origins: number; alone: number }> {
  return {
    unconfirmed: await forgetLot(deps, 'unconfirmed', store.forgetUnconfirmed),
    left: await forgetLot(deps, 'left', store.forgetLeft),
    origins: await forgetLot(deps, 'origins', store.forgetOrigins),
    alone: await forgetLot(deps, 'unconfirmed', store.forgetAlone),
  };
}
