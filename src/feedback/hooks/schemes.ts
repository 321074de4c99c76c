// All schemes by their names in SMTP_URL.
import type { FeedbackScheme } from '../../config/feedback-hooks.js';
import { brevoScheme } from './brevo.js';
import { genericScheme } from './generic.js';
import { kumomtaScheme } from './kumomta.js';
import { mailgunScheme } from './mailgun.js';
import { mailjetScheme } from './mailjet.js';
import { postalScheme } from './postal.js';
import { postmarkScheme } from './postmark.js';
import { resendScheme } from './resend.js';
import type { HookScheme } from './scheme.js';
import { sendgridScheme } from './sendgrid.js';
import { sesScheme } from './ses.js';
import { sparkpostScheme } from './sparkpost.js';

export const schemes: Record<FeedbackScheme, HookScheme> = {
  brevo: brevoScheme,
  generic: genericScheme,
  kumomta: kumomtaScheme,
  mailgun: mailgunScheme,
  mailjet: mailjetScheme,
  postal: postalScheme,
  postmark: postmarkScheme,
  resend: resendScheme,
  sendgrid: sendgridScheme,
  ses: sesScheme,
  sparkpost: sparkpostScheme,
};
