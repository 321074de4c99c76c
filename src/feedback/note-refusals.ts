// What a relay said at the hand-over about readers who get no message. It is an event like a mail that came back: the
// reader's page shows it, and a mailbox that takes nothing on five days is given up.
import { lockDeliveries } from '../delivery/ledger.js';
import type { NoteRefusals, RefusedReader } from '../delivery/record-and-claim.js';
import { classify } from '../mail/classify.js';
import { domainGroup, providerOf } from '../mail/domain-groups.js';
import { suppressBounced } from '../subscribers/suppressions.js';
import { kindKeys } from './kind-keys.js';
import { eventsThatGiveUp } from './points.js';
import { recordEvents } from './record-events.js';
import type * as store from './store.js';

/** X.2.1 and X.2.2 of RFC 3463: the mailbox is disabled or full. */
const ofMailbox = /^4\.2\.[12]$/;

export const noteRefusals =
  (now: () => Date): NoteRefusals =>
  async (tx, issueId, refused) => {
    const at = now();
    const said = refused.flatMap((one) => judge(one) ?? []);
    const deliveries = await lockDeliveries(
      tx,
      said.map(({ subscriberId }) => ({ issueId, subscriberId })),
    );
    const addresses = new Map(deliveries.map(({ subscriberId, addressKey }) => [subscriberId, addressKey]));
    const events = said.flatMap((one): store.EventRow[] => {
      const addressKey = addresses.get(one.subscriberId);
      if (addressKey === undefined) return [];
      const provider = addressKey === null ? 'others' : providerOf(domainGroup(addressKey));
      return [{ ...one, issueId, at, source: 'smtp', provider, forwarded: false }];
    });
    const givenUp = await eventsThatGiveUp(tx, await recordEvents(tx, events));
    await suppressBounced(
      tx,
      givenUp.map(({ subscriberId, kind, words }) => ({
        subscriberId,
        evidence: { issueId, what: { key: kindKeys[kind] }, reply: words },
      })),
    );
  };

/** Undefined: the reply says nothing of the reader. */
function judge(
  refused: RefusedReader,
): Pick<store.EventRow, 'subscriberId' | 'kind' | 'status' | 'code' | 'words'> | undefined {
  const { subscriberId, code, reply, reason } = refused;
  if (code === null || reply === null) return undefined;
  // Only words about a reader are recorded as a refusal, and these answer RCPT or the message.
  const { kind, status = null } = classify({ code, reply, stage: 'rcpt' });
  // Deferred until the next issue was near. A server that is away says nothing of the mailbox.
  if (reason === 'expired' && !ofMailbox.test(status ?? '')) return undefined;
  return { subscriberId, kind: reason === 'hard' ? 'hard' : kind, status, code, words: reply };
}
