// Applies what mails say, in the caller's transaction. The event row comes first: if the delivery has one of this
// kind and day, nothing else happens.
import {
  endReturned,
  lockDeliveries,
  selectDelivery,
  type DeliveryToJudge,
  type ReturnedMessage,
} from '../delivery/ledger.js';
import type { ProviderGuard } from '../delivery/guard-provider.js';
import type { Db } from '../db.js';
import { day } from '../durations.js';
import { domainGroup, providerOf } from '../mail/domain-groups.js';
import type { DeliveryIds, MailOrigin } from '../mail/verp.js';
import { causes } from '../providers/refusals.js';
import { slowProvider } from '../providers/slowdowns.js';
import { expireBounced } from '../subscribers/confirmations.js';
import { suppressBounced, suppressComplained, type Evidence } from '../subscribers/suppressions.js';
import { leaveByMail } from '../subscribers/leave-by-mail.js';
import { effectOf, tokenDays } from './effects.js';
import { announceReturns } from '../webhooks/announce.js';
import { kindKeys } from './kind-keys.js';
import { eventsThatGiveUp } from './points.js';
import type { FeedbackKind, ReadMail } from './read-mail.js';
import { recordEvents } from './record-events.js';
import type * as store from './store.js';

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

/** An event that a mail tells. `addressKey` is null: the subscriber was erased. */
type JudgedEvent = store.EventRow & { addressKey: string | null };

/** What a mail comes to before anything is written: a result, or an event. */
type Judged = { result: Applied } | { event: JudgedEvent };

const nameOf = ({ issueId, subscriberId }: DeliveryIds): string => `${issueId}/${subscriberId}`;

/** Applies mails. Returns what became of each, in their order. */
export async function applyFeedback(tx: Db, mails: readonly ReceivedFeedback[]): Promise<Applied[]> {
  const origins = mails.flatMap(({ origin }) => (origin?.kind === 'delivery' ? [origin] : []));
  const deliveries = new Map(
    (await lockDeliveries(tx, origins)).map((delivery) => [nameOf(delivery), delivery]),
  );
  const judged: Judged[] = [];
  for (const mail of mails) judged.push(await judge(tx, mail, deliveries));
  const events = judged.flatMap((one) => ('event' in one ? [one.event] : []));
  const recorded = await recordEvents(tx, events);
  await applyEvents(tx, recorded);
  const isNew = new Set(recorded);
  return judged.map((one, index) => {
    if ('result' in one) return one.result;
    const { event } = one;
    if (isNew.has(event)) tellGuard(event, mails[index]?.providers);
    const result = isNew.has(event) ? 'recorded' : 'repeated';
    return { issueId: event.issueId, subscriberId: event.subscriberId, result, reason: null };
  });
}

async function judge(
  tx: Db,
  received: ReceivedFeedback,
  deliveries: ReadonlyMap<string, DeliveryToJudge>,
): Promise<Judged> {
  const { origin, read, receivedAt } = received;
  if (origin === undefined) return { result: ignored('no-token') };
  switch (origin.kind) {
    case 'delivery':
      // A provider reports its own link or button, and names the mail.
      return read.kind === 'unsubscribe' && received.source === 'webhook'
        ? { result: await leaveByProvider(tx, received, origin) }
        : judgeDelivery(received, origin, deliveries.get(nameOf(origin)));
    case 'unsubscribe': {
      // Apple's button sends mail without subject and text. A bounce or an answer decides nothing.
      if (read.kind !== 'unsubscribe' && read.kind !== 'none') return { result: ignored('no-request') };
      const left = await leaveByMail(tx, { subscriptionId: origin.subscriptionId, at: receivedAt });
      return { result: { ...nowhere, result: left ? 'recorded' : 'repeated', reason: null } };
    }
    case 'confirmation': {
      if (effectOf(read.kind, false).delivery !== 'bounced') return { result: ignored('no-bounce') };
      const words = read.recipients[0]?.words ?? '';
      const { subscriptionId } = origin;
      const expired = await expireBounced(tx, { subscriptionId, words, at: receivedAt });
      return { result: { ...nowhere, result: expired ? 'recorded' : 'repeated', reason: null } };
    }
    case 'test':
      // `feedback test` waits for this.
      return { result: ignored('test', { issueId: origin.issueId }) };
    case 'notice':
    case 'address-change':
    case 'account':
      return { result: ignored(origin.kind) };
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

function judgeDelivery(
  received: ReceivedFeedback,
  { issueId, subscriberId }: DeliveryIds,
  delivery: DeliveryToJudge | undefined,
): Judged {
  const ids = { issueId, subscriberId };
  const { read, receivedAt } = received;
  if (read.kind === 'none' || read.kind === 'unsubscribe') return { result: ignored('nothing-said', ids) };
  if (delivery === undefined) return { result: ignored('forgotten', ids) };
  const handedOver = delivery.firstTryAt ?? delivery.changedAt;
  if (handedOver !== null && receivedAt.getTime() - handedOver.getTime() > tokenDays * day)
    return { result: ignored('too-old', ids) };
  if (delivery.state === 'sending') return { result: 'too-early' };
  return { event: eventOf(received, ids, delivery) };
}

function eventOf(
  { read, source, receivedAt }: ReceivedFeedback,
  ids: DeliveryIds,
  { addressKey }: DeliveryToJudge,
): JudgedEvent {
  const about = read.recipients.find(({ address }) => address === addressKey) ?? read.recipients[0];
  const failed = about?.address ?? '';
  return {
    ...ids,
    addressKey,
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

const evidenceOf = ({ issueId, kind, words }: store.EventRow): Evidence => ({
  issueId,
  what: { key: kindKeys[kind] },
  reply: words,
});

/** Applies new events to their deliveries, readers and providers. */
async function applyEvents(tx: Db, events: readonly JudgedEvent[]): Promise<void> {
  await announceReturned(tx, await endReturned(tx, returnedBy(events)));
  const known = events.filter(({ addressKey }) => addressKey !== null);
  const toldBy = (reader: 'suppress' | 'complaint'): JudgedEvent[] =>
    known.filter(({ kind, forwarded }) => effectOf(kind, forwarded).reader === reader);
  const bounced = [...toldBy('suppress'), ...(await eventsThatGiveUp(tx, known))];
  await suppressBounced(
    tx,
    bounced.map((event) => ({ subscriberId: event.subscriberId, evidence: evidenceOf(event) })),
  );
  for (const event of toldBy('complaint')) {
    const { subscriberId, at } = event;
    await suppressComplained(tx, { subscriberId, evidence: evidenceOf(event), at });
  }
  const slowed = new Map(
    known
      .filter(({ kind, forwarded }) => kind === 'throttled' && !forwarded)
      .map(({ addressKey, words }) => [domainGroup(addressKey ?? ''), words ?? '']),
  );
  for (const group of [...slowed.keys()].toSorted()) await slowProvider(tx, group, slowed.get(group) ?? '');
}

/** One statement for the whole lot. */
async function announceReturned(tx: Db, returned: readonly ReturnedMessage[]): Promise<void> {
  const [first] = returned;
  if (first === undefined) return;
  const about = returned.map(({ reason: kind, ...rest }) => ({ ...rest, kind }));
  await announceReturns(tx, first.at, about);
}

/** One for each delivery: its complaint, else its first bounce. */
function returnedBy(events: readonly JudgedEvent[]): ReturnedMessage[] {
  const returned = new Map<string, ReturnedMessage>();
  for (const { issueId, subscriberId, kind, code, words, at, forwarded } of events) {
    const state = effectOf(kind, forwarded).delivery;
    const name = nameOf({ issueId, subscriberId });
    if (state === undefined || (state === 'bounced' && returned.has(name))) continue;
    returned.set(name, { issueId, subscriberId, state, reason: kind, code, words: words ?? '', at });
  }
  return [...returned.values()];
}

/** The guard judges a provider that refuses messages, whatever they say of the reader. */
function tellGuard(
  { kind, issueId, forwarded, addressKey }: JudgedEvent,
  providers: ReceivedFeedback['providers'],
): void {
  // The server that a reader forwards to is not the reader's provider.
  if (forwarded || addressKey === null) return;
  if (causes.some((cause) => cause === kind)) providers?.note(domainGroup(addressKey), issueId);
}
