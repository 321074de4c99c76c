// The answers to the question why a reader leaves. Pure.
import { oneLine } from '../text/clean-text.js';
import { cutAtWord } from '../text/cut-text.js';

export const leavingReasons = [
  'too-often',
  'not-interested',
  'never-asked',
  'looks-wrong',
  'something-else',
] as const;
export type LeavingReason = (typeof leavingReasons)[number];

export interface LeavingAnswer {
  reason: LeavingReason;
  comment: string | null;
}

const commentLength = 500;

/**
 * The form's answer; undefined if it is none of the reasons. A comment that is too long is cut, so that the
 * reader is not asked twice.
 */
export function readLeavingAnswer(fields: Readonly<Record<string, unknown>>): LeavingAnswer | undefined {
  const { reason: given, comment: text } = fields;
  const reason = leavingReasons.find((one) => one === given);
  if (reason === undefined) return undefined;
  const comment = typeof text === 'string' ? cutAtWord(oneLine(text.normalize('NFC')), commentLength) : '';
  return { reason, comment: comment === '' ? null : comment };
}
