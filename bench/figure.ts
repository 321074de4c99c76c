// One figure of the results table.
export interface Figure {
  what: string;
  value: number;
  unit: string;
  /** The bar, if there is one: a minimum for a share or rate, a maximum for a time, growth or size. */
  bar?: { atLeast: number; aim?: number } | { atMost: number; aim?: number };
}

export function reaches({ value, bar }: Figure): boolean | undefined {
  if (bar === undefined) return undefined;
  return 'atLeast' in bar ? value >= bar.atLeast : value <= bar.atMost;
}

/** Three significant digits (two below 0.1), and every digit before the point. */
export function showNumber(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toPrecision(value < 0.1 ? 2 : 3);
}

export function showBar({ bar }: Figure): string {
  if (bar === undefined) return '';
  const [sign, limit] = 'atLeast' in bar ? ['≥', bar.atLeast] : ['≤', bar.atMost];
  return `${sign} ${limit}${bar.aim === undefined ? '' : ` (aim ${bar.aim})`}`;
}
