// The limits of public pages: SUBSCRIBE_…, CHALLENGE_… and LINKS_PER_CALLER, for environment.ts. Pure.

/** At most `times` within `withinSeconds`. */
export interface Allowance {
  times: number;
  withinSeconds: number;
}

export const challengeModes = ['off', 'auto', 'always'] as const;

export interface SubscribeLimits {
  /**
   * The most confirmation mails to one mailbox, over all callers and newsletters. All of these limits apply.
   */
  perAddress: readonly Allowance[];
  /** Requests of one caller (an IPv4 address, or an IPv6 /64), for one newsletter, and in total. */
  perCaller: Allowance;
  perNewsletter: Allowance;
  all: Allowance;
  /** Requests for mailboxes at one holder's domain, which may accept every address. Freemail providers have no limit. */
  perDomain: Allowance;
  /** Forms of one caller on the pages that the links of our mails open. Leaving by one click has no limit. */
  linksPerCaller: Allowance;
  /** When a request needs a proof of work: never, during an attack (auto), or always. */
  challenge: (typeof challengeModes)[number];
  /** For auto: the percentage of the limits above that requests without a proof may use. */
  challengeFrom: number;
  /** The most hashes that a proof costs. It costs at least half of them. */
  challengeWork: number;
  /** A challenge expires after this time. */
  challengeSeconds: number;
  /** While a proof is needed: forms without one (readers without JavaScript), of one caller and in total. */
  unprovenPerCaller: Allowance;
  unproven: Allowance;
  /** A form that comes back sooner was filled in by a program. */
  minFillSeconds: number;
  /** Every answer takes at least this long, so that its duration does not reveal an address's state. */
  answerMs: number;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Wrong = (variable: string, held: string, wanted: string) => never;

const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
// A larger count does not fit its column.
const most = 100_000_000;

export function readSubscribeLimits(env: Environment, wrong: Wrong): SubscribeLimits {
  const allowances = (variable: string, fallback: string): Allowance[] => {
    const text = env[variable] ?? fallback;
    return text.split(',').map((part) => {
      const [, times = '', amount = '', unit = ''] = /^\s*(\d{1,9})\/(\d{1,4})([smhd])\s*$/.exec(part) ?? [];
      const allowance = { times: Number(times), withinSeconds: Number(amount) * (seconds[unit] ?? 0) };
      if (allowance.withinSeconds === 0 || allowance.times === 0 || allowance.times > most)
        return wrong(variable, text, `times/duration, such as ${fallback}`);
      return allowance;
    });
  };
  const allowance = (variable: string, fallback: string): Allowance => {
    const [only, ...others] = allowances(variable, fallback);
    if (only === undefined || others.length > 0)
      return wrong(variable, env[variable] ?? '', `a single times/duration, such as ${fallback}`);
    return only;
  };
  const integer = (variable: string, fallback: number, min: number, max: number): number => {
    const text = env[variable];
    if (text === undefined) return fallback;
    const number = Number(text);
    if (!/^\d{1,9}$/.test(text.trim()) || number < min || number > max)
      return wrong(variable, text, `a whole number from ${min} to ${max}`);
    return number;
  };
  const asked = env['CHALLENGE'] ?? 'auto';
  const challenge =
    challengeModes.find((mode) => mode === asked) ??
    wrong('CHALLENGE', asked, `one of ${challengeModes.join(', ')}`);
  return {
    perAddress: allowances('SUBSCRIBE_PER_ADDRESS', '1/10m,3/1d,5/30d'),
    perCaller: allowance('SUBSCRIBE_PER_CALLER', '60/1h'),
    perNewsletter: allowance('SUBSCRIBE_PER_NEWSLETTER', '10000/1h'),
    all: allowance('SUBSCRIBE_ALL', '30000/1h'),
    perDomain: allowance('SUBSCRIBE_PER_DOMAIN', '200/1h'),
    linksPerCaller: allowance('LINKS_PER_CALLER', '300/1h'),
    challenge,
    challengeFrom: integer('CHALLENGE_FROM', 10, 0, 100),
    challengeWork: integer('CHALLENGE_WORK', 100_000, 1, 10_000_000),
    challengeSeconds: integer('CHALLENGE_SECONDS', 1200, 10, 86_400),
    unprovenPerCaller: allowance('SUBSCRIBE_UNPROVEN_PER_CALLER', '3/1h'),
    unproven: allowance('SUBSCRIBE_UNPROVEN', '300/1h'),
    minFillSeconds: integer('SUBSCRIBE_MIN_FILL_SECONDS', 2, 0, 60),
    answerMs: integer('SUBSCRIBE_ANSWER_MS', 60, 0, 10_000),
  };
}
