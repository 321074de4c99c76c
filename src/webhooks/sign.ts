// Secrets and signatures as Standard Webhooks has them (https://www.standardwebhooks.com), so that a receiver can
// use any of its libraries. Pure, but for the random secret.
import { createHmac, randomBytes } from 'node:crypto';
import { seal, unseal } from '../sealed.js';
import { keyWithId, type Secrets } from '../secrets.js';

const prefix = 'whsec_';

/** 256 random bits. Standard Webhooks asks for 192 to 512. */
export const newWebhookSecret = (): string => `${prefix}${randomBytes(32).toString('base64')}`;

/** The id of the key, then the sealed secret. */
export function sealWebhookSecret(secrets: Secrets, secret: string): Buffer {
  const { current } = secrets.derive('webhooks');
  return Buffer.concat([Buffer.of(current.id), seal(current.bytes, Buffer.from(secret))]);
}

/** Undefined: SECRET_KEY was replaced since, and the old one is no longer read. */
export function openWebhookSecret(secrets: Secrets, sealed: Buffer): string | undefined {
  const key = keyWithId(secrets.derive('webhooks'), sealed[0]);
  return key && unseal(key, sealed.subarray(1))?.toString();
}

/** The headers of a request. `id` stays the same when it is sent again: a receiver knows the event by it. */
export function signedHeaders(
  secret: string,
  { id, at, body }: { id: string; at: Date; body: string },
): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signature = createHmac('sha256', Buffer.from(secret.slice(prefix.length), 'base64'))
    .update(`${id}.${timestamp}.${body}`)
    .digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
