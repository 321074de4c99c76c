// What a row of an import says of its reader's status. Pure.
import { betweenFlags, flags, readFlag, type Flag, type FlagRead } from './flags.js';
import { genericStatuses, sources, type SourceName, type SourceStatus, type Target } from './sources.js';

/** From more mail to less; of two that are told, the later one counts. */
const order: readonly SourceStatus[] = [
  'pending',
  'expired',
  'active',
  'unsubscribed',
  'suppressed',
  'bounced',
  'complained',
];

const lessMail = (one: SourceStatus, other: SourceStatus): SourceStatus =>
  order.indexOf(other) > order.indexOf(one) ? other : one;

/** Subscribed here and unconfirmed there is unconfirmed; else what asks for less mail. */
function both(one: SourceStatus, other: SourceStatus): SourceStatus {
  const less = lessMail(one, other);
  return less === 'active' && (one === 'pending' || other === 'pending') ? 'pending' : less;
}

/** What a service means by a word in its status column; undefined: nobody knows. */
function wordFor(text: string, statuses: Readonly<Record<string, SourceStatus>>): SourceStatus | undefined {
  const word = text.toLowerCase();
  const key = [word, word.replaceAll(/[\s-]+/g, '_'), word.replaceAll(/[_-]+/g, ' ')].find(
    (one) => Object.hasOwn(statuses, one) || Object.hasOwn(genericStatuses, one),
  );
  if (key === undefined) return undefined;
  return Object.hasOwn(statuses, key) ? statuses[key] : genericStatuses[key];
}

/** The columns that tell of a status; those that are empty are absent. */
type StatusValues = Partial<
  Record<
    Flag | 'status' | 'listStatus' | 'deletedAt' | 'unsubscribedAt' | 'bouncedAt' | 'complainedAt',
    string
  >
>;

/** What nobody can read, and where it stands. */
export interface Unknown {
  target: Target;
  text: string;
}

const mostRemembered = 1_000;

/** `read`, which remembers what it has read: files say the same again and again. */
function remembering<Value>(read: (text: string) => Value): (text: string) => Value {
  const known = new Map<string, Value>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined || known.has(text)) return found as Value;
    const value = read(text);
    if (known.size < mostRemembered) known.set(text, value);
    return value;
  };
}

/**
 * Reads the status of rows of one source; `fallback` is that of rows that say nothing. "to-ask": it is the publisher who
 * says that they are pending.
 */
export function statusReader(
  source: SourceName | null,
  fallback: SourceStatus,
): (values: StatusValues) => SourceStatus | 'to-ask' | Unknown {
  const statuses = sources.find(({ name }) => name === source)?.statuses ?? {};
  const meaning = remembering((text) => wordFor(text, statuses));
  const readers = flags.map((flag) => ({
    flag,
    read: remembering((text): readonly FlagRead[] | undefined => {
      const read = text.split(betweenFlags).map((part) => readFlag(flag, part.trim(), meaning));
      return read.every((one) => one !== undefined) ? read : undefined;
    }),
  }));
  return (values) => {
    let told: SourceStatus | undefined;
    const also = (status: SourceStatus): void => {
      told = told === undefined ? status : both(told, status);
    };
    for (const target of ['status', 'listStatus'] as const) {
      const text = values[target];
      if (text === undefined) continue;
      const word = meaning(text);
      if (word === undefined) return { target, text };
      also(word);
    }
    const said = told !== undefined;
    // A word outranks old times: who left and came back has both. A complaint stays one.
    const since = (status: SourceStatus): void => {
      if (!said || status === 'complained' || status === 'suppressed') also(status);
    };
    for (const { flag, read } of readers) {
      const text = values[flag];
      if (text === undefined) continue;
      const found = read(text);
      if (found === undefined) return { target: flag, text };
      for (const { status, dated } of found) if (status !== undefined) (dated ? since : also)(status);
    }
    if (values.deletedAt !== undefined) also('unsubscribed');
    if (values.unsubscribedAt !== undefined) since('unsubscribed');
    if (values.bouncedAt !== undefined) since('bounced');
    if (values.complainedAt !== undefined) since('complained');
    return told ?? (fallback === 'pending' ? 'to-ask' : fallback);
  };
}
