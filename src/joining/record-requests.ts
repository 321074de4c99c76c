// Stores requests to subscribe in lots: one transaction for those that arrive together.
//
// 1. Use up the challenges; refuse requests whose challenge was used before.
// 2. Refuse suppressed addresses, except those that bounced: a new confirmation shows that mail arrives. Refuse domains that may not join.
// 3. Lock the subscribers and all who share their mailbox; refuse readers who are active or were asked often
//    enough.
// 4. Write the others as pending subscriptions with a consent record.
//
// Then enqueue a job for each mail. If the queue is down, the sweep finds the rows.
import type { SubscribeLimits } from '../config/limits.js';
import type { Db } from '../db.js';
import { inLots } from '../lots.js';
import type { Enqueue } from '../queues.js';
import { askToConfirm, type Ask, type Wish } from './ask-to-confirm.js';
import { mayJoin, domainWithParents } from './domain-rules.js';
import { currentTraceparent, inStep, withinTrace } from '../telemetry/trace.js';
import { selectRulesFor, useChallenges } from './store-abuse.js';
import {
  type NewSubscriber,
  lockMailboxes,
  lockSubscribers,
  selectSuppressed,
} from '../subscribers/subscribers.js';

export interface JoinRequest extends Omit<Ask, 'subscriberId' | 'bounced'> {
  subscriber: NewSubscriber;
  /** The solved challenge, if there is one. */
  proof: { id: Buffer; expiresAt: Date } | undefined;
  /** The request's span. A lot has requests of several traces. */
  traceparent?: string | undefined;
}

/** The outcome of a request. Only `replayed` concerns the caller; the others are for metrics. */
export type Taken = 'asked' | 'active' | 'asked-lately' | 'suppressed' | 'blocked-domain' | 'replayed';

export interface TakeDeps {
  db: Db;
  enqueue: Enqueue;
  now: () => Date;
  subscribeLimits: Pick<SubscribeLimits, 'perAddress'>;
}

type Verdicts = Map<JoinRequest, Taken>;

/** The requests that no earlier step has decided. */
const remaining = (lot: readonly JoinRequest[], decided: Verdicts): JoinRequest[] =>
  lot.filter((request) => !decided.has(request));

async function refuseReplays(tx: Db, lot: readonly JoinRequest[], decided: Verdicts): Promise<void> {
  const proofs = new Map<string, NonNullable<JoinRequest['proof']>>();
  for (const { proof } of lot) if (proof) proofs.set(proof.id.toString('hex'), proof);
  if (proofs.size === 0) return;
  const fresh = new Set((await useChallenges(tx, [...proofs.values()])).map((id) => id.toString('hex')));
  for (const request of lot)
    // Deleting, so that only the first of two requests with one challenge in this lot passes.
    if (request.proof && !fresh.delete(request.proof.id.toString('hex'))) decided.set(request, 'replayed');
}

/** Returns the requests whose address is suppressed because of a bounce. */
async function refuseSuppressed(
  tx: Db,
  lot: readonly JoinRequest[],
  decided: Verdicts,
): Promise<Set<JoinRequest>> {
  const rows = await selectSuppressed(
    tx,
    lot.map(({ subscriber }) => subscriber.hash),
  );
  const suppressed = new Map(rows.map(({ hash, bounced }) => [hash.toString('hex'), bounced]));
  const isBounced = (request: JoinRequest) => suppressed.get(request.subscriber.hash.toString('hex'));
  for (const request of lot) if (isBounced(request) === false) decided.set(request, 'suppressed');
  return new Set(lot.filter(isBounced));
}

/** The newsletters that each remaining request may join. */
async function refuseDomains(
  tx: Db,
  lot: readonly JoinRequest[],
  decided: Verdicts,
): Promise<Map<JoinRequest, Wish[]>> {
  const rules = await selectRulesFor(tx, {
    domains: [...new Set(lot.flatMap(({ subscriber }) => domainWithParents(subscriber.domain)))],
    newsletterIds: [...new Set(lot.flatMap(({ wishes }) => wishes.map(({ newsletter }) => newsletter.id)))],
  });
  const allowed = new Map<JoinRequest, Wish[]>();
  for (const request of lot) {
    const { subscriber, wishes } = request;
    const open = wishes.filter(({ newsletter }) => mayJoin(subscriber.domain, newsletter.id, rules));
    allowed.set(request, open);
    if (open.length === 0) decided.set(request, 'blocked-domain');
  }
  return allowed;
}

/**
 * Returns a function that stores one request, together with others in a lot, and resolves to its outcome.
 */
export function openRequests({ db, enqueue, now, subscribeLimits: { perAddress } }: TakeDeps) {
  const take = inLots<JoinRequest, Taken>(async (lot) => {
    const decided: Verdicts = new Map();
    const jobs = await db.transaction(async (tx) => {
      await refuseReplays(tx, lot, decided);
      const bounced = await refuseSuppressed(tx, remaining(lot, decided), decided);
      const allowed = await refuseDomains(tx, remaining(lot, decided), decided);
      const rest = remaining(lot, decided);
      if (rest.length === 0) return [];
      await lockMailboxes(
        tx,
        rest.map(({ subscriber }) => subscriber.key),
      );
      const ids = await lockSubscribers(tx, [
        ...new Map(rest.map(({ subscriber }) => [subscriber.key, subscriber])).values(),
      ]);
      const asks = rest.map((request) => {
        const subscriberId = ids.get(request.subscriber.key);
        if (subscriberId === undefined) throw new Error('a subscriber was written and has no id');
        const wishes = allowed.get(request) ?? [];
        return { subscriberId, wishes, consent: request.consent, bounced: bounced.has(request) };
      });
      const asked = await askToConfirm(tx, { asks, now: now(), perAddress });
      for (const [at, answer] of asked.entries()) {
        const request = rest[at];
        if (request) decided.set(request, answer.toConfirm === undefined ? answer.because : 'asked');
      }
      return asked.flatMap(({ toConfirm, toTell }, at) => {
        const traceparent = rest[at]?.traceparent;
        return [
          ...(toConfirm === undefined ? [] : [{ kind: 'confirm' as const, id: toConfirm, traceparent }]),
          ...(toTell === undefined ? [] : [{ kind: 'tell' as const, id: toTell, traceparent }]),
        ];
      });
    });
    await Promise.all(
      jobs.map(({ kind, id: subscriptionId, traceparent }) =>
        withinTrace(traceparent, () => enqueue('subscriptions', { kind, subscriptionId })),
      ),
    );
    return lot.map((request) => decided.get(request) ?? 'asked');
  });
  return (request: JoinRequest): Promise<Taken> =>
    inStep('store request to subscribe', {}, () => take({ ...request, traceparent: currentTraceparent() }));
}
