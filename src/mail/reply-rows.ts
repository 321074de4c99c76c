// The wordings of real servers, and what each means. classify.ts reads them. Pure.
//
// The status code of RFC 3463 alone often misleads: Microsoft says 5.2.0 for a sender's quota and for spam,
// Google says 5.4.5 for a daily limit. So these rows come before the rules about codes.

/** What a reply means (FEEDBACK: the kinds that an SMTP reply can have). */
export type ReplyKind =
  | 'hard' // the address does not exist
  | 'full' // the mailbox has no room
  | 'unavailable' // the mailbox or its server takes nothing now
  | 'policy' // the receiver refuses this sender or its address
  | 'content' // the receiver takes the message for spam or worse
  | 'size' // the message is too large
  | 'auth' // this sender may not use the relay or the address, or is not authenticated
  | 'throttled' // too much, too fast, too many connections
  | 'unknown';

/**
 * Whom a reply is about.
 *   reader    the mailbox
 *   message   this message: the reader keeps the subscription, the message is refused
 *   sender    our address or domain: no reader is at fault, and a provider may judge it differently
 *   provider  the rate of our mail to one mailbox provider
 *   relay     our account at the relay, or the relay itself: the same for all readers
 */
export type About = 'reader' | 'message' | 'sender' | 'provider' | 'relay';

export interface ReplyRow {
  kind: Exclude<ReplyKind, 'unknown'>;
  about: About;
  /** The first digit of the reply's code. Undefined: 4 and 5. */
  family?: 4 | 5;
  pattern: RegExp;
  /** The source of this wording. */
  origin: string;
}

// The first match counts.
export const replyRows: readonly ReplyRow[] = [
  {
    kind: 'content',
    about: 'message',
    family: 5,
    pattern: /\bofr_?506\b/i,
    origin: 'Orange, postmaster.orange.fr: "550 5.2.0 … ofr_506" is spam, not a mailbox',
  },
  {
    kind: 'full',
    about: 'reader',
    pattern: /\b[45]\.2\.2\b/,
    origin: 'RFC 3463 section 3.3: X.2.2, mailbox full, whatever the words say of quotas',
  },
  {
    kind: 'throttled',
    about: 'relay',
    pattern:
      /submission(?:user)?quota ?exceeded|\b5\.1\.90\b|tenant has exceeded|\b5\.7\.70[58]\b|outbound ?spam|\b5\.1\.8\b.*(?:bad outbound sender|restricted|access denied)/i,
    origin: 'Microsoft 365, learn.microsoft.com: non-delivery reports in Exchange Online',
  },
  {
    kind: 'throttled',
    about: 'relay',
    pattern:
      /(?:daily|hourly|monthly)(?: \w+){0,3} (?:limit|quota)|(?:sending|submission|send|smtp relay|relay|messages?|e-?mails?|recipients?|account|outgoing|outbound|bounce|plan)(?: (?:sending|rate|volume))? (?:limit|quota)s?(?: \w+){0,3} (?:exceeded|reached)|(?:exceeded|reached)(?: \w+){0,6} (?:sending|submission|relay|daily|hourly|monthly|messages?|e-?mails?|recipients?)(?: \w+){0,3} (?:limit|quota)|(?:out of|no more|insufficient) (?:credits|e-?mail credits)|unusual sending activity/i,
    origin: 'Google 5.4.5 and 5.4.6, Amazon SES, Mailgun, Brevo, Zoho, cPanel and Plesk: quotas of senders',
  },
  {
    kind: 'throttled',
    about: 'relay',
    family: 5,
    pattern: /\b5\.4\.[56]\b/,
    origin: 'Google, support.google.com/a/answer/3726730: 5.4.5 and 5.4.6 are daily limits',
  },
  {
    kind: 'full',
    about: 'reader',
    pattern:
      /mailbox (?:is )?(?:over ?)?(?:full|quota)|(?:mailbox|user|recipient|inbox)(?:'s)? (?:\w+ ){0,3}(?:is |has )?(?:over ?quota|exceeded (?:its|the|their) (?:\w+ )?(?:quota|limit)|quota exceeded)|\bout of storage space\b|mailfolder is (?:over|full)/i,
    origin: 'Dovecot "Quota exceeded (mailbox for user is full)", Exchange, Exim, Zimbra, without X.2.2',
  },
  {
    kind: 'auth',
    about: 'sender',
    pattern:
      /relay(?:ing)? (?:access )?(?:is )?(?:denied|not (?:permitted|allowed)|prohibited)|(?:unable|not permitted|not allowed|cannot|refus\w+) to relay|do(?:es)? not relay|we do not relay/i,
    origin: 'Postfix "Relay access denied", Exim "relay not permitted", Exchange 5.7.54 "Unable to relay"',
  },
  {
    kind: 'auth',
    about: 'sender',
    pattern:
      /not owned by|not logged in|not (?:\w+ )?(?:permitted|allowed|authori[sz]ed) to (?:send (?:e?-?mail |messages? )?(?:as|from|with|on behalf)|use)|permissions? to send as|sendasdenied|(?:e-?mail address|domain|sender|identity|identities)(?: \S+){0,6}? (?:is |are |has |have )?not (?:been )?(?:yet )?(?:verified|activated|authori[sz]ed)|unverified (?:sender|domain)/i,
    origin:
      'Postfix reject_sender_login_mismatch, Exchange 5.7.60, Amazon SES, SparkPost, Brevo: senders not allowed',
  },
  {
    kind: 'auth',
    about: 'sender',
    family: 5,
    pattern:
      /\b5\.7\.(?:0|3|8|9|1[0-4]|2[0-7]|29|30|5[47]|60|64|139|509|515)\b|authentication (?:is )?required|must (?:issue|authenticate)|(?:un|not )authenticated|\b(?:spf|dkim|dmarc)\b/i,
    origin: 'RFC 4954, RFC 7372, Google 5.7.26 and 5.7.27, Microsoft 5.7.509 and 5.7.515',
  },
  {
    kind: 'policy',
    about: 'sender',
    family: 5,
    pattern:
      /\b5\.1\.[78]\b|\b5\.5\.4\b.*helo|(?:sender|return-path|mail from address)(?: \S+){0,3}? (?:is |was |has been )?(?:rejected|denied|refused|blocked|blacklisted|banned|invalid|unknown)|sender (?:verif|callout)\w*(?: \w+)? fail|(?:mail from|sender)(?: \S+){0,3} domain .*(?:not (?:found|exist)|no mx)/i,
    origin: 'Postfix "Sender address rejected", Exim "Sender verify failed", RFC 3463 X.1.7 and X.1.8',
  },
  {
    kind: 'content',
    about: 'message',
    family: 5,
    pattern:
      /\b5\.6\.\d|\b5\.7\.(?:7|16)\b|\bspam(?:my|like)?\b|\b(?:uce|ube|junk)\b|virus|malware|phish|(?:message|mail|e-?mail|content) (?:\w+ ){0,3}(?:content )?(?:rejected|refused|denied|blocked) (?:\w+ ){0,4}(?:content|filter|policy)|content (?:\w+ )?(?:rejected|denied|refused)|suspicious|unsolicited/i,
    origin: 'Google 5.7.1 "likely unsolicited mail", SpamAssassin and rspamd milters, Yahoo, Outlook',
  },
  {
    kind: 'size',
    about: 'message',
    family: 5,
    pattern:
      /\b5\.(?:2\.3|3\.4)\b|(?:message|mail|e-?mail) (?:size|length)? ?(?:is |was )?(?:too (?:big|large|long)|exceeds)|size (?:\w+ ){0,3}exceed|exceeds? (?:\S+ ){0,5}(?:message |maximum |fixed )?(?:message |maximum )?size/i,
    origin: 'RFC 1870 section 6, Postfix "Message size exceeds fixed limit", Exchange 5.2.3 and 5.3.4',
  },
  {
    kind: 'unavailable',
    about: 'reader',
    family: 5,
    pattern:
      /\b5\.2\.1\b|\b5\.4\.1\b.*access denied|(?:account|mailbox|user)(?: \S+){0,5}? (?:is |has been |was )?(?:temporarily )?(?:disabled|inactive|suspended|locked|blocked|deactivated|not active)|(?:disabled|inactive) (?:mailbox|account|user)/i,
    origin: 'Google 5.2.1, Yahoo "delivery error: mailbox disabled", Microsoft "550 5.4.1 Access denied"',
  },
];

/**
 * Wordings of "no such mailbox". They count only where the reply has no status code of RFC 3463, from servers
 * that know none: a code says it better.
 */
export const noSuchMailbox: Pick<ReplyRow, 'pattern' | 'origin'> = {
  pattern:
    /(?:user|recipient|mailbox|account|address)(?: \S+){0,3}? (?:is )?(?:unknown|not (?:found|known)|(?:does(?: not|n't)|did not) exist)|(?:unknown|no such|invalid|nonexistent|non-existent) (?:local )?(?:user|recipient|mailbox|address|account|person)|no mailbox (?:here )?by that name|mailbox unavailable or not local/i,
  origin: 'Exim, qmail, Courier, GMX and Sendmail without status codes',
};
