// Replies that ask us to send more slowly, and who asks: the provider of a reader's address, or the relay
// itself. Pure.

interface ThrottleReply {
  /**
   * The one that asks for slower sending. 'either': the stage decides. Before a reader's address is named, it
   * is the relay.
   */
  by: 'domain' | 'relay' | 'either';
  pattern: RegExp;
  /** The source of this wording. */
  origin: string;
}

// The first match counts.
const replies: readonly ThrottleReply[] = [
  {
    by: 'relay',
    pattern:
      /maximum sending rate exceeded|daily message quota exceeded|too many concurrent smtp connections/i,
    origin: 'Amazon SES, docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html',
  },
  {
    by: 'relay',
    pattern: /error: too (?:much mail|many recipients|many connections|many errors) from/i,
    origin: 'Postfix, anvil(8) and smtpd(8): limits on us as its client',
  },
  {
    by: 'relay',
    pattern: /sender thread limit|concurrent connections? limit/i,
    origin: 'Microsoft 365, "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded"',
  },
  {
    by: 'relay',
    pattern: /peak smtp relay limit/i,
    origin: 'Google Workspace relay, support.google.com/a/answer/3726730: "450 4.2.1 Peak SMTP relay limit"',
  },
  {
    by: 'domain',
    pattern:
      /\b4\.7\.28\b|unusual rate of (?:unsolicited )?(?:e?-?mail)|4\.7\.0 try again later, closing connection/i,
    origin: 'Google, support.google.com/a/answer/3726730',
  },
  {
    by: 'domain',
    pattern: /\[(?:TSS?0[1-9]|GL01)\]|temporarily deferred due to (?:unexpected volume|user complaints)/i,
    origin: 'Yahoo and AOL, senders.yahooinc.com/smtp-error-codes',
  },
  {
    by: 'domain',
    pattern: /\b4\.7\.(?:500|65[0-9])\b|\bRP-00[1-3]\b|server busy|temporarily rate limited/i,
    origin: 'Outlook, sendersupport.olc.protection.outlook.com/pm/troubleshooting.aspx',
  },
  {
    by: 'domain',
    pattern: /\bOFR00[4-6]_10[24]\b|trop de connexions/i,
    origin: 'Orange, postmaster.orange.fr',
  },
  {
    by: 'either',
    pattern:
      /rate[ -]?limit|limit(?:ed)? rate|sending rate|throttl|slow(?:ing)? down|too many (?:connections|messages|mails|e-?mails|concurrent)|(?:connection|message) rate/i,
    origin: 'wording common to several servers: Sendmail, Exim, Rackspace, Comcast, GMX, Free',
  },
];

/**
 * Replies about one reader's mailbox (X.2.X of RFC 3463: full, or receiving too much), and greylisting, which
 * every new sender meets. Sending more slowly would not help other readers' mail.
 */
const notTheSender =
  /^\d{3}[- ]4\.2\.\d(?! peak smtp relay limit)|gr[ae]y-?list|user you are trying to contact is receiving mail/i;

/** The reply is about one reader, or greylists a sender that the server does not know yet. */
export const concernsOneMailbox = (reply: string): boolean => notTheSender.test(reply);

const temporary = new Set([421, 432, 450, 451, 452, 454]);

/**
 * The one that asks for slower sending with this reply; undefined: the reply does not ask. `stage` as in
 * outcome.ts.
 */
export function throttledBy(said: {
  code: number;
  stage: string;
  reply: string;
}): 'domain' | 'relay' | undefined {
  if (!temporary.has(said.code) || concernsOneMailbox(said.reply)) return undefined;
  const opening = said.stage === 'connect' || said.stage === 'auth';
  const by = replies.find(({ pattern }) => pattern.test(said.reply))?.by;
  if (by !== undefined && opening) return 'relay';
  if (by !== 'either') return by;
  return said.stage === 'rcpt' || said.stage === 'data' || said.stage === 'message' ? 'domain' : 'relay';
}
