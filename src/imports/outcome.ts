// What can come of a row of an import. Pure.

/** `expired` never confirmed; `suppressed` is who bounced, complained or is on a list of those not to be mailed. */
export type ImportStatus = 'active' | 'pending' | 'expired' | 'unsubscribed' | 'suppressed';

export const importOutcomes = [
  /** A subscription that was not there. */
  'created',
  /** Confirmed, unsubscribed, suppressed or renamed what was there. */
  'updated',
  'unchanged',
  /** The address stood in the file before. Of its rows the one counts that asks for less mail. */
  'duplicate',
  /** They left here, and stay away. */
  'unsubscribed-before',
  /** The address must not be mailed here, and is left alone. */
  'suppressed-before',
  'invalid',
] as const;

export type ImportOutcome = (typeof importOutcomes)[number];

/** Two rows for one address: what asks for less mail wins, wherever in the file it stands. */
const strength: Record<ImportStatus, number> = {
  pending: 0,
  expired: 1,
  active: 2,
  unsubscribed: 3,
  suppressed: 4,
};

export const asksForLess = (one: ImportStatus, other: ImportStatus): boolean =>
  strength[one] > strength[other];
