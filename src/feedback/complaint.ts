// Reads complaints: feedback reports (RFC 5965) and Microsoft's form, which quotes headers only. Pure.
import { fieldsOf } from './fields.js';
import type { OpenedMail } from './open-mail.js';

/** What a provider reports: a complaint, or something that is no complaint of a reader. */
export type ReportedAs = 'complaint' | 'note';

/** Feedback types that say nothing against the mail (RFC 5965 section 7.3, RFC 6591 section 3.1). */
const notComplaints = new Set(['not-spam', 'auth-failure', 'dmarc', 'delivered', 'unsubscribe-success']);

/** Microsoft's Junk Mail Reporting Program: its sender, its subject, and the header that it adds. */
const microsoftSubject = /^complaint about message from/i;
const microsoftHeader = /^x-hmxmroriginalrecipient:/im;

export interface Complaint {
  as: ReportedAs;
  /** The reader, unless the provider has redacted the address. */
  address: string | undefined;
}

/** Undefined: the mail is no complaint. */
export function readComplaint(mail: OpenedMail): Complaint | undefined {
  const report = mail.parts.find(({ type }) => type === 'message/feedback-report');
  if (report === undefined && !isOfMicrosoft(mail)) return undefined;
  const fields = new Map(fieldsOf(report?.text ?? ''));
  const type = (fields.get('feedback-type') ?? 'abuse').toLowerCase();
  const original = new Map(mail.parts.flatMap((part) => fieldsOf(headersOf(part.text))));
  const named =
    fields.get('original-rcpt-to') ?? original.get('x-hmxmroriginalrecipient') ?? original.get('to') ?? '';
  return {
    as: notComplaints.has(type) ? 'note' : 'complaint',
    address: /[^\s<>()"']+@[^\s<>()"',;]+/.exec(named)?.[0].toLowerCase(),
  };
}

function isOfMicrosoft({ from, subject, parts }: OpenedMail): boolean {
  if (parts.some(({ text }) => microsoftHeader.test(headersOf(text)))) return true;
  return (
    microsoftSubject.test(subject.trim()) &&
    /@(?:[\w-]+\.)*(?:hotmail|outlook|microsoft|live)\.com$/.test(from)
  );
}

const headersOf = (text: string): string => text.split(/\r?\n\r?\n/, 1)[0] ?? '';
