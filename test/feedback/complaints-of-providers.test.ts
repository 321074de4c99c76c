// The complaints of providers as each sends them: most name no recipient, and some quote the headers alone. Each
// finds the delivery, by a token of ours.
import { messageId, openLinks } from '../../src/delivery/message.js';
import { condense } from '../../src/feedback/condense.js';
import { findOrigin, originKeys } from '../../src/feedback/find-origin.js';
import { readMail } from '../../src/feedback/read-mail.js';
import { envelopeSender, type MailOrigin } from '../../src/mail/verp.js';
import { openSecrets } from '../../src/secrets.js';

const secrets = openSecrets('a key of the tests, thirty-two characters');
const delivery: MailOrigin = { kind: 'delivery', issueId: '12', subscriberId: '345' };
const verp = envelopeSender(secrets.derive('verp'), delivery, 'bounces.example.org');
const id = messageId(openLinks(secrets, 'https://digest.example.org'), '12', '345', 'example.org');

/** Our headers, as providers quote them. */
const headers = ({ to = 'redacted@redacted.invalid', returnPath = '' } = {}) =>
  `${returnPath === '' ? '' : `Return-Path: <${returnPath}>\n`}Received: from mail.example.org (mail.example.org [192.0.2.9])
	by mx.provider.example with ESMTPS id 4x; Fri, 20 Nov 2026 07:00:00 +0000
From: The Daily Digest <digest@example.org>
To: ${to}
Subject: Your Daily Digest
Message-ID:
 ${id}
Feedback-ID: i12:n3:digest:dailydigest
`;
const message = (over?: Parameters<typeof headers>[0]) =>
  `${headers(over)}Content-Type: text/plain\n\nGood morning.\n`;
const wrapped = (text: string) => Buffer.from(text).toString('base64').replaceAll(/.{76}/g, '$&\n');

interface Arf {
  from: string;
  fields: string;
  quoted: string;
  type?: string;
  to?: string;
}

const arf = ({ from, fields, quoted, type = 'message/rfc822', to = 'fbl@bounces.example.org' }: Arf) =>
  `From: ${from}
To: ${to}
Subject: [FBL] Your Daily Digest
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report;
	boundary="=_b1"

--=_b1
Content-Type: text/plain; charset="US-ASCII"
Content-Transfer-Encoding: 7bit

This is an email abuse report for an email message received from 192.0.2.9.

--=_b1
Content-Type: message/feedback-report

Feedback-Type: abuse
Version: 1
${fields}
--=_b1
Content-Type: ${type}
Content-Disposition: inline

${quoted}
--=_b1--
`;

const microsoft = (inside: string) =>
  `From: staff@hotmail.com
To: fbl@bounces.example.org
Subject: complaint about message from 192.0.2.9
MIME-Version: 1.0
${inside}`;

const reports: [string, string, string | undefined][] = [
  [
    'Yahoo: the whole message, the recipient named',
    arf({
      from: 'Yahoo! Mail AntiSpam Feedback <feedback@arf.mail.yahoo.com>',
      fields: `User-Agent: Yahoo!-Mail-Feedback/2.0
Original-Mail-From: <${verp}>
Original-Rcpt-To: Ada@yahoo.com
Received-Date: Fri, 20 Nov 2026 07:00:01 +0000
Reported-Domain: example.org
Authentication-Results: mta.yahoo.com from=example.org; dkim=pass (ok)
`,
      quoted: message({ to: 'Ada <ada@yahoo.com>' }),
    }),
    'ada@yahoo.com',
  ],
  [
    'Yahoo: the report without the sender, only our Message-ID',
    arf({
      from: 'feedback@arf.mail.yahoo.com',
      fields: 'User-Agent: Yahoo!-Mail-Feedback/2.0\nReported-Domain: example.org\n',
      quoted: message(),
    }),
    'redacted@redacted.invalid',
  ],
  [
    'Comcast: the recipient redacted',
    arf({
      from: 'Comcast Feedback Loop <feedbackloop@comcastfbl.senderscore.net>',
      fields: `User-Agent: ReturnPathFBL/1.0
Abuse-Type: complaint
Arrival-Date: Fri, 20 Nov 2026 07:00:01 +0000
Source-IP: 192.0.2.9
Original-Mail-From: ${verp}
Original-Rcpt-To: [redacted]
`,
      quoted: message({ to: '[redacted]' }),
    }),
    undefined,
  ],
  [
    'Fastmail: headers alone, as text/rfc822-headers',
    arf({
      from: 'Fastmail Feedback Loop <fbl@fastmail.example>',
      fields: 'User-Agent: Fastmail/1.0\nSource-IP: 192.0.2.9\n',
      type: 'text/rfc822-headers',
      quoted: headers({ returnPath: verp }),
    }),
    'redacted@redacted.invalid',
  ],
  [
    'Microsoft: the message attached, the recipient redacted',
    microsoft(`Content-Type: multipart/mixed; boundary="b2"

--b2
Content-Type: message/rfc822
Content-Disposition: attachment

X-HmXmrOriginalRecipient: <redacted>
X-MS-Exchange-EOPDirect: true
${message({ to: '' })}
--b2--
`),
    undefined,
  ],
  [
    'Microsoft: headers alone, encoded',
    microsoft(`Content-Type: multipart/mixed; boundary="b2"

--b2
Content-Type: text/rfc822-headers
Content-Transfer-Encoding: base64

${wrapped(`X-HmXmrOriginalRecipient: ada@hotmail.com\n${headers({ to: '' })}`)}
--b2--
`),
    'ada@hotmail.com',
  ],
  [
    'Microsoft: the mail itself is what it quotes',
    microsoft(`Content-Type: message/rfc822\n\nX-HmXmrOriginalRecipient: <redacted>\n${message({ to: '' })}`),
    undefined,
  ],
  [
    'AOL: quoted-printable, with soft line breaks in our Message-ID',
    arf({
      from: 'AOL Feedback <scomp@aol.net>',
      fields: 'User-Agent: AOL SComp\nRedacted-Address: redacted\nOriginal-Mail-From: [redacted]\n',
      type: 'text/rfc822-headers\nContent-Transfer-Encoding: quoted-printable',
      quoted: headers().replace(id, `${id.slice(0, 20)}=\n${id.slice(20)}`),
    }),
    'redacted@redacted.invalid',
  ],
];

test.each(reports)('%s', async (_, mail, address) => {
  for (const raw of [
    mail,
    mail.replaceAll('\n', '\r\n'),
    mail.replace('Good morning.', 'Much text. \n'.repeat(20_000)),
  ]) {
    const read = await readMail(condense(Buffer.from(raw)));
    expect(read.kind).toBe('complaint');
    expect(read.recipients).toMatchObject([{ kind: 'complaint', address: address ?? '' }]);
    expect(findOrigin(originKeys(secrets), read.mail, 'fbl@bounces.example.org')).toEqual(delivery);
  }
});

test('a report that says "not spam" is no complaint, and a stranger cannot name a delivery', async () => {
  const yahoo = reports[0]?.[1] ?? '';
  const note = await readMail(Buffer.from(yahoo.replace('Feedback-Type: abuse', 'Feedback-Type: not-spam')));
  expect(note.kind).toBe('note');
  const forged = yahoo
    .replaceAll(
      verp,
      verp.replace(/.(?=@)/, (last) => (last === '0' ? '1' : '0')),
    )
    .replace(id, '<1@x>');
  const read = await readMail(Buffer.from(forged));
  expect(findOrigin(originKeys(secrets), read.mail, 'fbl@bounces.example.org')).toBeUndefined();
});
