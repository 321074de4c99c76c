// The frame of the mails that come back in these tests.
import type { FeedbackKind } from '../../src/feedback/read-mail.js';

export interface Sample {
  name: string;
  kind: FeedbackKind;
  address?: string;
  status?: string;
  code?: number;
  mail: string;
}

export const toUs =
  'To: bounces+token@bounces.example.org\nDate: Fri, 20 Nov 2026 07:00:00 +0000\nMessage-ID: <1@mx.example.net>\n';
export const daemonHeaders = (subject: string, name = 'MAILER-DAEMON@mx.example.net') =>
  `Return-Path: <>\nFrom: Mail Delivery System <${name}>\nSubject: ${subject}\n${toUs}`;
export const returnedCopy =
  'Received: from relay.example.org by mx.example.net\nFrom: Digest <digest@example.org>\nTo: ada@example.net\nSubject: Your Daily Digest\n\nNo such user is in this text. spam\n';

/** A report of RFC 3464 with this text, and these fields of one recipient. */
export function report(
  text: string,
  fields: string,
  subject = 'Undelivered Mail Returned to Sender',
): string {
  return `${daemonHeaders(subject)}Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

This is a MIME-encapsulated message.

--b1
Content-Type: text/plain; charset=us-ascii

${text}

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
Arrival-Date: Fri, 20 Nov 2026 06:59:00 +0000

${fields}

--b1
Content-Type: message/rfc822

${returnedCopy}
--b1--
`;
}

/** A report of RFC 5965. */
export function complaint(type = 'abuse'): string {
  return `From: <abusedesk@example.net>\nSubject: FW\nMIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b1"

--b1
Content-Type: message/feedback-report

Feedback-Type: ${type}
Version: 1

--b1--
`;
}
