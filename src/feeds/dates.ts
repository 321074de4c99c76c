// Dates as feeds write them. Pure.
//
// Without a zone a date is taken as UTC: the machine's own zone must not decide anything.

// Zones that RFC 822 does not know and V8 does not read, as publishers write them. Minutes east of UTC.
const zones: Record<string, string> = {
  WET: '+0000',
  WEST: '+0100',
  BST: '+0100',
  CET: '+0100',
  MET: '+0100',
  CEST: '+0200',
  MEST: '+0200',
  EET: '+0200',
  EEST: '+0300',
  MSK: '+0300',
  IST: '+0530',
  SGT: '+0800',
  HKT: '+0800',
  JST: '+0900',
  KST: '+0900',
  AEST: '+1000',
  AEDT: '+1100',
  NZST: '+1200',
  NZDT: '+1300',
  AKST: '-0900',
  AKDT: '-0800',
  HST: '-1000',
};

function valid(time: number): Date | undefined {
  // Before the web there were no feeds; 1970 and 0001 are what programs write for "no date".
  return Number.isNaN(time) || time < Date.UTC(1990, 0) || time > Date.UTC(2200, 0)
    ? undefined
    : new Date(time);
}

// RFC 3339 and the shorter forms of W3C-DTF; some write a space for the T.
const iso =
  /^(\d{4})(?:-(\d\d?)(?:-(\d\d?)(?:[T\s]+(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*(Z|UTC|GMT|[+-]\d\d:?\d\d|[+-]\d\d)?)?)?)?$/i;

function offset(zone: string | undefined): string {
  const sign = /^([+-]\d\d):?(\d\d)?$/.exec(zone ?? '');
  return sign ? `${sign[1]}:${sign[2] ?? '00'}` : 'Z';
}

function readIso(text: string): Date | undefined {
  const match = iso.exec(text);
  if (!match) return undefined;
  const [, year, month = '1', day = '1', hour = '0', minute = '00', second = '0', fraction = '0', zone] =
    match;
  const two = (number: string): string => number.padStart(2, '0');
  const date = `${year}-${two(month)}-${two(day)}T${two(hour)}:${minute}:${two(second === '60' ? '59' : second)}`;
  return valid(Date.parse(`${date}.${fraction.slice(0, 3)}${offset(zone)}`));
}

function readRfc822(text: string): Date | undefined {
  // Names of days are dropped, as they may be wrong or in any language.
  const plain = text.replace(/^\p{L}+\.?,?\s+(?=\d)/u, '').replaceAll(/\s*\([^)]*\)/g, '');
  const match =
    /^(\d{1,2})[\s-]+([a-z]{3})[a-z.]*[\s-]+(\d{4}|\d\d)(?:[\s,]+(\d{1,2}):(\d\d)(?::(\d\d))?\s*([a-z]{1,5}|(?:GMT|UTC)?\s*[+-]\d\d:?\d\d)?)?$/i.exec(
      plain,
    );
  if (!match) return undefined;
  const [, day, month, year = '', hour = '0', minute = '00', second = '00', zone = 'GMT'] = match;
  const fullYear = year.length === 2 ? String(Number(year) + (Number(year) < 70 ? 2000 : 1900)) : year;
  const numeric = zones[zone.toUpperCase()] ?? zone.replace(/^(?:GMT|UTC)\s*(?=[+-])/i, '');
  const time = (name: string): number =>
    Date.parse(`${day} ${month} ${fullYear} ${hour}:${minute}:${second} ${name}`);
  return valid(time(numeric)) ?? valid(time('GMT'));
}

/** The instant that `text` names, or undefined if it is no date, or one no post can have. */
export function parseDate(text: string | undefined): Date | undefined {
  const trimmed = text?.trim();
  if (trimmed === undefined || trimmed === '' || trimmed.length > 100) return undefined;
  // "Nov 23, 2026" and the like: V8 reads what it can, as UTC.
  const spelled = (): Date | undefined =>
    /^\p{L}+\.?,?\s.*\b\d{4}\b/u.test(trimmed)
      ? valid(Date.parse(/\b(?:GMT|UTC|Z|[+-]\d{4})\b/.test(trimmed) ? trimmed : `${trimmed} GMT`))
      : undefined;
  return readIso(trimmed) ?? readRfc822(trimmed) ?? spelled();
}
