// What a reply of a mail server means, and whom it is about. SMTP replies are classified here today, and
// returned mail can be. Pure.
//
//   1. replies that ask for less mail (throttle-replies.ts)
//   2. replies before a reader is named: they are about the relay or this sender
//   3. the wordings of real servers (reply-rows.ts)
//   4. the status code of RFC 3463 inside the text
//   5. unknown: such a reply never suppresses a reader
import { noSuchMailbox, replyRows, type About, type ReplyKind } from './reply-rows.js';
import { throttledBy } from './throttle-replies.js';

export interface Reply {
  code: number;
  /** The whole text, with the code. */
  reply: string;
  /** The command that it answers: a stage of outcome.ts. */
  stage: string;
}

export interface Verdict {
  kind: ReplyKind;
  about: About;
  /** "5.1.1" of RFC 3463, if the text has one. */
  status: string | undefined;
  /** The rule or the source of the wording that decided. */
  because: string;
}

/** The codes that say "this address does not exist": 5.1.1, 5.1.2, 5.1.3, 5.1.6, 5.1.10 (RFC 3463, RFC 7505). */
const hardStatus = /^5\.1\.(?:1|2|3|6|10)$/;
/** 550 and 553 refuse a mailbox (RFC 5321 section 4.2.2); some servers say 551 or 554 with the same status. */
const refusesMailbox = new Set([550, 551, 553, 554]);

/** X.2.1 to X.2.4 of RFC 3463 speak of one mailbox, whatever the words say of limits. */
const mailboxStatus = /^[45]\.2\.[1-4]$/;

/**
 * The status code of RFC 3463: after the reply's code, or else the first in the text of the same class. Not a
 * part of an IP address or of a version.
 */
function statusCodeIn(reply: string): string | undefined {
  const [first = ''] = reply;
  const codes = [...reply.matchAll(/(?<![\w.])#?([245]\.\d{1,3}\.\d{1,3})(?![\w]|\.\d)/g)].flatMap(
    ([, code]) => code ?? [],
  );
  return codes.find((code) => code.startsWith(first));
}

/**
 * The words of a reply for the patterns: without the code at the start of each line, and without addresses,
 * which may hold any word ("junk@example.org").
 */
function wordsOf(reply: string): string {
  return reply
    .replaceAll(/(?:^|\s)[245]\d\d[ -](?:[245]\.\d{1,3}\.\d{1,3}\s)?/g, ' ')
    .replaceAll(/<[^>]*>|\S+@\S+/g, '<>')
    .replaceAll(/\b\d{1,3}(?:\.\d{1,3}){3}\b/g, '')
    .trim();
}

/** Equal for replies that differ only in addresses and numbers. */
export function wordingOf(reply: string): string {
  return `${reply.slice(0, 3)} ${statusCodeIn(reply) ?? ''} ${wordsOf(reply).replaceAll(/\S*\d\S*/g, '#')}`.toLowerCase();
}

/** Classifies a reply with a code of 4xx or 5xx. */
export function classify(said: Reply): Verdict {
  const { code, reply, stage } = said;
  const status = statusCodeIn(reply);
  const verdict = (kind: ReplyKind, about: About, because: string) => ({ kind, about, status, because });

  const throttled = throttledBy(said);
  if (throttled !== undefined)
    return verdict('throttled', throttled === 'domain' ? 'provider' : 'relay', 'it asks for less mail');
  const early = beforeReader(said);
  const text = `${status ?? ''} ${wordsOf(reply)}`;
  const ofMailbox = mailboxStatus.test(status ?? '');
  const row = replyRows.find(
    ({ family, about, pattern }) =>
      (family === undefined || family === Math.floor(code / 100)) &&
      !(ofMailbox && (about === 'relay' || about === 'sender')) &&
      pattern.test(text),
  );
  if (early !== undefined) {
    // The size is announced at MAIL (RFC 1870 section 3): the relay refuses this message, and no sender.
    if (stage === 'mail' && row?.kind === 'size') return verdict('size', 'message', row.origin);
    return verdict(row?.about === 'reader' ? 'unknown' : (row?.kind ?? early.kind), 'relay', early.because);
  }
  if (row !== undefined) return verdict(row.kind, row.about, row.origin);
  return { status, ...byStatus(code, status, reply) };
}

/** A reply that names no reader: to the greeting, AUTH or MAIL, or one that ends the connection. */
function beforeReader({ code, stage }: Reply): { kind: ReplyKind; because: string } | undefined {
  if (stage === 'auth' || code === 530 || code === 535)
    return { kind: 'auth', because: 'RFC 4954: it asks for a sign-in' };
  // 421: "service not available, closing transmission channel". It may come at any stage.
  if (code === 421)
    return { kind: 'unavailable', because: 'RFC 5321 section 3.8: the relay ends its service' };
  if (stage === 'connect' || stage === 'mail')
    return { kind: 'unknown', because: 'it precedes RCPT: no reader is named yet' };
  return undefined;
}

function byStatus(code: number, status: string | undefined, reply: string): Omit<Verdict, 'status'> {
  if (code < 500) return { kind: 'unavailable', about: 'reader', because: 'RFC 5321 section 4.2.1: 4xx' };
  if (status === undefined)
    return refusesMailbox.has(code) && noSuchMailbox.pattern.test(wordsOf(reply))
      ? { kind: 'hard', about: 'reader', because: noSuchMailbox.origin }
      : { kind: 'unknown', about: 'reader', because: 'no status code, and no known wording' };
  if (hardStatus.test(status) && refusesMailbox.has(code))
    return { kind: 'hard', about: 'reader', because: `RFC 3463: ${status}` };
  if (status.startsWith('5.7.')) return { kind: 'policy', about: 'message', because: `RFC 3463: ${status}` };
  return { kind: 'unknown', about: 'reader', because: `no rule for ${status}` };
}
