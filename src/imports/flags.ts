// Reads yes-or-no columns that carry a status: "unsubscribed", "opt-in", "bounced". Pure.
//
// People put more than yes and no into them: the date of leaving, the status itself, a cross. An unreadable
// value must not count as empty: it may be a no, and the reader would be mailed.
import type { SourceStatus, Target } from './sources.js';
import { readTime, readYes } from './values.js';

/** The status for yes and for no; undefined: it blocks nothing. */
const meanings = {
  subscribed: { yes: undefined, no: 'unsubscribed' },
  disabled: { yes: 'unsubscribed', no: undefined },
  bounced: { yes: 'bounced', no: undefined },
  complained: { yes: 'complained', no: undefined },
  blocked: { yes: 'suppressed', no: undefined },
} satisfies Partial<Record<Target, Record<'yes' | 'no', SourceStatus | undefined>>>;

export type Flag = keyof typeof meanings;

export const flags = Object.keys(meanings) as readonly Flag[];

export const isFlag = (target: Target): target is Flag => Object.hasOwn(meanings, target);

/** Separates the values of several columns with one target: each of them counts. */
export const betweenFlags = '\n';

// A date, even an ambiguous one: 01/02/2021. MySQL's zero date is none.
const someDay = /^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:\D|$)/;
const nothing = /^(?:null|nil|none|\\n|n\/a|never|[-–—]+|0000-00-00.*)$/i;

export interface FlagRead {
  /** Undefined: it blocks nothing. */
  status: SourceStatus | undefined;
  /** The value is a date: another status may override it. */
  dated: boolean;
}

/** Reads one value; `wordFor` gives the status that a word means. Undefined: the value is unreadable. */
export function readFlag(
  flag: Flag,
  text: string,
  wordFor: (word: string) => SourceStatus | undefined,
): FlagRead | undefined {
  const { yes, no } = meanings[flag];
  const said = readYes(text);
  if (said !== undefined) return { status: said ? yes : no, dated: false };
  // An empty flag blocks nothing; "never subscribed" counts as no.
  if (nothing.test(text))
    return flag !== 'subscribed' || /^never$/i.test(text) ? { status: no, dated: false } : undefined;
  if (someDay.test(text) || readTime(text) !== undefined) return { status: yes, dated: true };
  const word = wordFor(text);
  if (word === undefined) return undefined;
  return { status: word === 'active' ? undefined : word, dated: false };
}

/** The time in a flag's value, as ISO 8601, or undefined. */
export function timeInFlag(text: string | undefined): string | undefined {
  // Saves time: a shorter value is no date.
  if (text === undefined || text.length < 8) return undefined;
  return text
    .split(betweenFlags)
    .map(readTime)
    .find((time) => time !== undefined);
}
