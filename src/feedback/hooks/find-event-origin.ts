// Finds the mail that an event is about: by our token in the envelope sender, then by our Message-ID, then by the id
// that the provider gave the message in its 250 reply. A recipient alone names no mail: anybody may have mailed them.
import { findByRelayId } from '../../delivery/ledger.js';
import { readMessageId } from '../../delivery/message.js';
import type { Db } from '../../db.js';
import { originsIn, readOrigin, type MailOrigin } from '../../mail/verp.js';
import type { OriginKeys } from '../find-origin.js';
import type { StoredEvent } from './hook-event.js';

export async function findEventOrigin(
  db: Db,
  { verp, messageId: messageIdKeys }: OriginKeys,
  { token = '', messageId = '', providerId }: StoredEvent,
): Promise<MailOrigin | undefined> {
  const origin = originsIn(verp, token)[0] ?? readOrigin(verp, token);
  if (origin !== undefined) return origin;
  const named = readMessageId(messageIdKeys, `${messageId}\n${token}`);
  if (named !== undefined) return { kind: 'delivery', ...named };
  const found = providerId === undefined ? undefined : await findByRelayId(db, providerId);
  return found === undefined ? undefined : { kind: 'delivery', ...found };
}
