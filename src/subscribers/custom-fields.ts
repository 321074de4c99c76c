// Reads the answers to a newsletter's custom fields, for forms, API, imports and preferences alike. Pure.
//
// Answers are stored as JSON: texts and choices as strings, numbers as numbers, checkboxes as booleans. A
// missing answer has no key. Forms name an input `customFields.city`; JSON bodies have `"customFields":
// {"city": …}`.
import type { Arguments, Message, MessageKey } from '../languages/messages.js';
import type { CustomField } from '../newsletters/custom-fields.js';
import { isLongerThan } from '../text/graphemes.js';

type CustomValue = string | number | boolean;
export type CustomValues = Record<string, CustomValue>;

/** The problem of an answer, for callers that word it themselves. */
type FieldFault =
  'required' | 'too-long' | 'invisible' | 'no-number' | 'range' | 'no-choice' | 'no-yes-or-no';

type ReadValue =
  /** Undefined: there is no answer. */
  | { ok: true; value: CustomValue | undefined }
  /** `reason` names the field. */
  | { ok: false; fault: FieldFault; reason: Message };

type ReadValues =
  { ok: true; values: CustomValues } | { ok: false; field: CustomField; fault: FieldFault; reason: Message };

/** The prefix of a custom field's input name. */
export const inputPrefix = 'customFields.';

const unprintable = /\p{Cc}|(?!\u200C|\u200D)\p{Cf}|\p{Cs}|\p{Co}|\u2028|\u2029/u;
const yes = new Set(['true', '1', 'on', 'yes', 'y', 'x']);
const noes = new Set(['false', '0', 'off', 'no', 'n', '']);

const wrong = (fault: FieldFault, key: MessageKey, args: Arguments): ReadValue => ({
  ok: false,
  fault,
  reason: { key, args },
});

function readText(text: string, { label, maxLength }: Extract<CustomField, { type: 'text' }>): ReadValue {
  // Checked first, to save time. No real character has 16 code units.
  if (text.length > 16 * maxLength)
    return wrong('too-long', 'errors.fieldTooLong', { field: label, max: maxLength });
  const value = text
    .normalize('NFC')
    .replaceAll(/[\p{Zs}\t\r\n]+/gu, ' ')
    .trim();
  if (unprintable.test(value)) return wrong('invisible', 'errors.fieldInvisible', { field: label });
  if (isLongerThan(value, maxLength))
    return wrong('too-long', 'errors.fieldTooLong', { field: label, max: maxLength });
  return { ok: true, value };
}

function readNumber(
  given: string | number,
  { label, min, max, integer }: Extract<CustomField, { type: 'number' }>,
): ReadValue {
  const text = String(given).trim();
  const value = /^[+-]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) return wrong('no-number', 'errors.fieldNumber', { field: label });
  if (integer && !Number.isInteger(value)) return wrong('no-number', 'errors.fieldWhole', { field: label });
  if (value < (min ?? -Infinity)) return wrong('range', 'errors.fieldLeast', { field: label, least: min });
  if (value > (max ?? Infinity)) return wrong('range', 'errors.fieldMost', { field: label, most: max });
  // Turns -0 into 0.
  return { ok: true, value: value + 0 };
}

function readChoice(text: string, { label, choices }: Extract<CustomField, { type: 'choice' }>): ReadValue {
  // Browsers collapse the spaces of an option's text.
  const tidy = (words: string) => words.trim().normalize('NFC').replaceAll(/\s+/g, ' ').toLowerCase();
  const value = choices.find((choice) => tidy(choice) === tidy(text));
  return value === undefined
    ? wrong('no-choice', 'errors.fieldChoice', { field: label })
    : { ok: true, value };
}

function readCheckbox(given: unknown, label: string): ReadValue {
  const word = String(given).trim().toLowerCase();
  if (yes.has(word)) return { ok: true, value: true };
  return noes.has(word)
    ? { ok: true, value: false }
    : wrong('no-yes-or-no', 'errors.fieldBoolean', { field: label });
}

/** Reads one answer. A missing value, null and white space mean "no answer", which is valid here. */
export function readCustomValue(given: unknown, field: CustomField): ReadValue {
  // The last value of a repeated input counts: a hidden one stands before its checkbox.
  const answer: unknown = Array.isArray(given) ? given.at(-1) : given;
  if (answer === undefined || answer === null) return { ok: true, value: undefined };
  const { label } = field;
  const scalar = typeof answer === 'string' || typeof answer === 'number' || typeof answer === 'boolean';
  if (field.type === 'checkbox') return readCheckbox(scalar ? answer : '?', label);
  if (typeof answer === 'string' && answer.trim() === '') return { ok: true, value: undefined };
  switch (field.type) {
    case 'text':
      return scalar
        ? readText(String(answer), field)
        : wrong('invisible', 'errors.fieldText', { field: label });
    case 'number':
      return typeof answer === 'string' || typeof answer === 'number'
        ? readNumber(answer, field)
        : wrong('no-number', 'errors.fieldNumber', { field: label });
    case 'choice':
      return readChoice(scalar ? String(answer) : '', field);
  }
}

/** The custom fields of a form or JSON body, as {name: anything}. */
export function givenCustomFields(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { customFields } = body;
  const nested =
    typeof customFields === 'object' && customFields !== null ? Object.entries(customFields) : [];
  const inputs = Object.entries(body).flatMap(([name, value]): [string, unknown][] =>
    name.startsWith(inputPrefix) ? [[name.slice(inputPrefix.length), value]] : [],
  );
  return Object.fromEntries([...nested, ...inputs]);
}

/** The first name that is no field of the newsletter, or undefined. */
export function unknownField(
  given: Readonly<Record<string, unknown>>,
  fields: readonly CustomField[],
): string | undefined {
  return Object.keys(given).find((name) => !fields.some((field) => field.name === name));
}

/**
 * Reads the answers to all fields from {name: anything}; stops at the first error. Unknown names are ignored,
 * because a form on another site may be outdated. `required`: whether required fields must have an answer;
 * earlier answers are not considered.
 */
export function readCustomValues(
  given: Readonly<Record<string, unknown>>,
  fields: readonly CustomField[],
  { required }: { required: boolean },
): ReadValues {
  const values = new Map<string, CustomValue>();
  for (const field of fields) {
    const read = readCustomValue(Object.hasOwn(given, field.name) ? given[field.name] : undefined, field);
    if (!read.ok) return { ...read, field };
    const missing = read.value === undefined || read.value === '' || read.value === false;
    if (required && field.required && missing) {
      const key = field.type === 'checkbox' ? 'errors.fieldTick' : 'errors.fieldFill';
      return { ok: false, field, fault: 'required', reason: { key, args: { field: field.label } } };
    }
    if (read.value !== undefined && read.value !== '') values.set(field.name, read.value);
  }
  return { ok: true, values: Object.fromEntries(values) };
}

/**
 * Merges new answers into earlier ones. Fields that `given` does not name keep their answers, even if the
 * newsletter no longer asks for them. `required`: whether an answer to a required field may not be removed.
 */
export function changeCustomValues(
  before: CustomValues,
  given: Readonly<Record<string, unknown>>,
  { fields, required }: { fields: readonly CustomField[]; required: boolean },
): ReadValues {
  const named = fields
    .filter(({ name }) => Object.hasOwn(given, name))
    .map((field) => ({
      ...field,
      required: required && field.required && Object.hasOwn(before, field.name),
    }));
  const read = readCustomValues(given, named, { required });
  if (!read.ok) return read;
  const kept = Object.entries(before).filter(([name]) => !named.some((field) => field.name === name));
  return { ok: true, values: { ...Object.fromEntries(kept), ...read.values } };
}

export const sameValues = (a: CustomValues, b: CustomValues): boolean =>
  Object.keys(a).length === Object.keys(b).length &&
  Object.entries(a).every(([name, value]) => b[name] === value);
