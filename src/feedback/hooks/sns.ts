// The envelope of Amazon SNS, which carries the events of SES (docs.aws.amazon.com: "Verifying the signatures of
// Amazon SNS messages"). Cheap checks first, so that a forged call costs no request to Amazon:
//
//   1. the topic is ours
//   2. the certificate is at sns.<region of the topic>.amazonaws.com, by https
//   3. the time is near
//   4. the certificate is fetched once and kept in memory; the signature is verified
import { createVerify, X509Certificate } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { minute } from '../../durations.js';
import { parseUrl } from '../../parse-url.js';
import { textAt } from './json.js';
import type { HookCall, HookRefusal, Outside } from './scheme.js';
import { isLateAt } from './signatures.js';

/** The fields that are signed, in this order; those that are missing are left out. */
const signedFields: Record<string, readonly string[]> = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: [
    'Message',
    'MessageId',
    'SubscribeURL',
    'Timestamp',
    'Token',
    'TopicArn',
    'Type',
  ],
  UnsubscribeConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
};

/** SignatureVersion: the hash of the RSA signature. */
const hashes: Record<string, string> = { '1': 'RSA-SHA1', '2': 'RSA-SHA256' };

/** Amazon changes its certificate about once a year. */
const certificates = new LRUCache<string, X509Certificate>({ max: 16 });
/** Addresses that gave no certificate. Forged calls must not make us ask without end. */
const failed = new LRUCache<string, true>({ max: 1_000, ttl: minute });

/** "arn:aws:sns:eu-west-1:…" → "sns.eu-west-1.amazonaws.com". */
function snsHost(topic: string): string {
  const [, partition, , region] = topic.split(':');
  return `sns.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`;
}

/** The URL, if it is at Amazon SNS in the region of the topic. */
export function urlAt(topic: string, text: string | undefined): URL | undefined {
  const url = parseUrl(text ?? '');
  const isThere = url?.protocol === 'https:' && url.host === snsHost(topic) && url.username === '';
  return isThere ? url : undefined;
}

export async function verifySns(
  message: unknown,
  { now }: Pick<HookCall, 'now'>,
  topic: string,
  outside: Outside,
): Promise<HookRefusal | undefined> {
  const fields = signedFields[textAt(message, 'Type') ?? ''];
  const hash = hashes[textAt(message, 'SignatureVersion') ?? ''];
  if (fields === undefined || hash === undefined) return 'bad-signature';
  if (textAt(message, 'TopicArn') !== topic) return 'wrong-topic';
  const url = urlAt(topic, textAt(message, 'SigningCertURL') ?? textAt(message, 'SigningCertUrl'));
  if (url === undefined || !/^\/SimpleNotificationService-[\w-]{1,80}\.pem$/.test(url.pathname))
    return 'foreign-certificate';
  if (isLateAt(Date.parse(textAt(message, 'Timestamp') ?? ''), now)) return 'late';
  const certificate = await certificateAt(`${url.origin}${url.pathname}`, outside);
  if (certificate === undefined) return 'no-certificate';
  if (now > new Date(certificate.validTo)) return 'foreign-certificate';
  const signed = fields.flatMap((name) => {
    const value = textAt(message, name);
    return value === undefined ? [] : [`${name}\n${value}\n`];
  });
  const isRight = createVerify(hash)
    .update(signed.join(''))
    .verify(certificate.publicKey, textAt(message, 'Signature') ?? '', 'base64');
  return isRight ? undefined : 'bad-signature';
}

async function certificateAt(url: string, { fetchText }: Outside): Promise<X509Certificate | undefined> {
  const known = certificates.get(url);
  if (known !== undefined || failed.has(url)) return known;
  try {
    const certificate = new X509Certificate((await fetchText(url)) ?? '');
    certificates.set(url, certificate);
    return certificate;
  } catch {
    failed.set(url, true);
    return undefined;
  }
}
