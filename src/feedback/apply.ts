// Applies what a mail says, in the caller's transaction. The event row comes first: if the delivery has one of this
// kind and day, nothing else happens.
import { endReturned, lockDelivery, selectDelivery, type DeliveryToJudge } from '../delivery/ledger.js';
import type { ProviderGuard } from '../delivery/guard-provider.js';
import type { Db } from '../db.js';
import { day } from '../durations.js';
import { domainGroup, providerOf } from '../mail/domain-groups.js';
import type { DeliveryIds, MailOrigin } from '../mail/verp.js';
import { causes } from '../providers/refusals.js';
import { slowProvider } from '../providers/slowdowns.js';
import { expireBounced } from '../subscribers/confirmations.js';
import { suppressBounced, suppressComplained } from '../subscribers/suppressions.js';
import { leaveByMail } from '../subscribers/leave-by-mail.js';
import { effectOf, tokenDays } from './effects.js';
import { hasEnoughPoints } from './points.js';
import type { FeedbackKind, ReadMail } from './read-mail.js';
import * as store from './store.js';

export interface ReceivedFeedback {
  read: ReadMail;
  /** The mail of ours that it is about. Undefined: it holds no token of ours. */
  origin: MailOrigin | undefined;
  source: string;
  receivedAt: Date;
  /** Hears of messages that a provider refused (src/delivery/guard-provider.ts). */
  providers?: Pick<ProviderGuard, 'note'> | undefined;
}

/** `too-early`: the hand-over is not recorded yet. */
export type Applied = Omit<store.Conclusion, 'kind'> | 'too-early';

const nowhere = { issueId: null, subscriberId: null };
const ignored = (reason: string, about: Partial<DeliveryIds> = {}): Applied => ({
  ...nowhere,
  ...about,
  result: 'ignored',
  reason,
});

export async function applyFeedback(tx: Db, received: ReceivedFeedback): Promise<Applied> {
  const { origin, read, receivedAt } = received;
  if (origin === undefined) return ignored('no-token');
  switch (origin.kind) {
    case 'delivery':
      // A provider reports its own link or button, and names the mail.
      return read.kind === 'unsubscribe' && received.source === 'webhook'
        ? leaveByProvider(tx, received, origin)
        : aboutDelivery(tx, received, origin);
    case 'unsubscribe': {
      // Apple's button sends mail without subject and text. A bounce or an answer decides nothing.
      if (read.kind !== 'unsubscribe' && read.kind !== 'none') return ignored('no-request');
      const left = await leaveByMail(tx, { subscriptionId: origin.subscriptionId, at: receivedAt });
      return { ...nowhere, result: left ? 'recorded' : 'repeated', reason: null };
    }
    case 'confirmation': {
      if (effectOf(read.kind, false).delivery !== 'bounced') return ignored('no-bounce');
      const words = read.recipients[0]?.words ?? '';
      const expired = await expireBounced(tx, {
        subscriptionId: origin.subscriptionId,
        words,
        at: receivedAt,
      });
      return { ...nowhere, result: expired ? 'recorded' : 'repeated', reason: null };
    }
    case 'test':
      // `feedback test` waits for this.
      return ignored('test', { issueId: origin.issueId });
    case 'notice':
    case 'address-change':
    case 'account':
      return ignored(origin.kind);
  }
}

async function leaveByProvider(
  tx: Db,
  { receivedAt }: ReceivedFeedback,
  { issueId, subscriberId }: DeliveryIds,
): Promise<Applied> {
  const ids = { issueId, subscriberId };
  const delivery = await selectDelivery(tx, issueId, subscriberId);
  if (delivery === undefined) return ignored('forgotten', ids);
  const left = await leaveByMail(tx, { subscriptionId: delivery.subscriptionId, at: receivedAt });
  return { ...ids, result: left ? 'recorded' : 'repeated', reason: null };
}

async function aboutDelivery(
  tx: Db,
  received: ReceivedFeedback,
  { issueId, subscriberId }: DeliveryIds,
): Promise<Applied> {
  const ids = { issueId, subscriberId };
  const { read, receivedAt } = received;
  if (read.kind === 'none' || read.kind === 'unsubscribe') return ignored('nothing-said', ids);
  const delivery = await lockDelivery(tx, ids);
  if (delivery === undefined) return ignored('forgotten', ids);
  const handedOver = delivery.firstTryAt ?? delivery.changedAt;
  if (handedOver !== null && receivedAt.getTime() - handedOver.getTime() > tokenDays * day)
    return ignored('too-old', ids);
  if (delivery.state === 'sending') return 'too-early';
  const event = eventOf(received, ids, delivery);
  if (!(await store.insertEvent(tx, event))) return { ...ids, result: 'repeated', reason: null };
  await applyEvent(tx, event, delivery);
  if (delivery.addressKey !== null) await tellProviders(tx, event, delivery.addressKey, received.providers);
  return { ...ids, result: 'recorded', reason: null };
}

function eventOf(
  { read, source, receivedAt }: ReceivedFeedback,
  ids: DeliveryIds,
  { addressKey }: DeliveryToJudge,
): store.EventRow {
  const about = read.recipients.find(({ address }) => address === addressKey) ?? read.recipients[0];
  const failed = about?.address ?? '';
  return {
    ...ids,
    kind: kindOf(read, about?.kind),
    at: receivedAt,
    source,
    provider: addressKey === null ? 'others' : providerOf(domainGroup(addressKey)),
    status: about?.status ?? null,
    code: about?.code ?? null,
    words: about?.words ?? null,
    forwarded: failed !== '' && addressKey !== null && failed !== addressKey && read.kind !== 'complaint',
  };
}

/** Of a report about several recipients, what it says of ours. */
const kindOf = (read: ReadMail, about: FeedbackKind | undefined): FeedbackKind =>
  about === undefined || read.kind === 'auto' ? read.kind : about;

/** What the event says of the provider, whatever it says of the reader. */
async function tellProviders(
  tx: Db,
  { kind, issueId, words, forwarded }: store.EventRow,
  addressKey: string,
  providers: ReceivedFeedback['providers'],
): Promise<void> {
  // The server that a reader forwards to is not the reader's provider.
  if (forwarded) return;
  const group = domainGroup(addressKey);
  if (kind === 'throttled') await slowProvider(tx, group, words ?? '');
  if (causes.some((cause) => cause === kind)) providers?.note(group, issueId);
}

async function applyEvent(tx: Db, event: store.EventRow, { addressKey }: DeliveryToJudge): Promise<void> {
  const { issueId, subscriberId, kind, code, at, forwarded } = event;
  const words = event.words ?? '';
  const { delivery: state, reader } = effectOf(kind, forwarded);
  if (state !== undefined)
    await endReturned(tx, { issueId, subscriberId, state, reason: kind, code, words, now: at });
  if (addressKey === null || reader === undefined) return;
  const evidence = `issue ${issueId}, ${kind}: ${words}`;
  if (reader === 'complaint') return suppressComplained(tx, { subscriberId, evidence, at });
  if (reader === 'suppress' || (await hasEnoughPoints(tx, event)))
    await suppressBounced(tx, [{ subscriberId, evidence }]);
}
