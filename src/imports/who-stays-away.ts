// The rules of imports: what a row may change for a reader who is known here. Pure.
//
// 1. A suppressed address stays suppressed, and nothing about it changes, whatever the file says.
// 2. A reader who left stays away. A file brings back only readers whom the undo of an import had ended.
// 3. A row that unsubscribes or suppresses counts, unless the reader has joined here since the time that it
//    names.
// 4. A row that confirms counts for readers who are pending or expired here.
// 5. Existing readers keep their preferences. Only their name may change.
//
// An unreadable status never gets here: status.ts makes it an error of the row.
import type { ImportOutcome, ImportStatus } from './outcome.js';

/** A row, as far as the law needs it. */
export interface ImportedRow {
  status: ImportStatus;
  name: string | null;
}

/** The stored facts about the address of a row. Timestamps are as PostgreSQL writes them. */
export interface KnownReader {
  subscriberId: string | null;
  name: string | null;
  isSuppressed: boolean;
  /** An earlier lot of the same import had the address. */
  isDuplicate: boolean;
  subscription: {
    id: string;
    requestedAt: string;
    confirmedAt: string | null;
    unsubscribedAt: string | null;
    expiredAt: string | null;
    isPending: boolean;
    /** The undo of an import ended it, not its reader. */
    isUndone: boolean;
    /** The reader has asked or confirmed here after the time at which the row says that they left. */
    hasRejoined: boolean;
  } | null;
}

/** A new address. */
export const unknownReader: KnownReader = {
  subscriberId: null,
  name: null,
  isSuppressed: false,
  isDuplicate: false,
  subscription: null,
};

/** The changes that a row makes. Several may be true: a row may end a subscription and change the name. */
export interface RowVerdict {
  outcome: Exclude<ImportOutcome, 'invalid'>;
  creates: boolean;
  suppresses: boolean;
  leaves: boolean;
  confirms: boolean;
  renames: boolean;
}

export function judge(row: ImportedRow, known: KnownReader): RowVerdict {
  const { subscription, isSuppressed } = known;
  if (isSuppressed) return verdict(known, {});
  if (subscription === null)
    return verdict(known, {
      creates: true,
      renames: known.subscriberId !== null && row.name !== null && known.name === null,
    });
  const hasLeft = subscription.unsubscribedAt !== null;
  const { isPending, isUndone, hasRejoined, confirmedAt } = subscription;
  const asksForLess = row.status === 'unsubscribed' || row.status === 'suppressed';
  const mayLeave = !hasLeft || isPending || isUndone;
  const comesBack = isUndone && row.status === 'active';
  const acts = {
    suppresses: row.status === 'suppressed',
    leaves: asksForLess && mayLeave && (row.status === 'suppressed' || !hasRejoined),
    confirms: row.status === 'active' && (hasLeft ? isUndone && !isPending : confirmedAt === null),
    renames: row.name !== null && (!hasLeft || comesBack) && row.name !== known.name,
  };
  const staysAway = hasLeft && !asksForLess;
  return verdict(known, acts, staysAway ? 'unsubscribed-before' : 'unchanged');
}

function verdict(
  { isDuplicate, isSuppressed }: KnownReader,
  acts: Partial<Omit<RowVerdict, 'outcome'>>,
  otherwise: RowVerdict['outcome'] = 'unchanged',
): RowVerdict {
  const { creates = false, suppresses = false, leaves = false, confirms = false, renames = false } = acts;
  const changes = suppresses || leaves || confirms || renames;
  const ownOutcome = creates ? 'created' : changes ? 'updated' : otherwise;
  const outcome = isDuplicate ? 'duplicate' : isSuppressed ? 'suppressed-before' : ownOutcome;
  return { outcome, creates, suppresses, leaves, confirms, renames };
}
