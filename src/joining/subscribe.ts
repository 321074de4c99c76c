// A reader asks for a newsletter, or for several in one form.
//
// 1. Read what was sent; only its form can be wrong, and is then told.
// 2. A program gives itself away: it fills in what people do not see, or is faster than any. The first is answered like
//    everybody; the second is asked once more, as it may be a person after all.
// 3. Are there too many, and is there a solved challenge? (limit-requests.ts)
// 4. Store it, with what else comes in at the same time, and wake a worker. (record-requests.ts)
//
// The answer is the same for every valid address, and no mail is sent here: nobody learns who reads what.
import type { SubscribeLimits } from '../config/limits.js';
import { languageOf, type Language } from '../languages/language.js';
import type { Message } from '../languages/messages.js';
import { translator } from '../languages/translate.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { Secrets } from '../secrets.js';
import { addressHash, parseAddress, parseName } from '../subscribers/address.js';
import { admit, type Limit } from './limit-requests.js';
import type { Challenges } from './challenge.js';
import { strictest } from './challenge-mode.js';
import type { Counts } from '../rates/counts.js';
import {
  givenCustomFields,
  inputPrefix,
  readCustomValues,
  type CustomValues,
} from '../subscribers/custom-fields.js';
import { ageOfStamp } from './form-stamp.js';
import { offerOf, readChoices } from '../subscribers/reading.js';
import type { Wish } from './ask-to-confirm.js';
import type { JoinRequest, Taken } from './record-requests.js';
import { askSeveralWording, askWording, languageOfWording } from '../subscribers/wording.js';

export interface SubscribeInput {
  /** Of each newsletter that is asked for, once. */
  slugs: readonly string[];
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
  | { status: 'accepted'; newsletters: Newsletter[]; outcome: Taken | 'honeypot' | 'unproven' }
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

const noNewsletter: SubscribeResult = invalid('newsletters', { key: 'confirming.chooseOne' });

/** What is asked for, newsletter by newsletter, or what is wrong with it. */
function readWishes(
  newsletters: readonly Newsletter[],
  { slugs, body }: SubscribeInput,
): { ok: true; wishes: Wish[] } | { ok: false; result: SubscribeResult } {
  const wishes: Wish[] = [];
  for (const newsletter of newsletters) {
    // Where one form asks for several, times and topics of each are for later: only the language is everybody's.
    const { language } = body;
    const read = readChoices(slugs.length === 1 ? body : { language }, offerOf(newsletter));
    if (!read.ok) return { ok: false, result: invalid(read.field, read.reason) };
    const answers = readCustomValues(givenCustomFields(body), newsletter.customFields, { required: true });
    if (!answers.ok) {
      const name = inputPrefix + answers.field.name;
      return { ok: false, result: invalid(name, answers.reason, 'invalid-customFields') };
    }
    wishes.push({ newsletter, choices: read.choices, customFields: answers.values });
  }
  return { ok: true, wishes };
}

export async function subscribe(deps: SubscribeDeps, input: SubscribeInput): Promise<SubscribeResult> {
  const { now, secrets, subscribeLimits, challenges } = deps;
  const { slugs, body } = input;
  const found = await Promise.all(slugs.map((slug) => deps.findNewsletter(slug)));
  const newsletters = found.filter((newsletter) => newsletter !== undefined);
  if (newsletters.length < slugs.length) return { status: 'unknown-newsletter' };
  const email = parseAddress(textOf(body['email']));
  if (!email.ok) return invalid('email', email.reason, 'invalid-address');
  const named = parseName(textOf(body['name']));
  if (!named.ok) return invalid('name', named.reason);
  const read = readWishes(newsletters, input);
  if (!read.ok) return read.result;
  const { wishes } = read;
  const [first] = wishes;
  const [own, ...others] = newsletters;
  if (!first || !own) return noNewsletter;

  if (textOf(body[honeypotField]) !== '') return { status: 'accepted', newsletters, outcome: 'honeypot' };
  const stamp = textOf(body['stamp']);
  if (stamp !== '') {
    const age = ageOfStamp(secrets.derive('form-stamps'), stamp, now());
    if (age === undefined || age < subscribeLimits.minFillSeconds * 1000) return { status: 'too-fast' };
  }

  const proof = await challenges.judge(body['altcha']);
  const { asked, isForm, ip } = input;
  const newsletterIds = newsletters.map(({ id }) => id);
  const { challenge } = strictest([own, ...others], subscribeLimits);
  const admission = await admit(deps, { newsletterIds, challenge, ip: ip ?? '', asked, proof, isForm });
  if (!admission.admitted) {
    if (admission.because !== 'challenge-required') return { status: 'too-many', ...admission };
    return { status: 'challenge-required', because: proof.ok ? 'wrong' : proof.because };
  }

  const shown = shownTo(input, newsletters);
  const taken = await deps.takeRequest({
    wishes,
    subscriber: {
      ...email,
      hash: addressHash(secrets.derive('address-hash'), email.key),
      name: named.name,
      language: first.choices.language ?? shown.chosen,
    },
    proof: proof.ok ? proof.proof : undefined,
    consent: {
      via: 'form',
      ip,
      userAgent: input.userAgent,
      wording: shown.wording,
      language: shown.language,
      detail: {
        ...shown.detail,
        ...answersOf(wishes),
        ...(named.name === undefined ? {} : { name: named.name }),
      },
    },
  });
  if (taken === 'replayed') return { status: 'challenge-required', because: 'replayed' };
  return { status: 'accepted', newsletters, outcome: admission.unproven ? 'unproven' : taken };
}

/** The words that the reader saw, and in which language. */
function shownTo(
  { body, origin }: SubscribeInput,
  newsletters: readonly Newsletter[],
): { wording?: string; language?: Language; chosen?: Language | undefined; detail: object } {
  const [first, ...others] = newsletters;
  const own = languageOf(first?.language);
  const spoken = languageOfWording(body['wording']);
  const words = translator(spoken ?? 'en');
  const wording = first && others.length === 0 ? askWording(first.name, words) : askSeveralWording(words);
  // A form says which words it showed. Another site's form has its own, which we do not know.
  if (body['wording'] !== wording.version) return { detail: { origin: origin?.slice(0, 200) ?? null } };
  const { text, version, language } = wording;
  return {
    wording: text,
    language,
    // Who read the form in a language that is not the newsletter's is written to in it.
    chosen: language === own ? undefined : language,
    detail: { wordingVersion: version },
  };
}

/** What the reader answered, for the record. */
function answersOf(wishes: readonly Wish[]): { customFields?: CustomValues } {
  const customFields: CustomValues = Object.assign({}, ...wishes.map((wish) => wish.customFields));
  return Object.keys(customFields).length === 0 ? {} : { customFields };
}
