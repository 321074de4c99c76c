// A reader asks for one newsletter, or for several in one form.
//
// 1. Read the input. Only its form can be wrong; the answer then says what.
// 2. Detect bots: they fill in a hidden field, or answer faster than a person. The first get the usual
//    answer; the second are asked to try again, because a person may be that fast.
// 3. Check the limits and the challenge (limit-requests.ts).
// 4. Store the request with others that arrive together, and enqueue the mail (record-requests.ts).
//
// The answer is the same for every valid address, and no mail is sent here: a stranger cannot learn who reads
// what.
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
  /** The requested newsletters, each once. */
  slugs: readonly string[];
  /**
   * The fields of the form or JSON body: {email, name?, topics?, frequency?, sendTime?, timezone?, language?,
   * customFields?}.
   */
  body: Readonly<Record<string, unknown>>;
  /** The Origin header: the site of the form. */
  origin?: string | undefined;
  ip?: string | undefined;
  userAgent?: string | undefined;
  /** How often this caller has asked, including this time. */
  asked: number;
  /** Sent as a form, not by a script: the reader's browser may run no JavaScript. */
  isForm: boolean;
}

export type SubscribeResult =
  /** `outcome` is only for metrics. */
  | { status: 'accepted'; newsletters: Newsletter[]; outcome: Taken | 'honeypot' | 'unproven' }
  | { status: 'unknown-newsletter' }
  /** `code` is stable; `field` is the input's name. */
  | { status: 'invalid'; code: `invalid-${string}`; field: string; reason: Message }
  | { status: 'too-fast' }
  | { status: 'too-many'; because: Limit; retryAfter: number }
  /** `because` says what was wrong with the challenge. */
  | { status: 'challenge-required'; because: 'missing' | 'expired' | 'wrong' | 'replayed' };

/** A field that people do not see, and that bots fill in. */
const honeypotField = 'website';

export interface SubscribeDeps {
  /** Finds a newsletter by its slug. */
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

/** Reads the wishes for each newsletter; `result` says what is wrong. */
function readWishes(
  newsletters: readonly Newsletter[],
  { slugs, body }: SubscribeInput,
): { ok: true; wishes: Wish[] } | { ok: false; result: SubscribeResult } {
  const wishes: Wish[] = [];
  for (const newsletter of newsletters) {
    // A form of several newsletters has no times or topics. Only the language applies to all.
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
  const from = { ip: ip ?? '', domain: email.domain, asked, isForm };
  const admission = await admit(deps, { ...from, newsletterIds, challenge, proof });
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

/** The wording that the reader saw, and its language. */
function shownTo(
  { body, origin }: SubscribeInput,
  newsletters: readonly Newsletter[],
): { wording?: string; language?: Language; chosen?: Language | undefined; detail: object } {
  const [first, ...others] = newsletters;
  const own = languageOf(first?.language);
  const spoken = languageOfWording(body['wording']);
  const words = translator(spoken ?? 'en');
  const wording = first && others.length === 0 ? askWording(first.name, words) : askSeveralWording(words);
  // Our forms name the wording that they showed. Forms of other sites have wordings that we do not know.
  if (body['wording'] !== wording.version) return { detail: { origin: origin?.slice(0, 200) ?? null } };
  const { text, version, language } = wording;
  return {
    wording: text,
    language,
    // A reader who used the form in another language than the newsletter's gets mail in that language.
    chosen: language === own ? undefined : language,
    detail: { wordingVersion: version },
  };
}

/** The reader's answers, for the consent record. */
function answersOf(wishes: readonly Wish[]): { customFields?: CustomValues } {
  const customFields: CustomValues = Object.assign({}, ...wishes.map((wish) => wish.customFields));
  return Object.keys(customFields).length === 0 ? {} : { customFields };
}
