// The outcome of a button in the query of the page that follows it (?did=saved). The answer to each POST is a
// redirect to that page, so that Back and reload do not post again (RFC 9110 section 15.4.4). Pure.
import type { PreferencesOutcome } from './change-preferences.js';

export type ShownOutcome =
  | {
      outcome: 'paused' | 'resumed' | 'left' | 'rejoined' | 'address-asked' | 'address-stays' | 'thanked';
    }
  | { outcome: 'saved' | 'unchanged'; kept?: readonly string[] }
  | { outcome: 'joined-other' | 'left-other'; slug: string };

const simple = [
  'paused',
  'resumed',
  'left',
  'rejoined',
  'address-asked',
  'address-stays',
  'thanked',
] as const;

/** The outcome that a page shows: of its URL, or an error of the POST that it answers. */
export type PageOutcome =
  | Exclude<ShownOutcome, { slug: string }>
  | { outcome: 'joined-other' | 'left-other'; name: string | undefined }
  | Extract<PreferencesOutcome, { outcome: 'invalid' | 'no-reason' }>;

/** The parameters of the next page. Errors have none: the POST answers them itself. */
export function queryOf(
  outcome: Exclude<PreferencesOutcome, { outcome: 'invalid' | 'no-reason' }>,
): Record<string, string> {
  switch (outcome.outcome) {
    case 'not-subscribed':
      return {};
    case 'saved':
    case 'unchanged': {
      const { kept = [] } = outcome;
      return { did: outcome.outcome, ...(kept.length === 0 ? {} : { kept: kept.join(' ') }) };
    }
    case 'joined-other':
    case 'left-other':
      return { did: outcome.outcome, newsletter: outcome.slug };
    default:
      return { did: outcome.outcome };
  }
}

/** The outcome that the query names; undefined if it names none. */
export function outcomeIn(query: Readonly<Record<string, unknown>>): ShownOutcome | undefined {
  const { did, kept, newsletter } = query;
  const plain = simple.find((one) => one === did);
  if (plain !== undefined) return { outcome: plain };
  if (did === 'saved' || did === 'unchanged')
    return { outcome: did, kept: typeof kept === 'string' ? kept.split(' ') : [] };
  if ((did === 'joined-other' || did === 'left-other') && typeof newsletter === 'string')
    return { outcome: did, slug: newsletter };
  return undefined;
}
