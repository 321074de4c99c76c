// Columns of yes and no that tell of a status: "unsubscribed", "opt-in", "bounced". Pure.
//
// People put more into them than yes and no: the day on which somebody left, the status itself, a cross. What nobody can
// read is never taken for nothing: whoever had said no would be mailed.
import type { SourceStatus, Target } from './sources.js';
import { readTime, readYes } from './values.js';

/** What a yes and a no mean; undefined: nothing that keeps mail away. */
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

/** Between the values of several columns that are one flag: each of them counts. */
export const betweenFlags = '\n';

// A day, even if nobody can tell which: 01/02/2021. MySQL's day that is none is no day.
const someDay = /^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:\D|$)/;
const nothing = /^(?:null|nil|none|\\n|n\/a|never|[-–—]+|0000-00-00.*)$/i;

export interface FlagRead {
  /** Undefined: nothing that keeps mail away. */
  status: SourceStatus | undefined;
  /** The value is a day, on which that came about: others may outrank it. */
  dated: boolean;
}

/** Reads one value; `wordFor` is what a word means as a status. Undefined: nobody can. */
export function readFlag(
  flag: Flag,
  text: string,
  wordFor: (word: string) => SourceStatus | undefined,
): FlagRead | undefined {
  const { yes, no } = meanings[flag];
  const said = readYes(text);
  if (said !== undefined) return { status: said ? yes : no, dated: false };
  // Nothing where a yes would keep mail away; of who has never subscribed it is a no.
  if (nothing.test(text))
    return flag !== 'subscribed' || /^never$/i.test(text) ? { status: no, dated: false } : undefined;
  if (someDay.test(text) || readTime(text) !== undefined) return { status: yes, dated: true };
  const word = wordFor(text);
  if (word === undefined) return undefined;
  return { status: word === 'active' ? undefined : word, dated: false };
}

/** The time in a flag's value, ISO 8601; undefined: there is none that can be told. */
export function timeInFlag(text: string | undefined): string | undefined {
  // Shorter is no date, and looking for one takes time.
  if (text === undefined || text.length < 8) return undefined;
  return text
    .split(betweenFlags)
    .map(readTime)
    .find((time) => time !== undefined);
}
