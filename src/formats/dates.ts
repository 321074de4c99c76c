// Parses dates as feeds write them. Pure.
//
// A date without a zone is read as UTC: the machine's own zone must not decide anything.
import { Temporal } from 'temporal-polyfill';
import { monthOf } from './month-names.js';

// Zones that publishers write, but that RFC 822 does not define and V8 does not read: ±hhmm east of UTC.
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
  EST: '-0500',
  EDT: '-0400',
  CST: '-0600',
  CDT: '-0500',
  MST: '-0700',
  MDT: '-0600',
  PST: '-0800',
  PDT: '-0700',
  NST: '-0330',
  NDT: '-0230',
  AST: '-0400',
  ADT: '-0300',
  BRT: '-0300',
  ART: '-0300',
  SAST: '+0200',
  EAT: '+0300',
  PKT: '+0500',
  NPT: '+0545',
  ICT: '+0700',
  WIB: '+0700',
  PHT: '+0800',
  AWST: '+0800',
  ACST: '+0930',
  ACDT: '+1030',
};

// American publishers name the zone alone: it is EST in winter and EDT in summer.
const places: Record<string, string> = {
  ET: 'America/New_York',
  CT: 'America/Chicago',
  MT: 'America/Denver',
  PT: 'America/Los_Angeles',
  AKT: 'America/Anchorage',
};

const isZone = (name: string): boolean => name in zones || name in places;

/** The instant of a local time ("2026-11-23T07:00:00") in a zone. NaN if it is unknown, or the time is none. */
function timeIn(local: string, zone: string): number {
  const place = places[zone];
  if (place === undefined) return Date.parse(`${local}${offset(zones[zone] ?? zone)}`);
  try {
    return Temporal.PlainDateTime.from(local).toZonedDateTime(place).epochMilliseconds;
  } catch {
    return Number.NaN;
  }
}

function valid(time: number): Date | undefined {
  // No feed is older than the web. Programs write 1970 and 0001 for "no date".
  return Number.isNaN(time) || time < Date.UTC(1990, 0) || time > Date.UTC(2200, 0)
    ? undefined
    : new Date(time);
}

// RFC 3339 and the shorter forms of W3C-DTF. Some publishers write a space instead of the T, or slashes.
const iso =
  /^(\d{4})(?:[-/.](\d\d?)(?:[-/.](\d\d?)(?:[T\s]+(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*(Z|UTC|GMT|[+-]\d\d:?\d\d|[+-]\d\d|[A-Z]{2,4})?)?)?)?$/i;

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
  const name =
    /^[a-z]/i.test(zone ?? '') && !/^(?:Z|UTC|GMT)$/i.test(zone ?? '') ? zone?.toUpperCase() : undefined;
  if (name !== undefined && !isZone(name)) return undefined;
  return valid(timeIn(`${date}.${fraction.slice(0, 3)}`, name ?? zone ?? 'Z'));
}

function readRfc822(text: string): Date | undefined {
  // Drops the day's name: it may be wrong, or in any language.
  const plain = text.replace(/^\p{L}+\.?,?\s+(?=\d)/u, '').replaceAll(/\s*\([^)]*\)/g, '');
  const match =
    /^(\d{1,2})[\s-]+([a-z]{3})[a-z.]*[\s-]+(\d{4}|\d\d)(?:[\s,]+(\d{1,2}):(\d\d)(?::(\d\d))?\s*([a-z]{1,5}|(?:GMT|UTC)?\s*[+-]\d\d:?\d\d)?)?$/i.exec(
      plain,
    );
  if (!match) return undefined;
  const [, day, month, year = '', hour = '0', minute = '00', second = '00', zone = 'GMT'] = match;
  const fullYear = year.length === 2 ? String(Number(year) + (Number(year) < 70 ? 2000 : 1900)) : year;
  const name = zone.toUpperCase();
  const numeric = zones[name] ?? zone.replace(/^(?:GMT|UTC)\s*(?=[+-])/i, '');
  const time = (inZone: string): number =>
    Date.parse(`${day} ${month} ${fullYear} ${hour}:${minute}:${second} ${inZone}`);
  const utc = valid(time('GMT'));
  if (utc !== undefined && places[name] !== undefined)
    return valid(timeIn(utc.toISOString().slice(0, 19), name));
  return valid(time(numeric)) ?? utc;
}

// Other numeric forms: ISO 8601 without separators, Chinese and Japanese dates, and dots with the day first.
const otherIso: readonly [RegExp, string][] = [
  [/^(\d{4})(\d\d)(\d\d)(?:[T\s]?(\d\d)(\d\d)(\d\d)(Z|[+-]\d{4})?)?$/i, '$1-$2-$3 $4:$5:$6$7'],
  [/^(\d{4})\s?年\s?(\d\d?)\s?月\s?(\d\d?)\s?日(.*)$/, '$1-$2-$3 $4'],
  [/^(\d\d?)\.\s?(\d\d?)\.\s?(\d{4}),?(.*)$/, '$3-$2-$1 $4'],
];

function readNumbers(text: string): Date | undefined {
  // Seconds or milliseconds since 1970. They have had 10 or 13 digits since 2001.
  if (/^(\d{10}|\d{13})$/.test(text)) return valid(Number(text) * (text.length === 10 ? 1000 : 1));
  const found = otherIso.find(([form]) => form.test(text));
  return found && readIso(text.replace(...found).replace(/[\s:]+$/, ''));
}

const zoneName = /^(?:(?:GMT|UTC?|Z)?[+-]\d\d:?\d\d|GMT|UTC?|Z|[ECMP][SD]T)$/i;

/**
 * Reads a date in words, in any order:
 * "Mon Nov 23 07:00:00 EST 2026", "le 23 févr. 2026 à 7h30", "Nov 23, 2026 7:30 pm".
 */
function readSpelled(text: string): Date | undefined {
  let [day, month, year, hour, minute, second, zone] = ['', '', '', 0, '00', '00', 'GMT'];
  for (const token of text.replaceAll(/\([^)]*\)/g, ' ').split(/[\s,]+/)) {
    const time = /^(\d{1,2})[:h](\d\d)(?::(\d\d))?(am|pm)?$/i.exec(token);
    const half = /^([ap])\.?m\.?$/i.exec(time?.[4] ?? token)?.[1]?.toLowerCase();
    if (time) [hour, minute, second] = [Number(time[1]), time[2] ?? '00', time[3] ?? '00'];
    if (half !== undefined) hour = (hour % 12) + (half === 'p' ? 12 : 0);
    else if (zoneName.test(token) || zones[token.toUpperCase()] !== undefined || token in places)
      zone = token;
    else if (/^\d{4}\.?$/.test(token)) year = token.slice(0, 4);
    else if (/^\d{1,2}(?:\.|st|nd|rd|th|er)?$/i.test(token)) day ||= String(Number.parseInt(token, 10));
    // The last month name wins: in "mar. 24 nov." the word "mar." means Tuesday, not March.
    else month = monthOf(token) ?? month;
  }
  if (day === '' || month === '' || year === '') return undefined;
  return readRfc822(`${day} ${month} ${year} ${hour}:${minute}:${second} ${zone}`);
}

/** The instant that `text` names. Undefined if `text` is no date, or a date that no post can have. */
export function parseDate(text: string | undefined): Date | undefined {
  const trimmed = text?.trim();
  if (trimmed === undefined || trimmed === '' || trimmed.length > 100) return undefined;
  return readIso(trimmed) ?? readRfc822(trimmed) ?? readNumbers(trimmed) ?? readSpelled(trimmed);
}

/** Reads the date as V8 does, which accepts nearly everything, but never in the machine's zone. */
export function parseDateLeniently(text: string): Date | undefined {
  const hasZone = /\b(?:GMT|UTC?|[ECMP][SD]T)\b|[\d\s]Z$|[+-]\d\d:?\d\d$/i.test(text);
  return parseDate(text) ?? valid(Date.parse(hasZone ? text : `${text} GMT`));
}
