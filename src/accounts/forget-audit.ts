// Deletes old entries of the audit log.
import { type ForgetDeps, forgetLot } from '../forget-lot.js';
import { deleteOldAudit } from './store-audit.js';

/** Returns the number of entries deleted. */
export function forgetAudit(deps: ForgetDeps): Promise<number> {
  return forgetLot(deps, 'audit', deleteOldAudit);
}
