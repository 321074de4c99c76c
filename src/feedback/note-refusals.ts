// What a relay said at the hand-over about readers who get no message. It is an event like a mail that came back: the
// reader's page shows it, and a mailbox that takes nothing on five days is given up.
import { lockDelivery } from '../delivery/ledger.js';
import type { NoteRefusals, RefusedReader } from '../delivery/record-and-claim.js';
import type { Db } from '../db.js';
import { classify } from '../mail/classify.js';
import { domainGroup, providerOf } from '../mail/domain-groups.js';
import { suppressBounced } from '../subscribers/suppressions.js';
import { effectOf } from './effects.js';
import { hasEnoughPoints } from './points.js';
import * as store from './store.js';

/** X.2.1 and X.2.2 of RFC 3463: the mailbox is disabled or full. */
const ofMailbox = /^4\.2\.[12]$/;

export const noteRefusals =
  (now: () => Date): NoteRefusals =>
  async (tx, issueId, refused) => {
    for (const one of refused) await noteRefusal(tx, { issueId, ...one, at: now() });
  };

async function noteRefusal(tx: Db, refused: RefusedReader & { issueId: string; at: Date }): Promise<void> {
  const { issueId, subscriberId, code, reply, at } = refused;
  if (code === null || reply === null) return;
  // Only words about a reader are recorded as a refusal, and these answer RCPT or the message.
  const { kind, status = null } = classify({ code, reply, stage: 'rcpt' });
  // Deferred until the next issue was near. A server that is away says nothing of the mailbox.
  if (refused.reason === 'expired' && !ofMailbox.test(status ?? '')) return;
  const delivery = await lockDelivery(tx, { issueId, subscriberId });
  if (delivery === undefined) return;
  const { addressKey } = delivery;
  const event: store.EventRow = {
    issueId,
    subscriberId,
    kind: refused.reason === 'hard' ? 'hard' : kind,
    at,
    source: 'smtp',
    provider: addressKey === null ? 'others' : providerOf(domainGroup(addressKey)),
    status,
    code,
    words: reply,
    forwarded: false,
  };
  if (!(await store.insertEvent(tx, event)) || addressKey === null) return;
  if (effectOf(event.kind, false).reader !== 'point' || !(await hasEnoughPoints(tx, event))) return;
  await suppressBounced(tx, [{ subscriberId, evidence: `issue ${issueId}, ${event.kind}: ${reply}` }]);
}
