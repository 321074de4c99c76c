// Judges an event as a returned mail is judged: by the server's code and words. Pure.
//
//   1. the words, the code and the status decide, by the same classifier as for SMTP replies
//   2. if they say nothing, the provider's own name of the event decides (provider-types.ts)
//   3. an address on the provider's own list is hard only if the code says so. Otherwise each such day is a point: the
//      list may be wrong, or of another customer's making
import { judgeDiagnostic, type JudgedReply } from '../judge.js';
import type { FeedbackKind, ReadMail, ReadRecipient } from '../read-mail.js';
import type { StoredEvent } from './hook-event.js';
import { providerTypes } from './provider-types.js';

/** Characters of a server's words that are kept. */
const mostWords = 500;

export function judgeEvent(event: StoredEvent): ReadMail {
  const { type } = event;
  if (type === 'unsubscribe') return { kind: 'unsubscribe', recipients: [] };
  const judged = type === 'bounce' || type === 'suppressed' ? judgeBounce(event) : undefined;
  const kind = judged?.kind ?? (type === 'complaint' || type === 'auto' ? type : 'note');
  const recipient: ReadRecipient = {
    address: addressIn(event.recipient ?? ''),
    kind,
    status: judged?.status ?? event.status ?? null,
    code: judged?.code ?? event.code ?? null,
    words: wordsOf(event),
  };
  return { kind, recipients: [recipient] };
}

function judgeBounce(event: StoredEvent): Omit<JudgedReply, 'kind'> & { kind: FeedbackKind } {
  const { scheme, named = '', type } = event;
  const said = judgeWords(event);
  const nonExistent = /^5\.1\.(?:1|2|3|6|10)$/;
  if (type === 'suppressed') {
    const isHard = said.kind === 'hard' && nonExistent.test(said.status ?? '');
    return isHard ? said : { ...said, kind: 'unavailable' };
  }
  if (said.kind !== 'unknown') return said;
  const row = providerTypes.find(
    ({ schemes, pattern }) => schemes.some((one) => one === scheme) && pattern.test(named),
  );
  return row === undefined ? said : { ...said, kind: row.kind };
}

function judgeWords({ diagnostic = '', code, status }: StoredEvent): JudgedReply {
  const isRefusal = code !== undefined && code >= 400;
  const text = isRefusal && !/^\s*[45]\d\d\b/.test(diagnostic) ? `${code} ${diagnostic}` : diagnostic;
  const refused = status !== undefined && /^[45]\.\d{1,3}\.\d{1,3}$/.test(status) ? status : undefined;
  if (text.trim() === '' && refused === undefined)
    return { kind: 'unknown', status: undefined, code: undefined };
  return judgeDiagnostic({ text, status: refused });
}

/** "Ada <ada@example.org>" → "ada@example.org". */
const addressIn = (text: string): string => /[^\s<>"']+@[^\s<>"',;]+/.exec(text)?.[0].toLowerCase() ?? '';

/** One line, as the pages show it: the server's words, or else the provider's. */
function wordsOf({ diagnostic, named, code, status }: StoredEvent): string {
  const given = diagnostic ?? [code, status, named].filter((one) => one !== undefined).join(' ');
  return given
    .replaceAll(/[\x00-\x1f\x7f\s]+/g, ' ')
    .trim()
    .slice(0, mostWords);
}
