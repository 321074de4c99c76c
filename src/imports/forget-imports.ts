// Forgets the rows of imports that ended long ago; from then on they cannot be undone.
import { type ForgetDeps, forgetLot } from '../forget-lot.js';
import * as store from './store-retention.js';

/** Returns how many rows were forgotten. */
export function forgetImports(deps: ForgetDeps): Promise<number> {
  return forgetLot(deps, 'imports', store.deleteImports);
}
