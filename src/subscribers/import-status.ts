// What a row of an import says of its reader's status. Pure.
import { genericStatuses, sources, type SourceName, type SourceStatus } from './import-sources.js';
import { readYes } from './import-values.js';

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
export interface StatusValues {
  status?: string;
  listStatus?: string;
  subscribed?: string;
  disabled?: string;
  deletedAt?: string;
  unsubscribedAt?: string;
  bouncedAt?: string;
  complainedAt?: string;
}

/** Reads the status of rows of one source; `fallback` is that of rows that say nothing. Undefined: an unknown word. */
export function statusReader(
  source: SourceName | null,
  fallback: SourceStatus,
): (values: StatusValues) => SourceStatus | undefined {
  const statuses = sources.find(({ name }) => name === source)?.statuses ?? {};
  const known = new Map<string, SourceStatus | undefined>();
  const meaning = (text: string): SourceStatus | undefined => {
    if (!known.has(text) && known.size < 1_000) known.set(text, wordFor(text, statuses));
    return known.has(text) ? known.get(text) : wordFor(text, statuses);
  };
  return (values) => {
    let told: SourceStatus | undefined;
    for (const text of [values.status, values.listStatus]) {
      if (text === undefined) continue;
      const word = meaning(text);
      if (word === undefined) return undefined;
      told = told === undefined ? word : both(told, word);
    }
    const said = told !== undefined;
    const also = (status: SourceStatus): void => {
      told = told === undefined ? status : lessMail(told, status);
    };
    if (values.subscribed !== undefined && readYes(values.subscribed) === false) also('unsubscribed');
    if (values.disabled !== undefined && readYes(values.disabled) === true) also('unsubscribed');
    if (values.deletedAt !== undefined) also('unsubscribed');
    // A word outranks old times: who left and came back has both.
    if (!said && values.unsubscribedAt !== undefined) also('unsubscribed');
    if (!said && values.bouncedAt !== undefined) also('bounced');
    if (values.complainedAt !== undefined) also('complained');
    return told ?? fallback;
  };
}
