// Replies of real servers: what they mean, and whom they are about.
import { classify } from '../../src/mail/classify.js';
import { replyRows } from '../../src/mail/reply-rows.js';
import { decideOutcome, type Stage } from '../../src/mail/outcome.js';

const said = (reply: string, stage: Stage = 'rcpt') => ({ code: Number(reply.slice(0, 3)), reply, stage });
const outcome = (reply: string, stage?: Stage) =>
  decideOutcome({ ended: 'reply', relay: 'relay.example.org:25', ...said(reply, stage) } as never);

test.each([
  '550 5.1.1 <ada@example.org>: Recipient address rejected: User unknown in local recipient table',
  '550-5.1.1 The email account that you tried to reach does not exist. 550-5.1.1 Please try 550 5.1.1 double-checking',
  '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup',
  '553 5.1.2 <ada@example.invalid>: Recipient address rejected: Domain not found',
  '553 5.1.3 The recipient address is not a valid RFC 5321 address',
  '550 5.1.6 recipient no longer on server: ada@example.org',
  // The words of an address are no words of the reply.
  '550 5.1.1 <spam-junk@example.org>: Recipient address rejected: undeliverable address',
  '550 sorry, no mailbox here by that name (#5.1.1)',
  '550 No such user here',
  '550 Unknown user ada@example.org',
])('the address does not exist: %s', (reply) => {
  expect(classify(said(reply))).toMatchObject({ kind: 'hard', about: 'reader' });
  expect(outcome(reply)).toEqual({ outcome: 'refused', reason: 'hard' });
});

test.each([
  ['550 5.2.0 Mail rejete. Mail rejected. ofr_506 [506]', 'content'],
  ['550 5.7.1 <ada@example.org>: Recipient address rejected: No such user, by our policy', 'policy'],
  ['550 5.4.1 Recipient address rejected: Access denied. AS(201806281)', 'unavailable'],
  ['550 5.2.1 The email account that you tried to reach is inactive.', 'unavailable'],
  [
    '554 delivery error: dd This user does not have a yahoo.com account [-5]: mailbox disabled',
    'unavailable',
  ],
  ['552 5.2.2 <ada@example.org>: Quota exceeded (mailbox for user is full)', 'full'],
  ['552-5.2.2 The email account that you tried to reach is over quota.', 'full'],
  ['550 5.2.2 user has exceeded the daily message quota', 'full'],
  ['552 Requested mail action aborted: mailbox of user is over quota', 'full'],
  ['552 5.3.4 Message size exceeds fixed limit', 'size'],
  ['550 5.7.1 Message rejected as spam by Content Filtering.', 'content'],
  ['554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org', 'policy'],
  ['550 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1', 'policy'],
  ['552 5.2.0 192.0.2.1 blocked AUP#CNCT', 'policy'],
  ["550 5.2.121 Recipient's per hour message receive limit from a specific sender exceeded", 'unavailable'],
  ['552 <ada@example.org>: user has exceeded his quota', 'full'],
  ['550 5.1.1.7 is blocked', 'permanent'],
  ['550 Requested action not taken', 'permanent'],
])('the mail is refused, and the address may exist: %s', (reply, reason) => {
  expect(outcome(reply)).toEqual({ outcome: 'refused', reason });
});

test.each<[string, Stage]>([
  [
    '550-5.4.5 Daily user sending limit exceeded. For more information on Gmail 550 5.4.5 sending limits',
    'message',
  ],
  ['550 5.4.5 Daily user sending quota exceeded', 'message'],
  ['550 5.4.6 Daily SMTP relay sending limit exceeded for this user', 'rcpt'],
  ['554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException', 'message'],
  [
    '550 5.1.90 Your message cannot be sent because you have reached your daily limit for message recipients',
    'rcpt',
  ],
  ['550 5.7.705 Access denied, tenant has exceeded threshold', 'message'],
  ['450 4.2.1 Peak SMTP relay limit exceeded for customer. This is a temporary error.', 'rcpt'],
  [
    '550 Domain example.org has exceeded the max defers and failures per hour (5/5 (100%)) allowed.',
    'message',
  ],
  ['554 5.7.1 Exceed Sending Limit (daily)', 'message'],
  ['550 5.7.1 You have exceeded your messaging limits', 'rcpt'],
  ['552 Message would take you over your relay quota of 500. Current quota used: 487', 'message'],
  ['450 4.7.1 <ada@example.org>: Recipient address rejected: Policy Rejection- Quota Exceeded.', 'rcpt'],
  ['554 5.7.1 <ada@example.org>: Recipient address rejected: message count limit exceeded', 'rcpt'],
  [
    '554 5.7.0 The limit on the number of allowed outgoing messages was exceeded. Try again later.',
    'message',
  ],
  ['554 5.7.1 <ada@example.org>: Recipient address rejected: You have exceeded your Outmail quota.', 'rcpt'],
  ['451 Authentication failed: Maximum credits exceeded', 'message'],
  ['550 that smtp account has reached its quota.', 'rcpt'],
  ['450 4.7.0 Mail quota exceeded for sender', 'rcpt'],
  ['454 Throttling failure: Daily message quota exceeded.', 'message'],
  ['432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded [Hostname=A.prod.outlook.com]', 'message'],
  ['452 4.3.1 Insufficient system storage', 'mail'],
  ['451 4.3.0 Temporary lookup failure', 'mail'],
  ['550 5.1.1 no', 'mail'],
  ['552 no', 'mail'],
  ['553 5.7.1 <digest@example.org>: Sender address rejected: not owned by user x', 'mail'],
])('the relay or our account is in trouble, so no reader is counted: %s at %s', (reply, stage) => {
  expect(classify(said(reply, stage)).about).toBe('relay');
  expect(outcome(reply, stage)).toEqual({ outcome: 'relay-trouble' });
});

test.each<[string, Stage]>([
  ['553 5.7.1 <digest@example.org>: Sender address rejected: not owned by user x', 'rcpt'],
  ['550 5.7.60 SMTP; Client does not have permissions to send as this sender', 'message'],
  [
    '554 Message rejected: Email address is not verified. The following identities failed the check',
    'message',
  ],
  [
    '554 Message rejected: Sending paused for this account. For more information, please check the inbox',
    'message',
  ],
  [
    '554 Access denied: User `arn:aws:iam::1:user/a` is not authorized to perform `ses:SendRawEmail`',
    'message',
  ],
  ['550 The from address does not match a verified Sender Identity.', 'message'],
  ['550 5.7.1 Unconfigured Sending Domain <example.org>', 'message'],
  ['553 Relaying disallowed as digest@example.org', 'message'],
  ['550 Outgoing mail from "digest@example.org" has been suspended.', 'rcpt'],
  ['550 5.7.750 Service unavailable. Client blocked from sending from unregistered domains', 'message'],
  ['550 unable to verify sender address.', 'rcpt'],
  ['554 5.7.1 <ada@example.org>: Relay access denied', 'rcpt'],
  ['550 relay not permitted', 'rcpt'],
  [
    "550-5.7.26 Unauthenticated email from example.org is not accepted due to domain's DMARC policy.",
    'message',
  ],
  [
    '550 5.7.515 Access denied, sending domain example.org does not meet the required authentication level',
    'rcpt',
  ],
  ['550 5.1.0 <digest@example.org>: Sender address rejected: User unknown', 'rcpt'],
  ['550 5.1.8 Bad sender address', 'rcpt'],
])('our sender is refused, and no reader is at fault: %s at %s', (reply, stage) => {
  expect(classify(said(reply, stage)).about).toBe('sender');
  expect(outcome(reply, stage)).toEqual({ outcome: 'relay-trouble' });
});

test('a message that is too large at MAIL is refused, as another message may fit', () => {
  expect(outcome('552 5.3.4 Message size exceeds fixed limit', 'mail')).toEqual({
    outcome: 'refused',
    reason: 'size',
  });
});

test.each([
  '452 4.2.2 The email account that you tried to reach is over quota.',
  '450 4.2.1 The user you are trying to contact is receiving mail too quickly',
  '451 4.7.1 Greylisted, try again later',
  '450 4.1.1 <ada@example.org>: Recipient address rejected: unverified address: Address verification in progress',
  '452 4.3.1 Insufficient system storage',
])('a temporary reply after RCPT defers the reader: %s', (reply) => {
  expect(outcome(reply)).toEqual({ outcome: 'deferred' });
});

test.each(replyRows.map((row) => [row.example, row] as const))(
  'a row knows its example: %s',
  (example, row) => {
    const code = /^\d{3} /.test(example) ? Number(example.slice(0, 3)) : 550;
    expect(classify({ code, reply: example, stage: 'rcpt' })).toMatchObject({
      kind: row.kind,
      about: row.about,
      because: row.origin,
    });
  },
);

test.each([
  ['550 5.5.0 Requested action not taken: mailbox unavailable', 'rcpt', 'hard'],
  ['550 Requested action not taken: mailbox unavailable', 'message', 'unknown'],
  ['550 5.0.0 <ada@example.org>... User unknown', 'rcpt', 'hard'],
  ['550 5.4.310 DNS domain nowhere.example does not exist [Message=InfoDomainNonexistent]', 'rcpt', 'hard'],
  ['554 5.4.4 SMTPSEND.DNS.NonExistentDomain; nonexistent domain', 'rcpt', 'hard'],
  ['556 5.1.10 the domain accepts no mail', 'rcpt', 'hard'],
  ['550 5.4.14 Hop count exceeded - possible mail loop', 'rcpt', 'unavailable'],
  ['550 5.2.0 user unknown', 'rcpt', 'unknown'],
  ['550 5.7.1 user unknown', 'rcpt', 'policy'],
])('words count only beside a status that tells no more: %s, %s', (reply, stage, kind) => {
  expect(classify(said(reply, stage as Stage)).kind).toBe(kind);
});

test("a report's status counts where the text has none, or a general one", () => {
  const status = '5.1.1';
  const kindOf = (reply: string) => classify({ code: 550, reply, stage: 'rcpt', status }).kind;
  expect(kindOf('550 no')).toBe('hard');
  expect(kindOf('550 5.0.0 no')).toBe('hard');
  expect(kindOf('550 5.7.1 no')).toBe('policy');
});
