// Why all sending is held, as a person reads it. Pure.
import type { Translator } from '../languages/translate.js';
import type { TimeWords } from '../text/when-words.js';
import type { HoldRow } from './lifeline.js';

/** The rest of a sentence that says that sending is held, without its full stop. */
export function holdInWords(
  { lostFrom, lostUntil }: Pick<HoldRow, 'lostFrom' | 'lostUntil'>,
  { t, time }: TimeWords,
): string {
  if (lostUntil !== null)
    return lostFrom === null
      ? t('sending.restoredUnknown', { until: time(lostUntil) })
      : t('sending.restored', { from: time(lostFrom), until: time(lostUntil) });
  return lostFrom === null ? t('sending.movedUnknown') : t('sending.moved', { from: time(lostFrom) });
}

/** The same without times, for pages of other matters. */
export const holdBriefly = ({ lostUntil }: Pick<HoldRow, 'lostUntil'>, { t }: Translator): string =>
  lostUntil === null ? t('sending.movedUnknown') : t('sending.wasRestored');
