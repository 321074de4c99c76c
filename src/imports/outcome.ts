// The outcomes of an import's rows. Pure.
import type { MessageKey } from '../languages/messages.js';

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
export const outcomeWords: Record<ImportOutcome, { label: MessageKey; would: MessageKey; badge: string }> = {
  created: { label: 'imports.rowCreated', would: 'imports.rowWouldCreate', badge: 'active' },
  updated: { label: 'imports.rowUpdated', would: 'imports.rowWouldUpdate', badge: 'active' },
  unchanged: { label: 'imports.rowUnchanged', would: 'imports.rowUnchanged', badge: '' },
  duplicate: { label: 'imports.rowTwice', would: 'imports.rowTwice', badge: '' },
  'unsubscribed-before': {
    label: 'imports.rowUnsubscribed',
    would: 'imports.rowUnsubscribed',
    badge: 'pending',
  },
  'suppressed-before': {
    label: 'imports.rowSuppressed',
    would: 'imports.rowSuppressed',
    badge: 'suppressed',
  },
  invalid: { label: 'imports.rowError', would: 'imports.rowError', badge: 'failed' },
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
