// Reads a mail that came back, and says what it is. The order decides:
//
//   1. a feedback report: a complaint
//   2. a delivery status report: Action "failed" is a bounce, any other action a note. It comes before the marks of
//      automatic mail: Postfix marks its reports "Auto-Submitted: auto-replied"
//   3. mail to unsubscribe+token
//   4. returned mail in prose, or the warning of a server that goes on trying
//   5. automatic answers and challenges
//   6. anything else is none of these, and changes nothing
import {
  answerBodies,
  answerSubjects,
  challenges,
  returnBodies,
  returningName,
  returningSender,
  returnSubjects,
  warnings,
  type WordsRow,
} from './automatic-rows.js';
import { readComplaint } from './complaint.js';
import { readDeliveryStatus, type RecipientStatus } from './delivery-status.js';
import { fieldsOf } from './fields.js';
import type { JudgedReply } from './judge.js';
import { openMail, type OpenedMail } from './open-mail.js';
import { returnedWords, readProse } from './prose.js';

/** `note`: a delay, a late delivery or a report that is no complaint. `none`: nothing of the sort. */
export type FeedbackKind = JudgedReply['kind'] | 'auto' | 'complaint' | 'unsubscribe' | 'note' | 'none';

export interface ReadRecipient {
  /** Empty: the mail names none. */
  address: string;
  kind: FeedbackKind;
  status: string | null;
  code: number | null;
  /** The words of the server. */
  words: string;
}

export interface ReadMail {
  kind: FeedbackKind;
  recipients: readonly ReadRecipient[];
}

/** Characters of a server's words that are kept. */
const mostWords = 500;

export async function readMail(raw: Uint8Array): Promise<ReadMail & { mail: OpenedMail }> {
  const mail = await openMail(raw);
  return { ...readOpened(mail), mail };
}

function readOpened(mail: OpenedMail): ReadMail {
  const complaint = readComplaint(mail);
  if (complaint !== undefined) {
    const { as: kind, address = '' } = complaint;
    return { kind, recipients: [{ address, kind, status: null, code: null, words: tidy(mail.text) }] };
  }
  const reported = readReports(mail);
  if (reported !== undefined) return reported;
  if (isUnsubscribe(mail)) return { kind: 'unsubscribe', recipients: [] };
  if (isAnswer(mail)) return { kind: 'auto', recipients: [] };
  if (isReturned(mail)) return isWarning(mail) ? { kind: 'note', recipients: [] } : readReturned(mail);
  return { kind: 'none', recipients: [] };
}

const reportTypes = new Set([
  'message/delivery-status',
  'message/global-delivery-status',
  'text/delivery-status',
]);

const reportInText = /^Final-Recipient:[ \t]*[\w-]+[ \t]*;.{0,100}@(?:.*\n){1,12}?(?:Action|Status):/im;

function readReports(mail: OpenedMail): ReadMail | undefined {
  const parts = mail.parts.filter(({ type }) => reportTypes.has(type));
  // Without its boundary, the report stands in the text.
  const reports = parts.length === 0 && reportInText.test(mail.text) ? [{ text: mail.text }] : parts;
  const groups = reports.flatMap(({ text }) =>
    text.split(/\n[ \t]*\n/).map((group) => new Map(fieldsOf(group))),
  );
  const statuses = readDeliveryStatus(groups, isWarning(mail));
  const [first] = statuses;
  if (first === undefined) return undefined;
  const failed = statuses.filter(({ action }) => action === 'failed');
  if (failed.length === 0) return { kind: 'note', recipients: statuses.map(noteOf) };
  const recipients = failed.map((status) => explained(status, mail));
  return { kind: mostTelling(recipients), recipients };
}

const noteOf = ({ address, status, code, diagnostic }: RecipientStatus): ReadRecipient => ({
  address,
  kind: 'note',
  status: status ?? null,
  code: code ?? null,
  words: tidy(diagnostic),
});

/** A report whose fields say no more than "failed": the text for people may say more. */
function explained(reported: RecipientStatus, mail: OpenedMail): ReadRecipient {
  const { address, kind, status, code, diagnostic } = reported;
  const spoken = kind === 'unknown' ? proseAbout(mail, address) : undefined;
  return {
    address: address === '' ? (spoken?.address ?? '') : address,
    kind: spoken?.kind ?? kind,
    status: status ?? spoken?.status ?? null,
    code: code ?? spoken?.code ?? null,
    words: tidy(diagnostic === '' ? (spoken?.words ?? '') : diagnostic),
  };
}

function proseAbout(mail: OpenedMail, address: string): ReturnType<typeof readProse>[number] | undefined {
  const all = readProse(mail);
  return all.find((one) => one.address === address) ?? all[0];
}

function readReturned(mail: OpenedMail): ReadMail {
  const recipients = readProse(mail).map(({ address, kind, status, code, words }) => ({
    address,
    kind,
    status: status ?? null,
    code: code ?? null,
    words: tidy(words),
  }));
  return { kind: mostTelling(recipients), recipients };
}

/** Our mails have one recipient. Of several, the first with a known kind speaks for the mail. */
function mostTelling(recipients: readonly ReadRecipient[]): FeedbackKind {
  return (recipients.find(({ kind }) => kind !== 'unknown') ?? recipients[0])?.kind ?? 'unknown';
}

const isIn = (rows: readonly WordsRow[], text: string): boolean =>
  rows.some(({ pattern }) => pattern.test(text));

function isUnsubscribe(mail: OpenedMail): boolean {
  return ['delivered-to', 'x-original-to', 'envelope-to', 'to'].some((name) =>
    mail.headers(name).some((value) => /(?:^|[<\s,"])unsubscribe[+=-][\w-]+@/i.test(value)),
  );
}

/** An answer of a program (RFC 3834 section 5), and no returned mail. */
function isAnswer(mail: OpenedMail): boolean {
  const { subject, from, text } = mail;
  if (mail.header('x-failed-recipients') !== undefined) return false;
  if (isIn(answerSubjects, subject) || isIn(challenges, subject)) return !isIn(returnSubjects, subject);
  const isProgram = returningSender.test(from);
  if (isProgram && (isIn(returnSubjects, subject) || isIn(returnBodies, returnedWords(text)))) return false;
  if (isIn(returnSubjects, subject) && isIn(returnBodies, returnedWords(text))) return false;
  return (
    saysAutomatic(mail) || isIn(challenges, text.slice(0, 4_000)) || isIn(answerBodies, text.slice(0, 1_000))
  );
}

function saysAutomatic(mail: OpenedMail): boolean {
  const names = [
    'x-autoreply',
    'x-autorespond',
    'x-auto-response',
    'x-autogenerated',
    'x-vacation',
    'x-mail-autoreply',
    'x-autoreply-from',
    'x-ms-exchange-inbox-rules-loop',
  ];
  return (
    /auto[-_](?:replied|generated|notified)/i.test(mail.header('auto-submitted') ?? '') ||
    /auto[-_]reply|autoreply/i.test(mail.header('precedence') ?? '') ||
    names.some((name) => mail.header(name) !== undefined)
  );
}

/** A program returned it, to judge by its sender, subject and words. */
function isReturned(mail: OpenedMail): boolean {
  const { subject, from, text } = mail;
  if (mail.header('x-failed-recipients') !== undefined) return true;
  const signs = [
    returningSender.test(from) ||
      returningName.test(mail.header('from') ?? '') ||
      mail.header('return-path') === '<>',
    isIn(returnSubjects, subject),
    isIn(returnBodies, returnedWords(text)),
    mail.parts.some(({ type }) => type === 'message/rfc822' || type === 'text/rfc822-headers'),
    /report-type="?delivery-status/i.test(mail.header('content-type') ?? ''),
  ];
  return signs.filter(Boolean).length >= 2;
}

function isWarning({ subject, text }: OpenedMail): boolean {
  return isIn(warnings, subject) || isIn(warnings, returnedWords(text));
}

/** One line, as the pages show it. */
function tidy(words: string): string {
  return words
    .replaceAll(/[\x00-\x1f\x7f\s]+/g, ' ')
    .trim()
    .slice(0, mostWords);
}
