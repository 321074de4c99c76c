// What the page of growth shows. Pure.
import type { MessageKey } from '../../languages/messages.js';
import type { Translator } from '../../languages/translate.js';
import type { LeavingReason } from '../../preferences/leaving-reasons.js';
import { daysLater, startOf } from '../../statistics/period.js';
import type { Growth } from '../../statistics/statistics.js';
import { dateFormat, dayInWords, formatDate } from '../../text/words.js';
import { barPlot, linePlot, middlesOf, type Plot, type Span } from './plot.js';

export interface PlottedDays {
  /** "2 Nov 2026", or "2 – 8 Nov 2026". */
  label: string;
  /** The place in the plot, in percent from the left. */
  at: number;
  readers: number;
  asked: number;
  joined: number;
  left: number;
}

export interface Share {
  label: string;
  count: number;
  /** Of the largest, in percent. */
  width: number;
}

/** More bars than this are thinner than a finger, and a table of more rows is not read. */
const mostSpans = 95;

/** Days in a row for one bar: 1, 7 or 30, so that there are not too many bars. */
export function spansOf(days: Growth['days']): (Span & Omit<PlottedDays, 'label' | 'at'>)[] {
  const size = [1, 7, 30].find((one) => days.length / one <= mostSpans) ?? 60;
  const spans: (Span & Omit<PlottedDays, 'label' | 'at'>)[] = [];
  // Whole spans end today. The first one may be shorter.
  for (let end = days.length; end > 0; end -= size) {
    const part = days.slice(Math.max(0, end - size), end);
    const [first, last] = [part[0], part.at(-1)];
    if (!first || !last) continue;
    const sum = (of: 'asked' | 'joined' | 'left') => part.reduce((total, one) => total + one[of], 0);
    spans.unshift({
      from: first.day,
      to: last.day,
      readers: last.readers,
      asked: sum('asked'),
      joined: sum('joined'),
      left: sum('left'),
    });
  }
  return spans;
}

function spanInWords({ from, to }: Span, locale: string): string {
  const words = dateFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' });
  return words.formatRange(startOf(from), startOf(to));
}

const sources: Readonly<Record<string, MessageKey>> = {
  form: 'growth.sourceForm',
  page: 'growth.sourceForm',
  api: 'growth.sourceApi',
  import: 'growth.sourceImport',
  console: 'growth.sourceConsole',
  returned: 'growth.sourceReturned',
  corrected: 'growth.corrected',
};

/** Those that readers were asked to choose from, and how else a subscription ends. */
const reasons: Readonly<Record<LeavingReason | 'none-given' | 'removed' | 'corrected', MessageKey>> = {
  'too-often': 'reasons.tooOften',
  'not-interested': 'reasons.notInterested',
  'never-asked': 'reasons.neverAsked',
  'looks-wrong': 'reasons.looksWrong',
  'something-else': 'reasons.somethingElse',
  'none-given': 'growth.reasonNone',
  removed: 'growth.reasonRemoved',
  corrected: 'growth.corrected',
};

export const originInWords = (source: string, { t }: Translator): string =>
  t(sources[source] ?? 'growth.sourceOther');

export const reasonInWords = (reason: string, { t }: Translator): string =>
  t(Object.hasOwn(reasons, reason) ? reasons[reason as keyof typeof reasons] : 'growth.reasonRemoved');

/** The counts by their words, the largest first. */
export function sharesOf(
  counts: Readonly<Record<string, number>>,
  inWords: (code: string) => string,
): Share[] {
  const sums = new Map<string, number>();
  for (const [code, count] of Object.entries(counts))
    if (count > 0) sums.set(inWords(code), (sums.get(inWords(code)) ?? 0) + count);
  const most = Math.max(1, ...sums.values());
  return [...sums]
    .map(([label, count]) => ({ label, count, width: Math.round((count / most) * 1000) / 10 }))
    .toSorted((a, b) => b.count - a.count);
}

function rowsOf(spans: ReturnType<typeof spansOf>, locale: string): PlottedDays[] {
  const middles = middlesOf(spans);
  return spans.map((span, at) => ({ ...span, label: spanInWords(span, locale), at: middles[at] ?? 0 }));
}

/** The plot of readers with its table, which Home shows too. */
export function readersPlot(
  { from, to, readers, days }: Growth,
  { t, locale }: Translator,
): { plot: Plot; rows: PlottedDays[] } {
  const spans = spansOf(days);
  const label = t('growth.readersLabel', {
    from: dayInWords(startOf(from), 'UTC', locale),
    to: dayInWords(startOf(to), 'UTC', locale),
    first: days[0]?.readers ?? 0,
    last: readers,
  });
  const values = spans.map((span) => span.readers);
  return { plot: linePlot({ label, locale, spans }, values), rows: rowsOf(spans, locale) };
}

const lengths = [
  [30, 'growth.days30'],
  [90, 'growth.days90'],
  [365, 'growth.year'],
] as const;

/** The links to the usual periods, which end today. */
export function periodsOf({ from, to }: Growth, today: string, { t }: Translator): object[] {
  return lengths.map(([length, key]) => {
    const first = daysLater(today, 1 - length);
    return { to: `?from=${first}`, label: t(key), current: from === first && to === today };
  });
}

export function growthView(growth: Growth, words: Translator): object {
  const { t, locale } = words;
  const { from, to, readers, joins, leaves, days } = growth;
  const spans = spansOf(days);
  const said = {
    joined: joins.total,
    left: leaves.total,
    from: formatDate(startOf(from), 'UTC', locale),
    to: formatDate(startOf(to), 'UTC', locale),
  };
  return {
    from,
    to,
    readers,
    change: t('growth.change', said),
    readersPlot: readersPlot(growth, words).plot,
    movesPlot: barPlot(
      { label: t('growth.change', said), locale, spans },
      spans.map(({ joined, left }) => ({ up: joined, down: left })),
    ),
    moved: joins.total + leaves.total > 0,
    rows: rowsOf(spans, locale),
    confirmed:
      joins.asked === 0
        ? undefined
        : t('growth.confirmed', {
            asked: joins.asked,
            confirmed: joins.confirmed,
            percent: Math.floor((joins.confirmed / joins.asked) * 100),
          }),
    sources: sharesOf(joins.bySource, (source) => originInWords(source, words)),
    reasons: sharesOf(leaves.byReason, (reason) => reasonInWords(reason, words)),
  };
}
