// What a provider's own name of a bounce says where the server's words say nothing. Only names that speak of the
// address alone are "hard": "Permanent", "hard bounce" and the like also stand for blocks. Data with the origin of each
// row. Pure.
import type { FeedbackScheme } from '../../config/feedback-hooks.js';
import type { ReplyKind } from '../../mail/reply-row.js';

export interface ProviderType {
  schemes: readonly FeedbackScheme[];
  /** The whole name, as the scheme's file writes it into `named`. */
  pattern: RegExp;
  kind: Exclude<ReplyKind, 'unknown'>;
  origin: string;
  /** A name of this kind, as a test. */
  example: string;
}

const sesTypes = 'docs.aws.amazon.com: notification contents, bounce types. Resend passes them on';
const postmarkTypes = 'postmarkapp.com/developer: bounce API, bounce types';
const sendgridTypes = 'twilio.com/docs/sendgrid: event webhook reference, bounce_classification';
const mailjetErrors = 'dev.mailjet.com: event API, table of errors';
const sparkpostClasses = 'support.sparkpost.com: bounce classification codes';
const kumoClasses = 'docs.kumomta.com: configuring bounce classification; iana.toml';

export const providerTypes: readonly ProviderType[] = [
  {
    schemes: ['ses', 'resend'],
    pattern: /^Permanent\/NoEmail$/,
    kind: 'hard',
    origin: sesTypes,
    example: 'Permanent/NoEmail',
  },
  {
    schemes: ['ses', 'resend'],
    pattern: /^Transient\/MailboxFull$/,
    kind: 'full',
    origin: sesTypes,
    example: 'Transient/MailboxFull',
  },
  {
    schemes: ['ses', 'resend'],
    pattern: /^Transient\/MessageTooLarge$/,
    kind: 'size',
    origin: sesTypes,
    example: 'Transient/MessageTooLarge',
  },
  {
    schemes: ['ses', 'resend'],
    pattern: /^Transient\/(?:Content|Attachment)Rejected$/,
    kind: 'content',
    origin: sesTypes,
    example: 'Transient/ContentRejected',
  },
  {
    schemes: ['ses', 'resend'],
    pattern: /^Transient\/(?:General|CustomTimeoutExceeded)$/,
    kind: 'unavailable',
    origin: sesTypes,
    example: 'Transient/General',
  },
  {
    schemes: ['postmark'],
    pattern: /^BadEmailAddress$/,
    kind: 'hard',
    origin: postmarkTypes,
    example: 'BadEmailAddress',
  },
  {
    schemes: ['postmark'],
    pattern: /^SoftBounce$/,
    kind: 'unavailable',
    origin: postmarkTypes,
    example: 'SoftBounce',
  },
  {
    schemes: ['postmark'],
    pattern: /^(?:SpamNotification|VirusNotification)$/,
    kind: 'content',
    origin: postmarkTypes,
    example: 'SpamNotification',
  },
  { schemes: ['postmark'], pattern: /^Blocked$/, kind: 'policy', origin: postmarkTypes, example: 'Blocked' },
  {
    schemes: ['postmark'],
    pattern: /^DMARCPolicy$/,
    kind: 'auth',
    origin: postmarkTypes,
    example: 'DMARCPolicy',
  },
  {
    schemes: ['sendgrid'],
    pattern: /^Invalid Address$/i,
    kind: 'hard',
    origin: sendgridTypes,
    example: 'Invalid Address',
  },
  {
    schemes: ['sendgrid'],
    pattern: /^(?:Mailbox Unavailable|expired)$/i,
    kind: 'unavailable',
    origin: sendgridTypes,
    example: 'Mailbox Unavailable',
  },
  {
    schemes: ['sendgrid'],
    pattern: /^Content$/i,
    kind: 'content',
    origin: sendgridTypes,
    example: 'Content',
  },
  {
    schemes: ['sendgrid'],
    pattern: /^(?:Reputation|blocked)$/i,
    kind: 'policy',
    origin: sendgridTypes,
    example: 'Reputation',
  },
  {
    schemes: ['sendgrid'],
    pattern: /^Frequency or Volume Too High$/i,
    kind: 'throttled',
    origin: sendgridTypes,
    example: 'Frequency or Volume Too High',
  },
  {
    schemes: ['mailgun'],
    pattern: /^old$/,
    kind: 'unavailable',
    origin: 'documentation.mailgun.com: events, reason "old": tried for too long',
    example: 'old',
  },
  {
    schemes: ['brevo'],
    pattern: /^invalid_email$/,
    kind: 'hard',
    origin: 'developers.brevo.com: transactional webhooks, invalid_email: no valid address',
    example: 'invalid_email',
  },
  {
    schemes: ['brevo'],
    pattern: /^soft_bounce$/,
    kind: 'unavailable',
    origin: 'developers.brevo.com: transactional webhooks, soft_bounce',
    example: 'soft_bounce',
  },
  {
    schemes: ['mailjet'],
    pattern: /^(?:user unknown|invalid domain)$/,
    kind: 'hard',
    origin: mailjetErrors,
    example: 'user unknown',
  },
  {
    schemes: ['mailjet'],
    pattern: /^quota exceeded$/,
    kind: 'full',
    origin: mailjetErrors,
    example: 'quota exceeded',
  },
  {
    schemes: ['mailjet'],
    pattern: /^(?:mailbox inactive|no mail host|(?:connection|protocol|system) issue)$/,
    kind: 'unavailable',
    origin: mailjetErrors,
    example: 'mailbox inactive',
  },
  {
    schemes: ['mailjet'],
    pattern: /^(?:sender blocked|policy issue|relay\/access denied)$/,
    kind: 'policy',
    origin: mailjetErrors,
    example: 'sender blocked',
  },
  {
    schemes: ['mailjet'],
    pattern: /^content blocked$/,
    kind: 'content',
    origin: mailjetErrors,
    example: 'content blocked',
  },
  { schemes: ['sparkpost'], pattern: /^10$/, kind: 'hard', origin: sparkpostClasses, example: '10' },
  { schemes: ['sparkpost'], pattern: /^22$/, kind: 'full', origin: sparkpostClasses, example: '22' },
  { schemes: ['sparkpost'], pattern: /^23$/, kind: 'size', origin: sparkpostClasses, example: '23' },
  {
    schemes: ['sparkpost'],
    pattern: /^(?:20|21|24|70)$/,
    kind: 'unavailable',
    origin: sparkpostClasses,
    example: '70',
  },
  {
    schemes: ['sparkpost'],
    pattern: /^(?:50|51|54)$/,
    kind: 'policy',
    origin: sparkpostClasses,
    example: '50',
  },
  { schemes: ['sparkpost'], pattern: /^5[23]$/, kind: 'content', origin: sparkpostClasses, example: '52' },
  {
    schemes: ['kumomta'],
    pattern: /^(?:InvalidRecipient|BadDomain)$/,
    kind: 'hard',
    origin: kumoClasses,
    example: 'InvalidRecipient',
  },
  {
    schemes: ['kumomta'],
    pattern: /^QuotaIssues$/,
    kind: 'full',
    origin: kumoClasses,
    example: 'QuotaIssues',
  },
  {
    schemes: ['kumomta'],
    pattern:
      /^(?:InactiveMailbox|Expiration|MessageExpired|NoAnswerFromHost|BadConnection|DNSFailure|TransientFailure)$/,
    kind: 'unavailable',
    origin: kumoClasses,
    example: 'InactiveMailbox',
  },
  {
    schemes: ['kumomta'],
    pattern: /^(?:SpamBlock|PolicyRelated)$/,
    kind: 'policy',
    origin: kumoClasses,
    example: 'SpamBlock',
  },
  {
    schemes: ['kumomta'],
    pattern: /^(?:SpamContent|ContentRelated|VirusRelated)$/,
    kind: 'content',
    origin: kumoClasses,
    example: 'SpamContent',
  },
  {
    schemes: ['kumomta'],
    pattern: /^AuthenticationFailed$/,
    kind: 'auth',
    origin: kumoClasses,
    example: 'AuthenticationFailed',
  },
];
