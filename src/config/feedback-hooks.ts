// The options of a relay whose provider reports by webhook: feedback=<scheme> and what verifies the calls. Pure.
import { createPublicKey } from 'node:crypto';
import { wrong } from './values.js';

/** A secret that we share with the provider. */
const secretSchemes = [
  'mailgun',
  'postmark',
  'brevo',
  'mailjet',
  'sparkpost',
  'resend',
  'kumomta',
  'generic',
] as const;
/** The provider's public key. */
const keySchemes = ['sendgrid', 'postal'] as const;
export const feedbackSchemes = ['ses', ...keySchemes, ...secretSchemes] as const;
export type FeedbackScheme = (typeof feedbackSchemes)[number];

export interface FeedbackHook {
  scheme: FeedbackScheme;
  /** The ARN of the SNS topic, the provider's public key (DER in base64), or the shared secret. */
  credential: string;
}

const credentials = ['feedbackTopic', 'feedbackKey', 'feedbackSecret'] as const;
export const feedbackOptions = ['feedback', ...credentials] as const;
type Credential = (typeof credentials)[number];

/** Characters. Calls are not limited, so a secret must withstand guessing. */
const shortestSecret = 16;

const nameOf = (option: string): string => `SMTP_URL's option ${option}`;

export function readFeedbackHook(
  text: (option: (typeof feedbackOptions)[number]) => string | undefined,
): FeedbackHook | undefined {
  const named = text('feedback');
  if (named === undefined) {
    for (const option of credentials)
      if (text(option) !== undefined) wrong(nameOf(option), '***', 'left out, because feedback is not set');
    return undefined;
  }
  const scheme = feedbackSchemes.find((known) => known === named);
  if (scheme === undefined) return wrong(nameOf('feedback'), named, `one of ${feedbackSchemes.join(', ')}`);
  const needed = credentialOf(scheme);
  for (const option of credentials)
    if (option !== needed && text(option) !== undefined)
      wrong(nameOf(option), '***', `left out: feedback=${scheme} needs ${needed}`);
  const given = text(needed) ?? '';
  if (given === '') wrong(nameOf('feedback'), named, `together with ${needed}, ${wanted(scheme, needed)}`);
  // A query has a plus for a blank, and base64 has pluses.
  return { scheme, credential: readCredential(scheme, needed, given.replaceAll(' ', '+')) };
}

function credentialOf(scheme: FeedbackScheme): Credential {
  if (scheme === 'ses') return 'feedbackTopic';
  return keySchemes.some((one) => one === scheme) ? 'feedbackKey' : 'feedbackSecret';
}

function wanted(scheme: FeedbackScheme, option: Credential): string {
  switch (option) {
    case 'feedbackTopic':
      return 'the ARN of the SNS topic, such as arn:aws:sns:eu-west-1:123456789012:digest';
    case 'feedbackKey':
      return `the public key that ${scheme} shows: base64 without the lines BEGIN and END`;
    case 'feedbackSecret':
      return `a secret of at least ${shortestSecret} characters without blanks`;
  }
}

function readCredential(scheme: FeedbackScheme, option: Credential, value: string): string {
  if (isValid(scheme, option, value)) return value;
  return wrong(nameOf(option), option === 'feedbackTopic' ? value : '***', wanted(scheme, option));
}

function isValid(scheme: FeedbackScheme, option: Credential, value: string): boolean {
  switch (option) {
    case 'feedbackTopic':
      return /^arn:aws(-cn|-us-gov)?:sns:[a-z]{2}(-[a-z]+)+-\d:\d{12}:[\w-]{1,256}(\.fifo)?$/.test(value);
    case 'feedbackKey':
      return isPublicKey(value, scheme === 'postal' ? 'rsa' : 'ec');
    case 'feedbackSecret':
      return value.length >= shortestSecret && /^[\x21-\x7e]+$/.test(value);
  }
}

function isPublicKey(text: string, type: 'rsa' | 'ec'): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === type;
  } catch {
    return false;
  }
}
