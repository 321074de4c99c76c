// Why an issue was skipped, as people read it. Pure.

import type { SkipReason } from './freeze.js';

/** `not-reviewed`: src/issues/decide-unreviewed.ts. */
const reasons: Readonly<Record<SkipReason | 'not-reviewed', string>> = {
  'nothing-new': 'every reader has already had every post',
  'no-readers': 'the newsletter has no active readers',
  'no-postal-address': 'the newsletter has no postal address, which every e-mail must show',
  'not-reviewed': 'nobody approved it in time, so its posts come with the next issue',
};

/** The rest of a sentence that begins "Skipped:" or "Nothing was sent:", without its full stop. */
export function skipInWords(reason: string): string {
  return Object.hasOwn(reasons, reason) ? reasons[reason as keyof typeof reasons] : 'the reason is not known';
}
