// Reads a row's status. Pure.
import { betweenFlags, flags, readFlag, type Flag, type FlagRead } from './flags.js';
import { genericStatuses, sources, type SourceName, type SourceStatus, type Target } from './sources.js';

/** From more mail to less: the later of two statuses counts. */
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

/** Active in one column and pending in another means pending; otherwise the status with less mail counts. */
function both(one: SourceStatus, other: SourceStatus): SourceStatus {
  const less = lessMail(one, other);
  return less === 'active' && (one === 'pending' || other === 'pending') ? 'pending' : less;
}

/** The status that a service means by a word; undefined if unknown. */
function wordFor(text: string, statuses: Readonly<Record<string, SourceStatus>>): SourceStatus | undefined {
  const word = text.toLowerCase();
  const key = [word, word.replaceAll(/[\s-]+/g, '_'), word.replaceAll(/[_-]+/g, ' ')].find(
    (one) => Object.hasOwn(statuses, one) || Object.hasOwn(genericStatuses, one),
  );
  if (key === undefined) return undefined;
  return Object.hasOwn(statuses, key) ? statuses[key] : genericStatuses[key];
}

/** The columns that affect the status; empty ones are absent. */
type StatusValues = Partial<
  Record<
    Flag | 'status' | 'listStatus' | 'deletedAt' | 'unsubscribedAt' | 'bouncedAt' | 'complainedAt',
    string
  >
>;

/** An unreadable value, and its column. */
export interface Unknown {
  target: Target;
  text: string;
}

const mostRemembered = 1_000;

/** Caches `read`: files repeat the same values. */
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
 * Returns a reader for the statuses of one source; `fallback` is the status of rows without one. "to-ask":
 * the publisher says that they are pending.
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
    // A status word overrides dates: a reader who left and came back has both. Complaints and suppressions
    // always count.
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
