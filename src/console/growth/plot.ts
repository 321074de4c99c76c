// The geometry of a plot over days, for templates/console/plot.hbs. Everything is a percentage of the plot's box, so
// that words and lines keep their size at any width, on screen and in print. Pure.
import { day as aDay } from '../../durations.js';
import { everyDay, startOf } from '../../statistics/period.js';
import { dateFormat } from '../../text/words.js';

/** Some days in a row, as one bar or one point of a line. */
export interface Span {
  from: string;
  to: string;
}

export interface Tick {
  at: number;
  label: string;
  anchor: 'start' | 'middle' | 'end';
}

export interface Bar {
  kind: 'up' | 'down';
  x: number;
  width: number;
  y: number;
  height: number;
}

export interface Plot {
  /** The sentence that stands for the picture. */
  label: string;
  rows: { at: number; label: string; isZero: boolean }[];
  columns: Tick[];
  bars: Bar[];
  /** The points of a polyline in a box of 100 × 100; empty: the plot has bars. */
  line: string;
  /** The last point of the line. */
  end: { x: number; y: number } | undefined;
}

interface Frame {
  label: string;
  locale: string;
  spans: readonly Span[];
}

/** The places of the marks below the plot: at most this many fit on a phone. */
const mostMarks = 5;

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** Round numbers that cover the values, about `wanted` steps apart: 0, 500, 1000. */
export function roundNumbers(least: number, most: number, wanted = 4): number[] {
  const rough = Math.max(1, (most - least) / wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.floor(least / step);
  const last = Math.max(first + 1, Math.ceil(most / step));
  return Array.from({ length: last - first + 1 }, (_, at) => (first + at) * step);
}

const utc = { timeZone: 'UTC' } as const;
const monthOf = (day: string): number => Number(day.slice(5, 7)) - 1;
const isFirst = (day: string): boolean => day.endsWith('-01');
const isMonday = (day: string): boolean => new Date(day).getUTCDay() === 1;
const isYear = (day: string, every: number): boolean =>
  day.endsWith('-01-01') && Number(day.slice(0, 4)) % every === 0;

/** From the finest to the coarsest. */
const marks: readonly { is: (day: string, at: number) => boolean; as: Intl.DateTimeFormatOptions }[] = [
  { is: () => true, as: { day: 'numeric', month: 'short' } },
  { is: (_, at) => at % 2 === 0, as: { day: 'numeric', month: 'short' } },
  { is: isMonday, as: { day: 'numeric', month: 'short' } },
  ...[1, 2, 3, 6].map((every) => ({
    is: (day: string) => isFirst(day) && monthOf(day) % every === 0,
    as: { month: 'short' } as const,
  })),
  ...[1, 2, 5].map((every) => ({
    is: (day: string) => isYear(day, every),
    as: { year: 'numeric' } as const,
  })),
];

/** The days that a mark stands for; undefined: they are too many for the place. */
function marked(
  days: readonly string[],
  is: (day: string, at: number) => boolean,
): { day: string; at: number }[] | undefined {
  const found: { day: string; at: number }[] = [];
  for (const [at, day] of days.entries())
    if (is(day, at) && found.push({ day, at }) > mostMarks) return undefined;
  return found;
}

function columnsOf(spans: readonly Span[], locale: string): Tick[] {
  const [first, last] = [spans[0], spans.at(-1)];
  const days = first && last ? everyDay({ from: first.from, to: last.to }) : [];
  for (const { is, as } of marks) {
    const found = marked(days, is);
    if (found === undefined) continue;
    const words = dateFormat(locale, { ...as, ...utc });
    const withYear = dateFormat(locale, { ...as, year: 'numeric', ...utc });
    return found.map(({ day, at }) => {
      const place = rounded(((at + 0.5) / days.length) * 100);
      return {
        at: place,
        label: (day.endsWith('-01-01') ? withYear : words).format(new Date(day)),
        anchor: place < 8 ? 'start' : place > 92 ? 'end' : 'middle',
      };
    });
  }
  return [];
}

/** The place of a number from the top. */
function heightIn(scale: readonly number[]): (value: number) => number {
  const [least = 0, most = 1] = [scale[0], scale.at(-1)];
  return (value) => rounded(((most - value) / (most - least)) * 100);
}

function rowsOf(scale: readonly number[], locale: string): Plot['rows'] {
  const y = heightIn(scale);
  const words = new Intl.NumberFormat(locale);
  return scale.map((value) => ({ at: y(value), label: words.format(Math.abs(value)), isZero: value === 0 }));
}

/** Where each span begins, and how wide it is, in percent of the width. */
function placesOf(spans: readonly Span[]): { x: number; width: number }[] {
  const [first, last] = [spans[0], spans.at(-1)];
  if (!first || !last) return [];
  const daysFrom = (day: string): number => (startOf(day).getTime() - startOf(first.from).getTime()) / aDay;
  const all = daysFrom(last.to) + 1;
  return spans.map(({ from, to }) => {
    const [start, end] = [daysFrom(from), daysFrom(to) + 1];
    return { x: (start / all) * 100, width: ((end - start) / all) * 100 };
  });
}

/** The middle of each span, where a pointer or key reads its numbers. */
export const middlesOf = (spans: readonly Span[]): number[] =>
  placesOf(spans).map(({ x, width }) => rounded(x + width / 2));

/** A number at the end of each span. The axis need not begin at 0: a million readers change by a hundred. */
export function linePlot({ label, locale, spans }: Frame, values: readonly number[]): Plot {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const scale = roundNumbers(least < most / 2 ? 0 : least, most);
  const y = heightIn(scale);
  const places = placesOf(spans);
  const points = places.map(({ x, width }, at) => ({
    x: rounded(x + width / 2),
    y: y(values[at] ?? 0),
  }));
  return {
    label,
    rows: rowsOf(scale, locale),
    columns: columnsOf(spans, locale),
    bars: [],
    line: points.map((point) => `${point.x},${point.y}`).join(' '),
    end: points.at(-1),
  };
}

/** Two numbers for each span: one as a bar above the zero line, one below it. */
export function barPlot(
  { label, locale, spans }: Frame,
  values: readonly { up: number; down: number }[],
): Plot {
  const scale = roundNumbers(
    -Math.max(0, ...values.map(({ down }) => down)),
    Math.max(1, ...values.map(({ up }) => up)),
  );
  const y = heightIn(scale);
  const places = placesOf(spans);
  const bars = places.flatMap(({ x, width }, at): Bar[] => {
    const { up = 0, down = 0 } = values[at] ?? {};
    const place = { x: rounded(x + width * 0.15), width: rounded(width * 0.7) };
    return [
      ...(up > 0 ? [{ ...place, kind: 'up' as const, y: y(up), height: rounded(y(0) - y(up)) }] : []),
      ...(down > 0 ? [{ ...place, kind: 'down' as const, y: y(0), height: rounded(y(-down) - y(0)) }] : []),
    ];
  });
  return {
    label,
    rows: rowsOf(scale, locale),
    columns: columnsOf(spans, locale),
    bars,
    line: '',
    end: undefined,
  };
}
