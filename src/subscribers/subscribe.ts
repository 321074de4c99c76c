// A reader asks for a newsletter.
//
// 1. Read what was sent; only its form can be wrong, and is then told.
// 2. A program gives itself away: it fills in what people do not see, or is faster than any. The first is answered like
//    everybody; the second is asked once more, as it may be a person after all.
// 3. Are there too many, and is there a solved challenge? (admit.ts)
// 4. Store it, with what else comes in at the same time, and wake a worker. (take-requests.ts)
//
// The answer is the same for every valid address, and no mail is sent here: nobody learns who reads what.
import type { SubscribeLimits } from '../config-limits.js';
import type { Message } from '../languages/messages.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { Secrets } from '../secrets.js';
import { addressHash, parseAddress, parseName } from './address.js';
import { admit, type Limit } from './admit.js';
import type { Challenges } from './challenge.js';
import type { Counts } from './counts.js';
import { givenCustomFields, inputPrefix, readCustomValues } from './custom-fields.js';
import { ageOfStamp } from './form-stamp.js';
import { offerOf, readChoices } from './reading.js';
import type { JoinRequest, Taken } from './take-requests.js';
import { askWording } from './wording.js';

export interface SubscribeInput {
  slug: string;
  /** As the form or JSON body has it: {email, name?, topics?, frequency?, sendTime?, timezone?, language?, customFields?}. */
  body: Readonly<Record<string, unknown>>;
  /** The site whose form it was, as its browser says. */
  origin?: string | undefined;
  ip?: string | undefined;
  userAgent?: string | undefined;
  /** How often this caller has asked, with this time. */
  asked: number;
  /** A form that a browser sends, and no script: it may come from a reader without JavaScript. */
  isForm: boolean;
}

export type SubscribeResult =
  /** `outcome` is for the operator's metrics, and for nobody else. */
  | { status: 'accepted'; newsletter: Newsletter; outcome: Taken | 'honeypot' | 'unproven' }
  | { status: 'unknown-newsletter' }
  /** `code` is stable; `field` is the input's name. */
  | { status: 'invalid'; code: `invalid-${string}`; field: string; reason: Message }
  | { status: 'too-fast' }
  | { status: 'too-many'; because: Limit; retryAfter: number }
  /** `because`: what was wrong with the challenge that was sent. */
  | { status: 'challenge-required'; because: 'missing' | 'expired' | 'wrong' | 'replayed' };

/** A field that people do not see and robots fill in. */
const honeypotField = 'website';

export interface SubscribeDeps {
  /** By its slug. */
  findNewsletter: (slug: string) => Promise<Newsletter | undefined>;
  takeRequest: (request: JoinRequest) => Promise<Taken>;
  challenges: Challenges;
  counts: Counts;
  now: () => Date;
  secrets: Secrets;
  subscribeLimits: SubscribeLimits;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const invalid = (
  field: string,
  reason: Message,
  code: `invalid-${string}` = `invalid-${field}`,
): SubscribeResult => ({ status: 'invalid', code, field, reason });

export async function subscribe(deps: SubscribeDeps, input: SubscribeInput): Promise<SubscribeResult> {
  const { now, secrets, subscribeLimits, challenges } = deps;
  const newsletter = await deps.findNewsletter(input.slug);
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

  if (textOf(input.body[honeypotField]) !== '')
    return { status: 'accepted', newsletter, outcome: 'honeypot' };
  const stamp = textOf(input.body['stamp']);
  if (stamp !== '') {
    const age = ageOfStamp(secrets.derive('form-stamps'), stamp, now());
    if (age === undefined || age < subscribeLimits.minFillSeconds * 1000) return { status: 'too-fast' };
  }

  const proof = await challenges.judge(input.body['altcha']);
  const { asked, isForm, ip } = input;
  const admission = await admit(deps, { newsletterId: newsletter.id, ip: ip ?? '', asked, proof, isForm });
  if (!admission.admitted) {
    if (admission.because !== 'challenge-required') return { status: 'too-many', ...admission };
    return { status: 'challenge-required', because: proof.ok ? 'wrong' : proof.because };
  }

  // A form says which words it showed. Another site's form has its own, which we do not know.
  const wording = askWording(newsletter.name);
  const shown = input.body['wording'] === wording.version;
  const taken = await deps.takeRequest({
    newsletter,
    subscriber: {
      ...email,
      hash: addressHash(secrets.derive('address-hash'), email.key),
      name: named.name,
      language: read.choices.language,
    },
    choices: read.choices,
    customFields: answers.values,
    proof: proof.ok ? proof.proof : undefined,
    consent: {
      via: 'form',
      wording: shown ? wording.text : undefined,
      ip,
      userAgent: input.userAgent,
      detail: shown ? { wordingVersion: wording.version } : { origin: input.origin?.slice(0, 200) ?? null },
    },
  });
  if (taken === 'replayed') return { status: 'challenge-required', because: 'replayed' };
  return { status: 'accepted', newsletter, outcome: admission.unproven ? 'unproven' : taken };
}
