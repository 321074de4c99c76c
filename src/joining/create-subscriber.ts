// An admin adds a reader. A pending reader gets a confirmation mail like any other; an active one does not,
// because the admin vouches for them.
import type { Message } from '../languages/messages.js';
import { inEnglish } from '../languages/translate.js';
import type { SubscribeLimits } from '../config/limits.js';
import type { Db } from '../db.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { Enqueue } from '../queues.js';
import type { Secrets } from '../secrets.js';
import { addressHash, parseAddress, parseName } from '../subscribers/address.js';
import { askToConfirm } from './ask-to-confirm.js';
import { readCustomValues, unknownField, type CustomValues } from '../subscribers/custom-fields.js';
import { getSubscriber } from '../subscribers/list-subscribers.js';
import type { SubscriberView } from '../subscribers/subscriber-view.js';
import { isSuppressed, lockSubscriber, selectSubscriberByKey } from '../subscribers/subscribers.js';
import { hasLeft, insertActive, recordConsent } from '../subscribers/subscriptions.js';

export interface CreateSubscriberInput {
  email: string;
  name?: string | null | undefined;
  /** Without it, only the subscriber is created, with no subscription. */
  newsletterId?: string | undefined;
  /**
   * pending gets a confirmation mail, active does not. The default is pending; it is active for a reader with
   * a basis, if the newsletter's `confirm` is imported-only.
   */
  status?: 'pending' | 'active' | undefined;
  /** The publisher's reason for mailing this person; it goes into the consent record. */
  basis?: string | undefined;
  /** Answers to the newsletter's custom fields. Required ones may be missing. */
  customFields?: Readonly<Record<string, unknown>> | undefined;
  via: 'api' | 'console';
}

export type CreateSubscriberResult =
  /** `created` is false if the address was known; the missing parts are added. */
  | { ok: true; created: boolean; subscriber: SubscriberView }
  | {
      ok: false;
      code:
        | 'invalid-address'
        | 'invalid-name'
        | 'invalid-customFields'
        | 'unknown-newsletter'
        | 'suppressed'
        | 'unsubscribed';
      /** In English. */
      detail: string;
      reason: Message;
    };

/** Characters; the rest of a basis is cut. */
const longestBasis = 2000;

interface Deps {
  db: Db;
  enqueue: Enqueue;
  secrets: Secrets;
  now: () => Date;
  subscribeLimits: Pick<SubscribeLimits, 'perAddress'>;
}

type Refusal = Extract<CreateSubscriberResult, { ok: false }>;
const refused = (code: Refusal['code'], reason: Message): Refusal => ({
  ok: false,
  code,
  detail: inEnglish(reason),
  reason,
});

interface ReadInput {
  ok: true;
  address: Extract<ReturnType<typeof parseAddress>, { ok: true }>;
  name: string | undefined;
  newsletter: Newsletter | undefined;
  answers: CustomValues;
}

/** Reads the input's address, name, newsletter and answers. */
async function readInput(
  db: Db,
  { email, name, newsletterId, customFields = {} }: CreateSubscriberInput,
): Promise<ReadInput | Refusal> {
  const address = parseAddress(email);
  if (!address.ok) return refused('invalid-address', address.reason);
  const named = parseName(name ?? '');
  if (!named.ok) return refused('invalid-name', named.reason);
  const newsletter = newsletterId === undefined ? undefined : await getNewsletter(db, newsletterId);
  if (newsletterId !== undefined && !newsletter)
    return refused('unknown-newsletter', { key: 'readers.refusedNewsletter' });
  const fields = newsletter?.customFields ?? [];
  const unknown = unknownField(customFields, fields);
  if (unknown !== undefined)
    return refused('invalid-customFields', { key: 'readers.refusedField', args: { field: unknown } });
  const answers = readCustomValues(customFields, fields, { required: false });
  if (!answers.ok) return refused('invalid-customFields', answers.reason);
  return { ok: true, address, name: named.name, newsletter, answers: answers.values };
}

/** The part of the input that the consent record keeps. */
function detailOf({ name, answers }: ReadInput, basis: string | undefined): object | undefined {
  const detail = {
    ...(basis === undefined ? {} : { basis }),
    ...(name === undefined ? {} : { name }),
    ...(Object.keys(answers).length === 0 ? {} : { customFields: answers }),
  };
  return Object.keys(detail).length === 0 ? undefined : detail;
}

/** Adds the subscription, pending or active. `toConfirm`: the subscription that waits for its mail. */
async function addSubscription(
  tx: Db,
  read: ReadInput & { newsletter: Newsletter },
  {
    subscriberId,
    now,
    perAddress,
    input: { via, basis, status },
  }: {
    subscriberId: string;
    now: Date;
    perAddress: SubscribeLimits['perAddress'];
    input: Pick<CreateSubscriberInput, 'via' | 'basis' | 'status'>;
  },
): Promise<{ toConfirm: string | undefined } | Refusal> {
  const { newsletter, answers: customFields } = read;
  const reason = basis?.trim().slice(0, longestBasis) || undefined;
  const vouched = newsletter.confirm === 'imported-only' && reason !== undefined;
  const detail = detailOf(read, reason);
  if ((status ?? (vouched ? 'active' : 'pending')) === 'pending') {
    const consent = { via, wording: undefined, detail };
    const asks = [{ subscriberId, wishes: [{ newsletter, choices: {}, customFields }], consent }];
    const [asked] = await askToConfirm(tx, { asks, now, perAddress });
    return { toConfirm: asked?.toConfirm };
  }
  const newsletterId = newsletter.id;
  const subscriptionId = await insertActive(tx, { newsletterId, subscriberId, customFields, via, now });
  if (subscriptionId !== undefined)
    await recordConsent(tx, { subscriptionId, event: 'added', at: now, via, detail });
  else if (await hasLeft(tx, { newsletterId, subscriberId }))
    return refused('unsubscribed', { key: 'readers.refusedUnsubscribed' });
  return { toConfirm: undefined };
}

/** Adds a reader and their subscription. It never re-activates a reader who left: only they can. */
export async function createSubscriber(
  { db, enqueue, secrets, now, subscribeLimits: { perAddress } }: Deps,
  input: CreateSubscriberInput,
): Promise<CreateSubscriberResult> {
  const read = await readInput(db, input);
  if (!read.ok) return read;
  const { address, name, newsletter } = read;
  const hash = addressHash(secrets.derive('address-hash'), address.key);

  const done = await db.transaction(async (tx) => {
    if (await isSuppressed(tx, hash)) return refused('suppressed', { key: 'readers.refusedSuppressed' });
    const known = await selectSubscriberByKey(tx, address.key);
    const subscriberId = await lockSubscriber(tx, { ...address, hash, name, language: undefined });
    const created = known === undefined;
    if (!newsletter) return { created, subscriberId, toConfirm: undefined };
    const wanted = { subscriberId, now: now(), perAddress, input };
    const added = await addSubscription(tx, { ...read, newsletter }, wanted);
    return 'ok' in added ? added : { created, subscriberId, ...added };
  });
  if ('ok' in done) return done;
  if (done.toConfirm !== undefined)
    await enqueue('subscriptions', { kind: 'confirm', subscriptionId: done.toConfirm });
  const subscriber = await getSubscriber({ db }, done.subscriberId);
  if (!subscriber) throw new Error('a subscriber was erased while being added');
  return { ok: true, created: done.created, subscriber };
}
