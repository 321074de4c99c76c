// Our own sentences that the ledger keeps in English, in the place of a mail server's reply: their messages are found
// again, so that a page says them in its own language. Pure.
import type { Arguments, Message, MessageKey } from './messages.js';

/** Each sentence that may stand in the place of a reply, or within such a sentence, with its arguments. */
const ownSentences: readonly (readonly [MessageKey, ...string[]])[] = [
  ['handOver.noReply', 'seconds'],
  ['handOver.noCode', 'reply'],
  ['handOver.unasked', 'reply'],
  ['handOver.not354', 'reply'],
  ['handOver.noBdat', 'reply'],
  ['handOver.early', 'reply'],
  ['handOver.outOfStep'],
  ['handOver.ended'],
  ['handOver.mayNotBegin'],
  ['handOver.stopping'],
  ['handOver.implicitTls'],
  ['handOver.everyRelay'],
  ['handOver.notComposed'],
  ['handOver.notComposedFor'],
  ['handOver.noUtf8'],
  ['doctor.closed'],
  ['doctor.noReason'],
  ['doctor.lacksTls', 'reply'],
  ['doctor.certificate', 'why'],
  ['doctor.certSelfSigned', 'orElse'],
  ['doctor.certUnknown', 'orElse'],
  ['doctor.certNameIs', 'held', 'host', 'first'],
  ['doctor.certName', 'held', 'host'],
  ['doctor.certExpired', 'orElse'],
  ['doctor.certEarly'],
  ['doctor.certRevoked'],
  ['doctor.certOther', 'code', 'orElse'],
  ['doctor.noHostName'],
  ['doctor.orAnyCertificate'],
  ['doctor.orNoTls'],
  ['doctor.onlyNoTls'],
  ['doctor.tlsBroken', 'orElse'],
  ['doctor.tlsNotAtOnce'],
  ['doctor.tlsNotSpoken', 'orElse'],
  ['doctor.tlsOld', 'orElse'],
  ['doctor.tlsCipher', 'orElse'],
  ['doctor.tlsWeak', 'orElse'],
  ['doctor.tlsClient'],
  ['doctor.tlsFailedWith', 'why', 'orElse'],
  ['doctor.tlsFailed', 'orElse'],
];

interface Sentence {
  key: MessageKey;
  pattern: RegExp;
}

let patterns: readonly Sentence[] | undefined;

type English = (key: MessageKey, args: Arguments) => string;

/** Made once: no page needs them before the first hand-over without a reply. */
function sentences(t: English): readonly Sentence[] {
  patterns ??= ownSentences.map(([key, ...names]) => {
    const marks = names.map((_, index) => String.fromCodePoint(0xe000 + index));
    const text = t(key, Object.fromEntries(names.map((name, index) => [name, marks[index] ?? ''])));
    const escaped = text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
    const pattern = names.reduce(
      (made, name, index) => made.replaceAll(marks[index] ?? '', () => `(?<${name}>.*?)`),
      escaped,
    );
    return { key, pattern: new RegExp(`^${pattern}$`, 's') };
  });
  return patterns;
}

/** The message of an English sentence of ours. Undefined: the words are not ours. `t` is the English catalogue. */
export function messageOfSentence(english: string, t: English): Message | undefined {
  for (const { key, pattern } of sentences(t)) {
    const found = pattern.exec(english);
    if (found) {
      const args = Object.entries(found.groups ?? {}).map(([name, value]) => [
        name,
        messageOfSentence(value, t) ?? value.replaceAll(/[\u2066-\u2069]/g, ''),
      ]);
      return { key, args: Object.fromEntries(args) as NonNullable<Message['args']> };
    }
  }
  return undefined;
}
