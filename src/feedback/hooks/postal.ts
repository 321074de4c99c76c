// Postal: {event, timestamp, payload, uuid}; RSA over the body in X-Postal-Signature-256 (SHA-256), or in
// X-Postal-Signature (SHA-1) of older versions, by the key whose public half Postal shows as its default DKIM record
// (docs.postalserver.io: webhooks; postalserver/postal, lib/postal/http.rb). Pure.
import { createPublicKey, createVerify } from 'node:crypto';
import type { HookEvent, HookEventType } from './hook-event.js';
import { at, parseJson, textAt } from './json.js';
import type { HookCall, HookScheme } from './scheme.js';
import { isLate } from './signatures.js';

const types: Record<string, HookEventType> = {
  MessageBounced: 'bounce',
  MessageDeliveryFailed: 'bounce',
  MessageDelayed: 'delay',
  MessageSent: 'delivered',
};

function isSigned({ body, header }: HookCall, key: string): boolean {
  const publicKey = createPublicKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' });
  const [sha256, sha1] = [header('x-postal-signature-256'), header('x-postal-signature')];
  const verifies = (hash: string, signature: string) =>
    createVerify(hash).update(body).verify(publicKey, signature, 'base64');
  return sha256 === undefined ? verifies('RSA-SHA1', sha1 ?? '') : verifies('RSA-SHA256', sha256);
}

export const postalScheme: HookScheme = {
  verify(call, key) {
    if (!isSigned(call, key)) return 'bad-signature';
    // Nothing else tells a recorded call from a new one.
    return isLate(textAt(parseJson(call.body.toString()), 'timestamp'), call.now) ? 'late' : undefined;
  },
  events({ body }) {
    const said = parseJson(body.toString());
    const payload = at(said, 'payload');
    if (payload === undefined) return undefined;
    const message = at(payload, 'original_message') ?? at(payload, 'message');
    const type = types[textAt(said, 'event') ?? ''];
    if (type === undefined || textAt(message, 'direction') === 'incoming') return [];
    const read: HookEvent = {
      type,
      id: textAt(said, 'uuid'),
      named: textAt(payload, 'status') ?? textAt(said, 'event'),
      recipient: textAt(message, 'to'),
      messageId: textAt(message, 'message_id'),
      diagnostic: textAt(payload, 'output') ?? textAt(payload, 'details'),
      at: textAt(said, 'timestamp'),
    };
    return [read];
  },
};
