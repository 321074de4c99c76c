// Why an address is suppressed: our words, and beside them those of a server or of a person. Pure.
import type { Translator } from '../../languages/translate.js';
import type { LatestSuppression } from '../../subscribers/suppressions.js';

/** The view of templates/console/evidence.hbs. */
export function evidenceInWords(
  { evidence, detail, reason }: Pick<LatestSuppression, 'evidence' | 'detail' | 'reason'>,
  { say }: Pick<Translator, 'say'>,
): { said: string | undefined; quote: string | null } {
  if (evidence) return { said: say(evidence.said), quote: evidence.reply };
  // The reason says it already.
  return { said: undefined, quote: reason === 'imported' ? null : detail };
}
