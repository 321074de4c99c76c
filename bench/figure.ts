// A figure of the table.
export interface Figure {
  what: string;
  value: number;
  unit: string;
  /** What it must reach, where it must: a share or a rate at least, a time, a growth or a size at most. */
  bar?: { atLeast: number; aim?: number } | { atMost: number; aim?: number };
}

export function reaches({ value, bar }: Figure): boolean | undefined {
  if (bar === undefined) return undefined;
  return 'atLeast' in bar ? value >= bar.atLeast : value <= bar.atMost;
}

/** Three digits at least, and all those before the point. */
export function showNumber(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toPrecision(value < 0.1 ? 2 : 3);
}

export function showBar({ bar }: Figure): string {
  if (bar === undefined) return '';
  const [sign, limit] = 'atLeast' in bar ? ['≥', bar.atLeast] : ['≤', bar.atMost];
  return `${sign} ${limit}${bar.aim === undefined ? '' : ` (aim ${bar.aim})`}`;
}
