// Mails that come back without a delivery status report, each in the form of one server, written for these tests.
import { daemonHeaders, returnedCopy, toUs, type Sample } from './sample-mail.js';

export const letters: readonly Sample[] = [
  {
    name: 'qmail, unknown user',
    kind: 'hard',
    address: 'ada@example.net',
    mail: `${daemonHeaders('failure notice')}
Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ada@example.net>:
192.0.2.1 does not like recipient.
Remote host said: 550 No such user here
Giving up on 192.0.2.1.

--- Below this line is a copy of the message.

${returnedCopy}`,
  },
  {
    name: 'qmail, local',
    kind: 'hard',
    status: '5.1.1',
    mail: `${daemonHeaders('failure notice')}
Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.

<ada@example.net>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

${returnedCopy}`,
  },
  {
    name: 'qmail, over quota',
    kind: 'full',
    mail: `${daemonHeaders('failure notice')}
Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.

<ada@example.net>:
user is over quota. (#5.1.1)

--- Below this line is a copy of the message.

${returnedCopy}`,
  },
  {
    name: 'qmail, a host that answers no more',
    kind: 'unavailable',
    mail: `${daemonHeaders('failure notice')}
Hi. This is the qmail-send program at mx.example.net.

<ada@example.net>:
Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)
I'm not going to try again; this message has been in the queue too long.

--- Below this line is a copy of the message.

${returnedCopy}`,
  },
  {
    name: 'Exim, unknown user',
    kind: 'hard',
    address: 'ada@example.net',
    code: 550,
    mail: `${daemonHeaders('Mail delivery failed: returning message to sender')}X-Failed-Recipients: ada@example.net
Auto-Submitted: auto-replied

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ada@example.net
    SMTP error from remote mail server after RCPT TO:<ada@example.net>:
    host mx.example.net [192.0.2.1]: 550 Unknown user

------ This is a copy of the message, including all the headers. ------

${returnedCopy}`,
  },
  {
    name: 'Exim, the domain does not exist',
    kind: 'hard',
    mail: `${daemonHeaders('Mail delivery failed: returning message to sender')}X-Failed-Recipients: ada@nowhere.example

This message was created automatically by mail delivery software.

A message that you sent could not be delivered. The following address(es) failed:

  ada@nowhere.example
    Unrouteable address

------ This is a copy of the message, including all the headers. ------

${returnedCopy}`,
  },
  {
    name: 'Exim, a long time',
    kind: 'unavailable',
    mail: `${daemonHeaders('Mail delivery failed: returning message to sender')}X-Failed-Recipients: ada@example.net

This message was created automatically by mail delivery software.

A message that you sent could not be delivered. The following address(es) failed:

  ada@example.net
    retry timeout exceeded

------ This is a copy of the message, including all the headers. ------

${returnedCopy}`,
  },
  {
    name: 'Exim, the message was refused',
    kind: 'content',
    mail: `${daemonHeaders('Mail delivery failed: returning message to sender')}X-Failed-Recipients: ada@example.net

A message that you sent could not be delivered. The following address(es) failed:

  ada@example.net
    host mx.example.net [192.0.2.1]
    SMTP error from remote mail server after end of data:
    550 This message was classified as SPAM and may not be delivered

------ This is a copy of the message, including all the headers. ------

${returnedCopy}`,
  },
  {
    name: 'Exim, a warning',
    kind: 'note',
    mail: `${daemonHeaders('Warning: message 1abc-000 delayed 24 hours')}Auto-Submitted: auto-replied

This message was created automatically by mail delivery software.
A message that you sent has not yet been delivered to one or more of its recipients after more than 24 hours.

  ada@example.net
    host not found, no such user

No action is required on your part. Delivery attempts will continue for some time.
`,
  },
  {
    name: 'Exchange 2003',
    kind: 'hard',
    mail: `${daemonHeaders('Undeliverable: Your Daily Digest', 'postmaster@example.net')}
Your message

  To:      ada@example.net
  Subject: Your Daily Digest
  Sent:    Fri, 20 Nov 2026 07:00:00 +0000

did not reach the following recipient(s):

ada@example.net on Fri, 20 Nov 2026 07:00:01 +0000
    The e-mail account does not exist at the organization this message was sent to.
    Check the e-mail address, or contact the recipient directly to find out the correct address.
    <mx.example.net #5.1.1>
`,
  },
  {
    name: 'Gmail in prose',
    kind: 'hard',
    mail: `${daemonHeaders('Delivery Status Notification (Failure)', 'mailer-daemon@googlemail.com')}
Delivery to the following recipient failed permanently:

     ada@example.net

Technical details of permanent failure:
Google tried to deliver your message, but it was rejected by the recipient domain. The error that the other server returned was: 550 550 5.1.1 <ada@example.net>: Recipient address rejected: User unknown (state 14).

----- Original message -----

${returnedCopy}`,
  },
  {
    name: 'Yahoo, disabled',
    kind: 'unavailable',
    mail: `${daemonHeaders('Failure Notice', 'MAILER-DAEMON@yahoo.com')}
Sorry, we were unable to deliver your message to the following address.

<ada@example.net>:
Remote host said:
554 delivery error: dd This user doesn't have an example.net account (ada@example.net) [-9] - mailbox disabled
[RCPT_TO]

--- Below this line is a copy of the message.

${returnedCopy}`,
  },
  {
    name: 'GMX',
    kind: 'hard',
    mail: `${daemonHeaders('Mail delivery failed: returning message to sender', 'mailer-daemon@gmx.net')}
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its recipients. The following addresses failed:

"<ada@example.net>"
SMTP error from remote server after RCPT command:
host: mx.example.net
5.1.1 unknown address

--- The header of the original message is following. ---

${returnedCopy}`,
  },
  {
    name: '1&1 in German',
    kind: 'full',
    mail: `${daemonHeaders('Unzustellbar: Ihre Nachricht')}
Ihre Nachricht konnte nicht zugestellt werden.

ada@example.net:
Postfach des Empfängers ist voll

${returnedCopy}`,
  },
  {
    name: 'Domino',
    kind: 'hard',
    mail: `${daemonHeaders('DELIVERY FAILURE: User ada (ada@example.net) not listed in Domino Directory', 'postmaster@example.net')}
Your message

  Subject: Your Daily Digest

was not delivered to:

  ada@example.net

because:

  User ada (ada@example.net) not listed in Domino Directory
`,
  },
  {
    name: 'Courier',
    kind: 'hard',
    mail: `${daemonHeaders('NOTICE: mail delivery status.', 'courier@mx.example.net')}
This is a delivery status notification from mx.example.net, running the Courier mail server.

UNDELIVERABLE MAIL

Your message to the following recipients cannot be delivered:

<ada@example.net>:
    mx.example.net [192.0.2.1]:
>>> RCPT TO:<ada@example.net>
<<< 550 5.1.1 unknown user
`,
  },
  {
    name: 'OpenSMTPD',
    kind: 'hard',
    mail: `${daemonHeaders('Delivery status notification: error')}
    Hi!

    This is the MAILER-DAEMON, please DO NOT REPLY to this email.

    An error has occurred while attempting to deliver a message for
    the following list of recipients:

ada@example.net: 550 Invalid recipient

    Below is a copy of the original message:

${returnedCopy}`,
  },
  {
    name: 'IMail',
    kind: 'hard',
    mail: `${daemonHeaders('Undeliverable Mail', 'postmaster@example.net')}X-Mailer: <SMTP32 v8.22>

Unknown user: ada@example.net

Original message follows.

${returnedCopy}`,
  },
  {
    name: 'MailMarshal, a blocklist',
    kind: 'policy',
    mail: `${daemonHeaders('Undeliverable Mail', 'postmaster@example.net')}
Your message could not be delivered because of

554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using zen.spamhaus.org

The following recipients were affected:
    ada@example.net
`,
  },
  {
    name: 'an automatic reply of Exchange',
    kind: 'auto',
    mail: `From: Ada <ada@example.net>\nSubject: Automatic reply: Your Daily Digest\n${toUs}Auto-Submitted: auto-replied\nX-Auto-Response-Suppress: All\n\nI no longer work here. My mailbox does not exist any more. Mail could not be delivered.\n`,
  },
  {
    name: 'an answer without marks',
    kind: 'auto',
    mail: `From: Ada <ada@example.net>\nSubject: Re: Your Daily Digest\n${toUs}\nHello,\nI am out of the office until Monday and will reply when I am back.\n`,
  },
  {
    name: 'an answer in Portuguese',
    kind: 'auto',
    mail: `From: Ada <ada@example.net>\nSubject: =?utf-8?Q?Resposta_autom=C3=A1tica:_Your_Daily_Digest?=\n${toUs}\nEstou de f=C3=A9rias.\n`,
  },
  {
    name: 'a challenge',
    kind: 'auto',
    mail: `From: Boxbe <notify@boxbe.com>\nSubject: Your message to ada@example.net awaiting verification\n${toUs}\nThis user uses Boxbe to protect their inbox. Please confirm your message.\n`,
  },
  {
    name: 'an unsubscribe mail of Apple: no subject, no text',
    kind: 'unsubscribe',
    mail: `From: Ada <ada@example.net>\nTo: unsubscribe+token@bounces.example.org\nMessage-ID: <2@example.net>\n\n`,
  },
  {
    name: 'a complaint (RFC 5965)',
    kind: 'complaint',
    address: 'ada@example.net',
    mail: `From: <abusedesk@example.net>\nSubject: FW: Your Daily Digest\n${toUs}MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b1"

--b1
Content-Type: text/plain

This is an email abuse report for an email message received from IP 192.0.2.9.

--b1
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <ada@example.net>

--b1
Content-Type: text/rfc822-headers

${returnedCopy.split('\n\n')[0] ?? ''}

--b1--
`,
  },
  {
    name: 'a complaint of Microsoft: headers only, the recipient redacted',
    kind: 'complaint',
    mail: `From: <staff@hotmail.com>\nSubject: complaint about message from 192.0.2.9\n${toUs}MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b1"

--b1
Content-Type: message/rfc822

X-HmXmrOriginalRecipient: <redacted>
Return-Path: <bounces+token@bounces.example.org>
From: Digest <digest@example.org>
Message-ID: <dd.1.2.00000000000000000000@example.org>

--b1--
`,
  },
  {
    name: 'a report that mail is no spam',
    kind: 'note',
    mail: `From: <abusedesk@example.net>\nSubject: not spam\n${toUs}MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b1"

--b1
Content-Type: message/feedback-report

Feedback-Type: not-spam
Version: 1

--b1--
`,
  },
  {
    name: 'a letter of a reader',
    kind: 'none',
    mail: `From: Ada <ada@example.net>\nSubject: Re: Your Daily Digest\n${toUs}\nThank you, I liked the second post. Spam is delicious.\n`,
  },
];
