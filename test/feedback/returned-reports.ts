// Delivery status reports (RFC 3464), each in the form of one server, written for these tests.
import { report, type Sample } from './sample-mail.js';

export const reports: readonly Sample[] = [
  {
    name: 'Postfix, unknown user',
    kind: 'hard',
    address: 'ada@example.net',
    status: '5.1.1',
    code: 550,
    mail: report(
      '<ada@example.net>: host mx.example.net[192.0.2.1] said: 550 5.1.1 <ada@example.net>: Recipient address\n    rejected: User unknown in virtual mailbox table (in reply to RCPT TO command)',
      'Final-Recipient: rfc822; ada@example.net\nOriginal-Recipient: rfc822;ada@example.net\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.example.net\nDiagnostic-Code: smtp; 550 5.1.1 <ada@example.net>: Recipient address rejected: User\n    unknown in virtual mailbox table',
    ),
  },
  {
    name: 'Postfix, full',
    kind: 'full',
    mail: report(
      '<ada@example.net>: host said: 552 5.2.2 Quota exceeded',
      'Final-Recipient: rfc822; ada@example.net\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 <ada@example.net>: Quota exceeded (mailbox for\n    user is full)',
    ),
  },
  {
    name: 'Postfix, the domain does not exist',
    kind: 'hard',
    mail: report(
      '<ada@nowhere.example>: Host or domain name not found. Name service error for\n    name=nowhere.example type=AAAA: Host not found',
      'Final-Recipient: rfc822; ada@nowhere.example\nAction: failed\nStatus: 5.4.4\nDiagnostic-Code: X-Postfix; Host or domain name not found. Name service error for\n    name=nowhere.example type=AAAA: Host not found',
    ),
  },
  {
    name: 'Postfix, expired',
    kind: 'unavailable',
    mail: report(
      '<ada@example.net>: connect to mx.example.net[192.0.2.1]:25: Connection timed out',
      'Final-Recipient: rfc822; ada@example.net\nAction: failed\nStatus: 4.4.1\nDiagnostic-Code: X-Postfix; connect to mx.example.net[192.0.2.1]:25: Connection\n    timed out',
    ),
  },
  {
    name: 'Postfix, a delay',
    kind: 'note',
    mail: report(
      'THIS IS A WARNING ONLY. YOU DO NOT NEED TO RESEND YOUR MESSAGE.',
      'Final-Recipient: rfc822; ada@example.net\nAction: delayed\nStatus: 4.1.1\nDiagnostic-Code: smtp; 450 4.1.1 User unknown, unverified address',
      'Delayed Mail (still being retried)',
    ),
  },
  {
    name: 'a report of a late delivery',
    kind: 'note',
    mail: report(
      'Your message was successfully delivered.',
      'Final-Recipient: rfc822; ada@example.net\nAction: delivered\nStatus: 2.0.0',
      'Successful Mail Delivery Report',
    ),
  },
  {
    name: 'a report with a general status and telling words',
    kind: 'hard',
    status: '5.1.1',
    mail: report(
      'failed',
      'Final-Recipient: rfc822; ada@example.net\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.1.1 unknown',
    ),
  },
  {
    name: 'a report with a hard status, refused for spam',
    kind: 'content',
    mail: report(
      'failed',
      'Final-Recipient: rfc822; ada@example.net\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.7.1 Message rejected as spam',
    ),
  },
  {
    name: 'Microsoft 365, denied',
    kind: 'unavailable',
    mail: report(
      "Your message to ada@example.net couldn't be delivered.",
      'Final-Recipient: rfc822;ada@example.net\nAction: failed\nStatus: 5.4.1\nDiagnostic-Code: smtp;550 5.4.1 Recipient address rejected: Access denied. AS(201806281)',
      'Undeliverable: Your Daily Digest',
    ),
  },
  {
    name: 'Microsoft 365, unknown',
    kind: 'hard',
    mail: report(
      "Your message to ada@example.net couldn't be delivered.\nada wasn't found at example.net.",
      'Final-Recipient: rfc822;ada@example.net\nAction: failed\nStatus: 5.1.10\nDiagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ada@example.net not found by SMTP address lookup',
      'Undeliverable: Your Daily Digest',
    ),
  },
  {
    name: 'Sendmail, without a diagnostic',
    kind: 'hard',
    mail: report(
      '   ----- The following addresses had permanent fatal errors -----\n<ada@example.net>\n    (reason: 550 5.1.1 <ada@example.net>... User unknown)\n\n   ----- Transcript of session follows -----\n... while talking to mx.example.net.:\n>>> DATA\n<<< 550 5.1.1 <ada@example.net>... User unknown\n550 5.1.1 <ada@example.net>... User unknown\n<<< 503 5.0.0 Need RCPT (recipient)',
      'Final-Recipient: RFC822; ada@example.net\nAction: failed\nStatus: 5.1.1\nRemote-MTA: DNS; mx.example.net',
    ),
  },
  {
    name: 'a sender that is not allowed',
    kind: 'policy',
    mail: report(
      'failed',
      'Final-Recipient: rfc822; ada@example.net\nAction: failed\nStatus: 5.1.0\nDiagnostic-Code: smtp; 550 5.1.0 <digest@example.org> sender rejected',
    ),
  },
  {
    name: 'Orange, spam',
    kind: 'content',
    mail: report(
      'failed',
      'Final-Recipient: rfc822; ada@orange.fr\nAction: failed\nStatus: 5.2.0\nDiagnostic-Code: smtp; 550 5.2.0 Mail rejete. Mail rejected. ofr_506 [506]',
    ),
  },
];
