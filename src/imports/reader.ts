// Reads one row of an import: a reader, or the reason why there is none. Pure.
//
// Only an invalid address or an unreadable status makes a row invalid. Other values that cannot be read are
// left out, and the row's remark says so: a link in a name must not cost a reader.
import type { Message } from '../languages/messages.js';
import { messageJson } from '../languages/message-json.js';
import type { CustomField } from '../newsletters/custom-fields.js';
import { parseAddress, parseName } from '../subscribers/address.js';
import { readCustomValue, type CustomValues } from '../subscribers/custom-fields.js';
import { betweenFlags, isFlag, timeInFlag } from './flags.js';
import { targetOf, type ImportLayout } from './layout.js';
import { readMailbox, type Mailbox } from './mailbox.js';
import type { ImportStatus } from './outcome.js';
import { unconfirmedMs } from '../subscribers/time-limits.js';
import type { SourceStatus, Target } from './sources.js';
import { statusReader, type Unknown } from './status.js';
import { plainLine, readIp, readList, readTime, readYes } from './values.js';
import { readChoices, readingTime, type Offer, type ChosenReadingTime } from '../subscribers/reading.js';

/** Times are ISO 8601 and not in the future. */
export interface ImportReader {
  address: string;
  key: string;
  name: string | undefined;
  status: ImportStatus;
  /** The reason of a suppression, for suppressed readers. */
  suppressedFor: string | undefined;
  language: string | undefined;
  /** Null: all. */
  topics: string[] | null;
  time: ChosenReadingTime | undefined;
  requestedAt: string | undefined;
  requestedIp: string | undefined;
  confirmedAt: string | undefined;
  confirmedIp: string | undefined;
  unsubscribedAt: string | undefined;
  /** For the consent record, as JSON: {reason, stated, tags}. */
  evidence: string | undefined;
  /** Other choices, as JSON: {customFields, plainText, trackingAgreedAt, pausedUntil}. */
  choices: string | undefined;
  /** The values that were left out, for the row's record: messages as JSON. */
  remarks: string | undefined;
}

/** `line` is the line in the file, from 1. */
export type ImportRow =
  { line: number; reader: ImportReader } | { line: number; reason: Message; email?: string };

/** The values of a row by target: trimmed; absent if empty. */
export type Values = Partial<Record<Target, string>>;

export interface ReaderRules {
  layout: ImportLayout;
  offer: Offer;
  customFields: readonly CustomField[];
  /** ISO 8601. */
  now: string;
  /** An unconfirmed reader who asked before this time is not asked again. ISO 8601. */
  askedSince: string;
  statusOf: ReturnType<typeof statusReader>;
  /** All targets of this file, with undefined values: an object that never grows takes half the time. */
  blank: Values;
}

export function readerRules(
  layout: ImportLayout,
  { now, ...rules }: Pick<ReaderRules, 'offer' | 'customFields'> & { now: Date },
): ReaderRules {
  const statusOf = statusReader(layout.source, layout.status);
  const blank = Object.fromEntries(layout.columns.map(({ target }) => [target, undefined])) as Values;
  const askedSince = new Date(now.getTime() - unconfirmedMs).toISOString();
  return { ...rules, layout, now: now.toISOString(), askedSince, statusOf, blank };
}

const longest = 320;
const suppressions: Partial<Record<SourceStatus | 'to-ask', string>> = {
  bounced: 'bounce',
  complained: 'complaint',
  suppressed: 'imported',
};
/** Suppression reasons that our export writes. Erasure is not among them: a file must not claim it. */
const knownSuppressions = new Set(['manual', 'bounce', 'complaint', 'imported']);

/** Our export and Ghost's put ' in front of text that a spreadsheet would read as a formula. */
const plain = (text: string): string => (text.startsWith("'") ? text.replace(/^'(?=[=+\-@\t\r])/, '') : text);

function jsonOf(said: object): string | undefined {
  const json = JSON.stringify(said);
  return json === '{}' ? undefined : json;
}

const none: string[] = [];
const listOf = (text: string | undefined): string[] => (text === undefined ? none : readList(plain(text)));

/** The name of the row's own columns, or the name within the address. */
function nameOf(values: Values, mailbox: Mailbox, remarks: Message[]): string | undefined {
  const { name, firstName, lastName } = values;
  const parts = [firstName, lastName].filter((part) => part !== undefined);
  const written = name === undefined ? parts.map(plain).join(' ') : plain(name);
  const isMailbox = /<[^<>]*@[^<>]*>/.test(written);
  const stated = isMailbox ? (readMailbox(written).name ?? '') : written;
  // Services without a name put the address into this column.
  const isAddress = stated.toLowerCase() === mailbox.address.toLowerCase();
  const whole = stated === '' || isAddress ? (mailbox.name ?? '') : stated;
  if (whole === '') return undefined;
  const named = parseName(whole);
  if (named.ok) return named.name;
  remarks.push(named.reason);
  return undefined;
}

/** Labels become topics only if the newsletter has such a topic. Others would keep posts from the reader. */
function topicsOf(values: Values, tags: readonly string[], { offer }: ReaderRules, remarks: Message[]) {
  const listed = listOf(values.topics);
  const offered = new Set(offer.topics.map((topic) => topic.toLowerCase()));
  const labels = tags.length === 0 ? none : tags.filter((tag) => offered.has(tag.toLowerCase()));
  if (listed.length === 0 && labels.length === 0) return null;
  const read = readChoices({ topics: [...listed, ...labels] }, offer);
  if (read.ok) return read.choices.topics ?? null;
  remarks.push({ key: 'imports.topicUnknown' });
  return null;
}

const timeFields = ['frequency', 'sendTime', 'weekday'] as const;

/** Each choice is read by itself: an invalid one does not cost the others. */
function timeOf(values: Values, { offer }: ReaderRules, remarks: Message[]): ChosenReadingTime | undefined {
  const given = timeFields.filter((field) => values[field] !== undefined);
  // A time zone alone is no choice of time: Mailchimp guesses it from an IP address.
  if (given.length === 0) return undefined;
  let choices = {};
  for (const field of [...given, 'timezone'] as const) {
    const read = readChoices({ [field]: values[field] }, offer);
    if (read.ok) choices = { ...choices, ...read.choices };
    else remarks.push(read.reason);
  }
  return readingTime(choices, offer);
}

function languageOf({ language }: Values, { offer }: ReaderRules, remarks: Message[]): string | undefined {
  if (language === undefined) return undefined;
  const read = readChoices({ language }, offer);
  if (read.ok) return read.choices.language;
  remarks.push(read.reason);
  return undefined;
}

function choicesOf(values: Values, { customFields, now }: ReaderRules, remarks: Message[]) {
  const answers: CustomValues = {};
  for (const field of customFields) {
    const text = values[`customFields.${field.name}`];
    if (text === undefined) continue;
    const read = readCustomValue(plain(text), field);
    if (!read.ok) remarks.push(read.reason);
    else if (read.value !== undefined) answers[field.name] = read.value;
  }
  const { plainText, pausedUntil, trackingAgreedAt } = values;
  const paused = pausedUntil === undefined ? undefined : readTime(pausedUntil);
  return jsonOf({
    ...(Object.keys(answers).length > 0 && { customFields: answers }),
    ...(plainText !== undefined && readYes(plainText) === true && { plainText: true }),
    ...(trackingAgreedAt !== undefined && { trackingAgreedAt: readTime(trackingAgreedAt) }),
    ...(paused !== undefined && paused > now && { pausedUntil: paused }),
  });
}

function evidenceOf({ reason, basis }: Values, tags: readonly string[]): string | undefined {
  if (reason === undefined && basis === undefined && tags.length === 0) return undefined;
  return jsonOf({
    ...(reason !== undefined && { reason: plainLine(reason, 200) }),
    ...(basis !== undefined && { stated: plainLine(plain(basis), 2000) }),
    ...(tags.length > 0 && { tags: tags.slice(0, 50).map((tag) => plainLine(tag, 100)) }),
  });
}

/** A time in the future becomes now: clocks are sometimes wrong, and consent cannot be in the future. */
function past(text: string | undefined, now: string): string | undefined {
  const time = text === undefined ? undefined : readTime(text);
  return time !== undefined && time > now ? now : time;
}

const ipOf = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : readIp(text);

/** The reason why a row's status cannot be read. */
function unknownStatus({ target, text }: Unknown, { columns }: ImportLayout): Message {
  const value = plainLine(text, 40);
  if (!isFlag(target)) return { key: 'imports.statusUnknown', args: { value } };
  const column = columns.find((one) => one.target === target)?.column ?? target;
  return { key: 'imports.flagUnknown', args: { column: plainLine(column, 40), value } };
}

/** When they left, bounced or complained. */
function leftAt(values: Values, now: string): string | undefined {
  const { unsubscribedAt, deletedAt, bouncedAt, complainedAt } = values;
  const { disabled, bounced, complained, blocked } = values;
  return (
    past(unsubscribedAt ?? deletedAt ?? bouncedAt ?? complainedAt, now) ??
    past(timeInFlag(disabled) ?? timeInFlag(bounced) ?? timeInFlag(complained) ?? timeInFlag(blocked), now)
  );
}

/**
 * Unconfirmed requests expire after a week, also those made at another service: a reader who asked years ago
 * would be surprised by a mail. The same holds for a request without a date, unless the publisher wants it.
 */
function statusHere(
  status: SourceStatus | 'to-ask',
  requestedAt: string | undefined,
  { layout, askedSince }: ReaderRules,
  remarks: Message[],
): ImportStatus {
  if (status === 'to-ask') return 'pending';
  if (status === 'bounced' || status === 'complained') return 'suppressed';
  if (status !== 'pending' || layout.asksAll) return status;
  if (requestedAt !== undefined && requestedAt >= askedSince) return 'pending';
  remarks.push({ key: requestedAt === undefined ? 'imports.unconfirmedUndated' : 'imports.unconfirmedLong' });
  return 'expired';
}

/** Reads the values of one row. */
export function readReader(line: number, values: Values, rules: ReaderRules): ImportRow {
  const typed = plain(values.email ?? '');
  const mailbox = readMailbox(typed);
  const email = parseAddress(mailbox.address);
  if (!email.ok) return { line, reason: email.reason, email: plainLine(typed, longest) };
  const { address, key } = email;
  const status = rules.statusOf(values);
  if (typeof status === 'object') return { line, reason: unknownStatus(status, rules.layout), email: key };
  const { now } = rules;
  const { suppressedFor = '' } = values;
  const remarks: Message[] = [];
  const tags = listOf(values.tags);
  const requestedAt = past(values.requestedAt ?? timeInFlag(values.subscribed), now);
  const reader: ImportReader = {
    address,
    key,
    name: nameOf(values, mailbox, remarks),
    status: statusHere(status, requestedAt, rules, remarks),
    suppressedFor: knownSuppressions.has(suppressedFor) ? suppressedFor : suppressions[status],
    language: languageOf(values, rules, remarks),
    topics: topicsOf(values, tags, rules, remarks),
    time: timeOf(values, rules, remarks),
    requestedAt,
    requestedIp: ipOf(values.requestedIp),
    confirmedAt: past(values.confirmedAt, now),
    confirmedIp: ipOf(values.confirmedIp),
    unsubscribedAt: leftAt(values, now),
    evidence: evidenceOf(values, tags),
    choices: choicesOf(values, rules, remarks),
    remarks: remarks.length > 0 ? messageJson(remarks) : undefined,
  };
  return { line, reader };
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value === null || value === undefined ? '' : JSON.stringify(value);
}

/**
 * Adds a value. The first value of a target counts. Labels add up, and so do flags that may keep mail away.
 */
export function addValue(values: Values, target: Target, text: string): void {
  const value = text.trim();
  if (target === 'ignore' || value === '') return;
  const earlier = values[target];
  if (earlier === undefined) values[target] = value;
  else if (target === 'tags') values.tags = `${earlier},${value}`;
  else if (isFlag(target)) values[target] = `${earlier}${betweenFlags}${value}`;
}

/** The values of an object, by the meaning of its keys. */
export function valuesOf(object: object, layout: ImportLayout): Values {
  const values: Values = {};
  for (const [key, value] of Object.entries(object)) addValue(values, targetOf(key, layout), textOf(value));
  return values;
}

/**
 * Attributes in the style of listmonk and Buttondown: an object within a field. The file's own columns come
 * first.
 */
export function addAttributes(values: Values, layout: ImportLayout): void {
  const text = values.attributes ?? '';
  if (!text.startsWith('{') || text === '{}') return;
  let attributes: object;
  try {
    attributes = JSON.parse(text) as object;
  } catch {
    return; // Attributes that are no JSON are ignored.
  }
  for (const [name, value] of Object.entries(valuesOf(attributes, { ...layout, source: null, map: {} }))) {
    const target = name as Target;
    if (target === 'email' || target === 'status') continue;
    // An attribute "active" may mean anything, so it does not set the status.
    if (isFlag(target) && readYes(value ?? '') === undefined) continue;
    addValue(values, target, value ?? '');
  }
  for (const [key, value] of Object.entries(attributes))
    addValue(values, `customFields.${key}`, textOf(value));
}
