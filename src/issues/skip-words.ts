// Why an issue was skipped, as people read it. Pure.
import type { MessageKey } from '../languages/messages.js';
import type { Translator } from '../languages/translate.js';
import type { SkipReason } from './freeze.js';

/** `not-reviewed`: src/issues/decide-unreviewed.ts. */
const reasons: Readonly<Record<SkipReason | 'not-reviewed', MessageKey>> = {
  'nothing-new': 'why.skipNothingNew',
  'no-readers': 'why.skipNoReaders',
  'no-postal-address': 'why.skipNoPostalAddress',
  'not-reviewed': 'why.skipNotReviewed',
};

/** The rest of a sentence that begins "Skipped:" or "Nothing was sent:", without its full stop. */
export function skipInWords(reason: string, { t }: Translator): string {
  return t(Object.hasOwn(reasons, reason) ? reasons[reason as keyof typeof reasons] : 'why.skipUnknown');
}
