// Why an address is suppressed, as an admin reads it. Pure.
import type { MessageKey } from '../languages/messages.js';
import type { Translator } from '../languages/translate.js';

/** By the reason that the row holds. Each completes "This address gets no mail: …". */
const suppressionKeys: Readonly<Record<string, MessageKey>> = {
  manual: 'why.supManual',
  bounce: 'why.supBounce',
  complaint: 'why.supComplaint',
  erasure: 'why.supErasure',
  imported: 'why.supImported',
};

export const suppressionInWords = (reason: string, { t }: Translator): string =>
  t(suppressionKeys[reason] ?? 'why.supUnknown');

/** All of them, by reason. */
export const suppressionWords = ({ t }: Translator): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(suppressionKeys).map(([reason, key]) => [reason, t(key)]));
