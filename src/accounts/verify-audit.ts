// Checks that the audit log is the one that was written: no entry is changed, missing or added by hand.
//
// Who may write every table can compute a new chain. So an admin notes the last hash somewhere else, and the
// entry with that id must still have it.
import type { Db } from '../db.js';
import { readAsOfNow, selectChain, selectChained, type AuditChain } from './store-audit.js';

export type AuditCheck =
  | {
      ok: true;
      entries: number;
      /** "0" and "": the log is empty. */
      last: { id: string; hash: string };
    }
  | {
      ok: false;
      /** The entry at which the chain breaks. */
      id: string;
      /** missing: this entry, or one before it, is gone. other-hash: it is not the one that was noted. */
      problem: 'changed' | 'missing' | 'other-hash';
    };

export interface Noted {
  id: string;
  /** In hexadecimal digits. */
  hash: string;
}

const lot = 2_000;

/** Reads the whole log as it is now. With `noted`, that entry must have the noted hash. */
export function verifyAudit(db: Db, noted?: Noted): Promise<AuditCheck> {
  return db.transaction(async (tx) => {
    await readAsOfNow(tx);
    return follow(tx, await selectChain(tx), noted);
  });
}

async function follow(tx: Db, chain: AuditChain, noted: Noted | undefined): Promise<AuditCheck> {
  let { forgottenId: id, forgottenHash: hash } = chain;
  let entries = 0;
  let isNotedFound = noted === undefined || BigInt(noted.id) <= BigInt(chain.forgottenId);
  for (;;) {
    const some = await selectChained(tx, id, lot);
    for (const entry of some) {
      const expected = String(BigInt(id) + 1n);
      if (entry.id !== expected || !entry.prevHash.equals(hash))
        return { ok: false, id: expected, problem: 'missing' };
      if (!entry.hash.equals(entry.computed)) return { ok: false, id: entry.id, problem: 'changed' };
      if (noted?.id === entry.id) {
        if (entry.hash.toString('hex') !== noted.hash)
          return { ok: false, id: entry.id, problem: 'other-hash' };
        isNotedFound = true;
      }
      ({ id, hash } = entry);
      entries += 1;
    }
    if (some.length < lot) break;
  }
  if (id !== chain.lastId || !hash.equals(chain.lastHash) || !isNotedFound)
    return { ok: false, id: String(BigInt(id) + 1n), problem: 'missing' };
  return { ok: true, entries, last: { id, hash: hash.toString('hex') } };
}
