// The outcomes of an import's rows. Pure.

/** `expired`: never confirmed. `suppressed`: bounced, complained, or on a blocklist. */
export type ImportStatus = 'active' | 'pending' | 'expired' | 'unsubscribed' | 'suppressed';

export const importOutcomes = [
  /** A new subscription. */
  'created',
  /** An existing subscription was confirmed, ended, suppressed or renamed. */
  'updated',
  'unchanged',
  /** The address occurs in an earlier row. The row that asks for less mail counts. */
  'duplicate',
  /** They left here, and stay unsubscribed. */
  'unsubscribed-before',
  /** The address is suppressed here, and nothing changes. */
  'suppressed-before',
  'invalid',
] as const;

export type ImportOutcome = (typeof importOutcomes)[number];

/** The labels of the outcomes, and the colour of their badges. */
export const outcomeWords: Record<ImportOutcome, { label: string; would: string; badge: string }> = {
  created: { label: 'created', would: 'would be created', badge: 'active' },
  updated: { label: 'updated', would: 'would be updated', badge: 'active' },
  unchanged: { label: 'unchanged', would: 'unchanged', badge: '' },
  duplicate: { label: 'twice in the file', would: 'twice in the file', badge: '' },
  'unsubscribed-before': {
    label: 'unsubscribed here, not added',
    would: 'unsubscribed here, not added',
    badge: 'pending',
  },
  'suppressed-before': {
    label: 'suppressed here, not added',
    would: 'suppressed here, not added',
    badge: 'suppressed',
  },
  invalid: { label: 'error', would: 'error', badge: 'failed' },
};

/** If two rows have one address, the row with less mail wins, in any order. */
const strength: Record<ImportStatus, number> = {
  pending: 0,
  expired: 1,
  active: 2,
  unsubscribed: 3,
  suppressed: 4,
};

export const asksForLess = (one: ImportStatus, other: ImportStatus): boolean =>
  strength[one] > strength[other];
