// What a reply of a mail server means, and whom it is about: one function for SMTP replies, returned mail
// (src/feedback) and webhooks. Pure.
//
//   1. replies that ask for less mail (throttle-replies.ts)
//   2. replies before a reader is named: they are about the relay or this sender
//   3. the wordings of real servers (reply-rows.ts)
//   4. the status code of RFC 3463 inside the text
//   5. unknown: such a reply never suppresses a reader
import type { About, ReplyKind, ReplyRow } from './reply-row.js';
import { replyRows } from './reply-rows.js';
import { throttledBy } from './throttle-replies.js';

export interface Reply {
  code: number;
  /** The whole text, with the code. */
  reply: string;
  /** The command that it answers: a stage of outcome.ts. */
  stage: string;
  /** The Status field of a report. It counts where the text has no status, or a general one. */
  status?: string | undefined;
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
/**
 * 550 and 553 refuse a mailbox (RFC 5321 section 4.2.2); some servers say 501, 551 or 554 with the same status,
 * and 556 names a domain without mail.
 */
const refusesMailbox = new Set([501, 550, 551, 553, 554, 556]);

/** Codes that tell no more than "failed": the words decide. */
const generalStatus = /^[45]\.(?:0\.0|1\.0|3\.0|4\.0|5\.\d)$/;
/** Codes about the destination's host. */
const hostStatus = /^[45]\.4\.\d{1,3}$/;

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

/** A status that tells something comes first, in the text or else in the report's field. */
function statusOf({ reply, status }: Reply): string | undefined {
  const said = statusCodeIn(reply);
  if (status === undefined || status[0] !== reply[0]) return said;
  return said === undefined || (generalStatus.test(said) && !generalStatus.test(status)) ? status : said;
}

/**
 * The words of a reply for the patterns: without the code at the start of each line, and without addresses,
 * which may hold any word ("junk@example.org").
 */
function wordsOf(reply: string): string {
  return reply
    .replaceAll(/(?:^|\s)[245]\d\d[ -](?:[245]\.\d{1,3}\.\d{1,3}\s)?/g, ' ')
    .replaceAll(/<[^>]*>|(?<!\S)[^\s@]*@\S*/g, '<>')
    .replaceAll(/\b\d{1,3}(?:\.\d{1,3}){3}\b/g, '')
    .trim();
}

/** Equal for replies that differ only in addresses and numbers. */
export function wordingOf(reply: string): string {
  return `${reply.slice(0, 3)} ${statusCodeIn(reply) ?? ''} ${wordsOf(reply).replaceAll(/\S*\d\S*/g, '#')}`.toLowerCase();
}

/** The row may decide about such a reply, whatever its words. */
function applies({ family, about, where, notAfterData }: ReplyRow, said: Reply, status = ''): boolean {
  if (family !== undefined && family !== Math.floor(said.code / 100)) return false;
  if (mailboxStatus.test(status) && (about === 'relay' || about === 'sender')) return false;
  if (notAfterData === true && said.stage === 'message') return false;
  if (where === undefined || status === '' || generalStatus.test(status)) return true;
  return where === 'host' && hostStatus.test(status);
}

/** Classifies a reply with a code of 4xx or 5xx. */
export function classify(said: Reply): Verdict {
  const { code, reply, stage } = said;
  const status = statusOf(said);
  const verdict = (kind: ReplyKind, about: About, because: string) => ({ kind, about, status, because });

  const throttled = throttledBy(said);
  if (throttled !== undefined)
    return verdict('throttled', throttled === 'domain' ? 'provider' : 'relay', 'it asks for less mail');
  const early = beforeReader(said);
  const text = `${status ?? ''} ${wordsOf(reply)}`;
  const row = replyRows.find((one) => applies(one, said, status) && one.pattern.test(text));
  if (early !== undefined) {
    // The size is announced at MAIL (RFC 1870 section 3): the relay refuses this message, and no sender.
    if (stage === 'mail' && row?.kind === 'size') return verdict('size', 'message', row.origin);
    return verdict(row?.about === 'reader' ? 'unknown' : (row?.kind ?? early.kind), 'relay', early.because);
  }
  if (row !== undefined) return verdict(row.kind, row.about, row.origin);
  return { status, ...byStatus(code, status) };
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

function byStatus(code: number, status: string | undefined): Omit<Verdict, 'status'> {
  if (code < 500) return { kind: 'unavailable', about: 'reader', because: 'RFC 5321 section 4.2.1: 4xx' };
  if (status === undefined)
    return { kind: 'unknown', about: 'reader', because: 'no status code, and no known wording' };
  if (hardStatus.test(status) && refusesMailbox.has(code))
    return { kind: 'hard', about: 'reader', because: `RFC 3463: ${status}` };
  if (status.startsWith('5.7.')) return { kind: 'policy', about: 'message', because: `RFC 3463: ${status}` };
  return { kind: 'unknown', about: 'reader', because: `no rule for ${status}` };
}
