// The filters of the list of readers as links, each with the number of readers whom it finds alone.
import type { Db } from '../../db.js';
import { day } from '../../durations.js';
import type { MessageKey } from '../../languages/messages.js';
import type { Translator } from '../../languages/translate.js';
import type { Newsletter } from '../../newsletters/schema.js';
import { countFew, type AtLeast } from '../../subscribers/count-few.js';
import {
  countByFrequency,
  countBySource,
  countByStatus,
  countByTopic,
} from '../../subscribers/count-readers.js';
import { joinSources, type JoinSource } from '../../subscribers/join-source.js';
import { readerProblems, type ReaderProblem } from '../../subscribers/reader-problems.js';
import { subscriptionStatuses, type SubscriptionStatus } from '../../subscribers/status.js';
import { stateWords } from '../state-words.js';
import { frequencyLabels } from './choices.js';

const filterNames = ['status', 'topic', 'problem', 'frequency', 'source', 'added', 'search'] as const;
export type Filters = Record<(typeof filterNames)[number], string>;
export const noFilters: Filters = {
  status: '',
  topic: '',
  problem: '',
  frequency: '',
  source: '',
  added: '',
  search: '',
};

/** Days. */
export const addedWithin = ['7', '30', '365'] as const;

export const addedSince = (days: (typeof addedWithin)[number], now: Date): Date =>
  new Date(now.getTime() - Number(days) * day);

/** The address of the list with these filters. */
export function chip(base: string, filters: Filters): string {
  const query = new URLSearchParams(
    filterNames.flatMap((name): [string, string][] => (filters[name] ? [[name, filters[name]]] : [])),
  );
  return query.size === 0 ? base : `${base}?${query.toString()}`;
}

/** A value of a filter, or '' for all. A number is exact, unless it says that there can be more. */
type Choice = readonly [value: string, label: string, readers?: number | AtLeast | undefined];

/** The links that choose one value of a filter, and keep the others. */
const chipsOf = (base: string, filters: Filters, name: keyof Filters, choices: readonly Choice[]): object[] =>
  choices.map(([value, label, readers]) => ({
    label,
    ...(typeof readers === 'object'
      ? { count: readers.readers, isMore: readers.isMore }
      : { count: readers }),
    to: chip(base, { ...filters, [name]: value }),
    current: value === filters[name],
  }));

const problemLabels: Record<ReaderProblem, MessageKey> = {
  bounced: 'readers.problemBounced',
  complained: 'readers.problemComplained',
  full: 'readers.problemFull',
  unavailable: 'readers.problemUnavailable',
  refused: 'readers.problemRefused',
};

const sourceLabels: Record<JoinSource, MessageKey> = {
  form: 'readers.viaForm',
  api: 'readers.viaApi',
  import: 'readers.viaImport',
  console: 'readers.viaConsole',
};

interface ChipsOf {
  newsletter: Newsletter | undefined;
  base: string;
  filters: Filters;
}

type Chips = Record<
  'statuses' | 'problems' | 'topics' | 'frequencies' | 'sources' | 'periods',
  object[] | undefined
>;

/** The numbers of the chips. Those of subscriptions are kept; over all newsletters a reader would count several times. */
async function numbersOf({ db, now }: Deps, newsletter: Newsletter | undefined) {
  const few = await countFew(db, {
    newsletterId: newsletter?.id,
    times: addedWithin.map((days) => addedSince(days, now)),
  });
  const status: Partial<Record<SubscriptionStatus, number>> =
    newsletter === undefined ? {} : await countByStatus(db, newsletter.id);
  return {
    status,
    ...few,
    topics: newsletter && (await countByTopic(db, newsletter.id)),
    sources: newsletter && (await countBySource(db, newsletter.id)),
    frequencies: newsletter && (await countByFrequency(db, newsletter)),
  };
}

interface Deps {
  db: Db;
  now: Date;
}

/** The chips of each filter. In the number of a status, a suppressed reader has the status of before. */
export async function chipsAbout(
  deps: Deps,
  { newsletter, base, filters }: ChipsOf,
  words: Translator,
): Promise<Chips> {
  const numbers = await numbersOf(deps, newsletter);
  const chips = (name: keyof Filters, choices: readonly Choice[]): object[] =>
    chipsOf(base, filters, name, [['', words.t('readers.all')], ...choices]);
  const { frequencies } = newsletter?.schedule ?? { frequencies: [] };
  const topics = newsletter?.topics ?? [];
  return {
    statuses: chips(
      'status',
      subscriptionStatuses.map((one) => [
        one,
        stateWords(words).subscription[one],
        one === 'suppressed' ? numbers.troubles.suppressed : numbers.status[one],
      ]),
    ),
    problems: chips(
      'problem',
      readerProblems.map((one) => [one, words.t(problemLabels[one]), numbers.troubles[one]]),
    ),
    sources: chips(
      'source',
      joinSources.map((one) => [one, words.t(sourceLabels[one]), numbers.sources?.get(one)]),
    ),
    periods: chips(
      'added',
      addedWithin.map((days, at) => [
        days,
        words.t('readers.addedWithin', { days: Number(days) }),
        numbers.added[at],
      ]),
    ),
    frequencies:
      frequencies.length > 1
        ? chips(
            'frequency',
            frequencies.map((one) => [one, words.t(frequencyLabels[one]), numbers.frequencies?.get(one)]),
          )
        : undefined,
    topics:
      topics.length > 0
        ? chips(
            'topic',
            topics.map((one) => [one, one, numbers.topics?.get(one)]),
          )
        : undefined,
  };
}
