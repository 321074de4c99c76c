// Reads the values of an import: times, yes and no, lists, IP addresses. Pure.
//
// formats/dates.ts is no second reader of these times: it guesses what a feed may mean. A time of an import can
// prove consent, so an ambiguous one is refused.
import { isIP } from 'node:net';
import { minute } from '../durations.js';

/** Earlier timestamps are junk, not dates. */
const oldest = Date.UTC(1990, 0, 1);
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

const clock = String.raw`(?:[T ,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?(?: ?([ap])\.?m\.?)?)?`;
// The last group is the zone name that Go prints after the offset, as in "+0000 UTC".
const zone = String.raw`(?: ?(Z|UTC|GMT|[+-]\d{2}:?\d{2}))?(?: [A-Z]{2,5})?`;
// 2024-03-01T09:30:00.000Z, 2024-03-01 09:30:00, 2024-03-01 09:30:00.5 +0200 CEST, 2024/03/01
const yearFirst = new RegExp(`^(\\d{4})[-/.](\\d{1,2})[-/.](\\d{1,2})${clock}${zone}$`, 'i');
// 31.12.2024 09:30, 31/12/2024, 12/31/2024
const yearLast = new RegExp(`^(\\d{1,2})([-/.])(\\d{1,2})[-/.](\\d{4})${clock}${zone}$`, 'i');
// Mar 1, 2024, 9:30 AM; March 1 2024
const monthName = new RegExp(`^([a-z]{3})[a-z]*\\.? (\\d{1,2}),? (\\d{4})${clock}${zone}$`, 'i');

function offsetMinutes(text: string | undefined): number {
  const found = /^([+-])(\d{2}):?(\d{2})$/.exec(text ?? '');
  if (!found) return 0;
  const minutes = Number(found[2]) * 60 + Number(found[3]);
  return found[1] === '-' ? -minutes : minutes;
}

function timeOf(
  [year, month, day]: readonly [number, number, number],
  [hours = '0', minutes = '0', seconds = '0', half, offset]: readonly (string | undefined)[],
): number | undefined {
  const hour = half === undefined ? Number(hours) : (Number(hours) % 12) + (/p/i.test(half) ? 12 : 0);
  const at = Date.UTC(year, month - 1, day, hour, Number(minutes), Number(seconds));
  const date = new Date(at);
  // Date.UTC would turn the 31st of a shorter month into the 1st of the next.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return at - offsetMinutes(offset) * minute;
}

// The usual form, read fast. Date.UTC would turn 31 June into another day.
const plainTime =
  /^(\d{4}-\d\d-(?:0[1-9]|1\d|2[0-8]))[T ](\d\d:\d\d:\d\d)(?:\.\d{1,6})?(?:Z| UTC| \+0000 UTC)?$/;

function readTimeMs(text: string): number | undefined {
  const plain = plainTime.exec(text);
  if (plain) {
    const at = Date.parse(`${plain[1]}T${plain[2]}Z`);
    return Number.isNaN(at) ? undefined : at;
  }
  const first = yearFirst.exec(text);
  if (first) return timeOf([Number(first[1]), Number(first[2]), Number(first[3])], first.slice(4));
  const last = yearLast.exec(text);
  if (last) {
    const [one, other] = [Number(last[1]), Number(last[3])];
    // Dots mean day first. With slashes, a number above 12 is the day; if both numbers may be months, the
    // date is ambiguous.
    const dayFirst = last[2] === '.' || one > 12;
    if (!dayFirst && other <= 12 && one !== other) return undefined;
    const [day, month] = dayFirst ? [one, other] : [other, one];
    return timeOf([Number(last[4]), month, day], last.slice(5));
  }
  const named = monthName.exec(text);
  const month = named ? months.indexOf((named[1] ?? '').toLowerCase()) + 1 : 0;
  if (named && month > 0) return timeOf([Number(named[3]), month, Number(named[2])], named.slice(4));
  if (/^\d{10}(?:\d{3})?$/.test(text)) return text.length === 10 ? Number(text) * 1000 : Number(text);
  return undefined;
}

/** Reads a time in the past, as ISO 8601; undefined if it is none or ambiguous. Without a zone it is UTC. */
export function readTime(text: string): string | undefined {
  const at = text === '' ? undefined : readTimeMs(text);
  return at !== undefined && at >= oldest && at < 4e12 ? new Date(at).toISOString() : undefined;
}

// The forms of TRUE and FALSE in spreadsheets, and of yes and no in English, German, French, Spanish,
// Italian, Portuguese and Dutch. 1.0 comes from spreadsheets too.
const yes =
  /^(?:true|t|yes|y|1(?:[.,]0+)?|on|x|✓|✔|☑|wahr|ja|j|vrai|oui|verdadero|s[iíì]|vero|verdadeiro|sim|waar)$/i;
const no = /^(?:false|f|no|n|0(?:[.,]0+)?|off|✗|✘|☐|falsch|nein|faux|non|falso|n[aã]o|onwaar|nee)$/i;

export function readYes(text: string): boolean | undefined {
  if (yes.test(text)) return true;
  return no.test(text) ? false : undefined;
}

/** Without a zone: PostgreSQL's inet does not accept link-local zones. */
export const readIp = (text: string): string | undefined =>
  isIP(text) === 0 || text.includes('%') ? undefined : text;

/** Lists: Mailchimp writes "one","two"; we write one|two; others one, two; or a JSON array. */
export function readList(text: string): string[] {
  if (text === '') return [];
  if (text.startsWith('['))
    try {
      const list: unknown = JSON.parse(text);
      if (Array.isArray(list)) return list.filter((item) => typeof item === 'string');
    } catch {
      // Not JSON: a label may begin with a bracket.
    }
  return text
    .split(text.includes('|') ? '|' : /[,;]/)
    .map((item) =>
      item
        .trim()
        .replace(/^"+|"+$/g, '')
        .trim(),
    )
    .filter((item) => item !== '');
}

/** One line, at most `most` characters, without characters that PostgreSQL or a page cannot hold. */
export function plainLine(text: string, most: number): string {
  return text
    .slice(0, 4 * most)
    .replaceAll(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, most);
}
