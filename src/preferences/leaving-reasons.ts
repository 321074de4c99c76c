// Why readers leave: what they may answer. Pure.
import { cutAtWord, oneLine } from '../text/words.js';

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

/** What the form says, or undefined: none of the answers. A comment that is too long is cut: nobody is asked twice. */
export function readLeavingAnswer(fields: Readonly<Record<string, unknown>>): LeavingAnswer | undefined {
  const { reason: given, comment: text } = fields;
  const reason = leavingReasons.find((one) => one === given);
  if (reason === undefined) return undefined;
  const comment = typeof text === 'string' ? cutAtWord(oneLine(text.normalize('NFC')), commentLength) : '';
  return { reason, comment: comment === '' ? null : comment };
}
