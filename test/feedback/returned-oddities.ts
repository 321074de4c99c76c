// Returned mail of servers with a form of their own.
import { daemonHeaders, toUs, type Sample } from './sample-mail.js';

export const oddities: readonly Sample[] = [
  {
    name: 'InterScan, which names no sender that is known',
    kind: 'hard',
    address: 'ada@example.net',
    mail: `From: E500_SMTP_Mail_Service@example.net\nSubject: Returned Mail - Error During Delivery\n${toUs}
------ Failed Recipients ------

<ada@example.net>: Requested action not taken: mailbox unavailable. [SMTP Error Code 550]
-------- Returned Mail --------

Received: from relay.example.org by mx.example.net
`,
  },
  {
    name: 'a report whose fields name no recipient, in French, with a subject of its own',
    kind: 'hard',
    address: 'ada@example.net',
    mail: `From: mimesweeper@example.net\nSubject: Utilisateur non recense\n${toUs}MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset="UTF-8"

A message could not be delivered to:
ada@example.net
L'adresse de messagerie ci-dessus n'existe pas.

--b1
Content-Type: message/delivery-status

Reporting-MTA: mimesweeper.example.net

--b1--
`,
  },
  {
    name: 'a loop, reported for a program of mailing lists that speaks of incorrect addresses',
    kind: 'unavailable',
    address: 'ada@example.net',
    mail: `From: "LSMTP for Windows NT v1.1b" <postmaster@mail.example.net>\nSubject: Undelivered mail\n${toUs}
An error was detected while processing the enclosed message. This list is in a special format that
allows software like LISTSERV to automatically take action on incorrect addresses.

--> Error description:
Error-for:  ada@example.net
Error-Code: 0
Error-Text: Mailer mail.example.com said:
            "554 Message looping (received 6 times)"
`,
  },
  {
    name: 'IMail: an account that forwards to nowhere',
    kind: 'hard',
    address: 'ada@example.net',
    mail: `${daemonHeaders('Undeliverable Mail', 'postmaster@example.net')}
Invalid final delivery userid: ada@example.net

Original message follows.
`,
  },
];
