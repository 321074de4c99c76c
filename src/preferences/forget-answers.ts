// Forgets why readers left, and which other address they wanted.
import { type ForgetDeps, forgetLot } from '../forget-lot.js';
import * as store from './store-retention.js';

/** How many rows of each kind were forgotten. */
export async function forgetReadersAnswers(
  deps: ForgetDeps,
): Promise<{ comments: number; addressChanges: number }> {
  return {
    comments: await forgetLot(deps, 'comments', store.forgetComments),
    addressChanges: await forgetLot(deps, 'addressChanges', store.forgetAddressChanges),
  };
}
