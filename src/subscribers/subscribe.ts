// A reader asks for a newsletter.
//
// 1. Read what was sent; only its form can be wrong, and is then told.
// 2. In one transaction: suppressed → nothing; active, or asked too often → nothing; else a pending subscription and
//    a consent record. A pending subscription whose confirmation_sent_at is null is the outbox.
// 3. Wake a worker. If the queue is down the sweep finds the row.
//
// The answer is the same for every valid address, and no mail is sent here: nobody learns who reads what.
import type { Db } from '../db.js';
import { getNewsletterBySlug } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { Enqueue } from '../queues.js';
import type { Secrets } from '../secrets.js';
import { addressHash, parseAddress, parseName } from './address.js';
import { askToConfirm } from './ask.js';
import { givenCustomFields, inputPrefix, readCustomValues } from './custom-fields.js';
import { offerOf, readChoices } from './reading.js';
import * as store from './store.js';
import { askWording } from './wording.js';

export interface SubscribeInput {
  slug: string;
  /** As the form or JSON body has it: {email, name?, topics?, frequency?, sendTime?, timezone?, language?, customFields?}. */
  body: Readonly<Record<string, unknown>>;
  /** The site whose form it was, as its browser says. */
  origin?: string | undefined;
  ip?: string | undefined;
  userAgent?: string | undefined;
}

export type SubscribeResult =
  | { status: 'accepted'; newsletter: Newsletter }
  | { status: 'unknown-newsletter' }
  /** `code` is stable; `reason` is a sentence for the reader; `field` is the input's name. */
  | { status: 'invalid'; code: `invalid-${string}`; field: string; reason: string };

/** A field that people do not see and robots fill in. */
const honeypotField = 'website';

interface Deps {
  db: Db;
  enqueue: Enqueue;
  now: () => Date;
  secrets: Secrets;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const invalid = (
  field: string,
  reason: string,
  code: `invalid-${string}` = `invalid-${field}`,
): SubscribeResult => ({ status: 'invalid', code, field, reason });

export async function subscribe(
  { db, enqueue, now, secrets }: Deps,
  input: SubscribeInput,
): Promise<SubscribeResult> {
  const newsletter = await getNewsletterBySlug(db, input.slug);
  if (!newsletter) return { status: 'unknown-newsletter' };
  const email = parseAddress(textOf(input.body['email']));
  if (!email.ok) return invalid('email', email.reason, 'invalid-address');
  const named = parseName(textOf(input.body['name']));
  if (!named.ok) return invalid('name', named.reason);
  const read = readChoices(input.body, offerOf(newsletter));
  if (!read.ok) return invalid(read.field, read.reason);
  const answers = readCustomValues(givenCustomFields(input.body), newsletter.customFields, {
    required: true,
  });
  if (!answers.ok) return invalid(inputPrefix + answers.field.name, answers.reason, 'invalid-customFields');

  const accepted: SubscribeResult = { status: 'accepted', newsletter };
  if (textOf(input.body[honeypotField]) !== '') return accepted;

  // A form says which words it showed. Another site's form has its own, which we do not know.
  const wording = askWording(newsletter.name);
  const shown = input.body['wording'] === wording.version;
  const hash = addressHash(secrets.derive('address-hash'), email.key);
  const subscriptionId = await db.transaction(async (tx) => {
    if (await store.isSuppressed(tx, hash)) return undefined;
    const subscriberId = await store.lockSubscriber(tx, {
      ...email,
      hash,
      name: named.name,
      language: read.choices.language,
    });
    return askToConfirm(tx, {
      newsletter,
      subscriberId,
      choices: read.choices,
      customFields: answers.values,
      now: now(),
      consent: {
        via: 'form',
        wording: shown ? wording.text : undefined,
        ip: input.ip,
        userAgent: input.userAgent,
        detail: shown ? { wordingVersion: wording.version } : { origin: input.origin?.slice(0, 200) ?? null },
      },
    });
  });
  if (subscriptionId !== undefined) await enqueue('subscriptions', { kind: 'confirm', subscriptionId });
  return accepted;
}
