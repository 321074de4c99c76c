// A form of stored values: what was typed, the problems by field, and what was changed meanwhile.
import type { z } from 'zod';
import type { Translator } from '../languages/translate.js';
import { newsletterPatch } from '../newsletters/schema.js';

type Patch = z.output<typeof newsletterPatch>;

export interface Form<Field extends string> {
  /** A missing field changes nothing. */
  typed: Partial<Record<Field, string>>;
  /** The problems, by field. */
  wrong: Partial<Record<Field, string>>;
  /** Undefined: a field has a problem. */
  patch: Patch | undefined;
}

/** The texts of these fields, trimmed. */
export function typedIn<Field extends string>(
  given: unknown,
  fields: readonly Field[],
): Partial<Record<Field, string>> {
  const values = (given ?? {}) as Record<string, unknown>;
  const typed: Partial<Record<Field, string>> = {};
  for (const field of fields) {
    const value = values[field];
    // Browsers send line breaks as CRLF.
    if (typeof value === 'string') typed[field] = value.replaceAll('\r\n', '\n').trim();
  }
  return typed;
}

/** Checks the change that was asked for. `name` tells the field of a problem, and its sentence. */
export function checkForm<Field extends string>(
  typed: Form<Field>['typed'],
  asked: object,
  name: (path: PropertyKey[], message: string) => [Field, string],
): Form<Field> {
  // JSON drops undefined fields. For zod, an undefined field differs from a missing one.
  const parsed = newsletterPatch.safeParse(JSON.parse(JSON.stringify(asked)));
  if (parsed.success) return { typed, wrong: {}, patch: parsed.data };
  const wrong = parsed.error.issues.map(({ path, message }) => name(path, message));
  return { typed, wrong: Object.fromEntries(wrong) as Form<Field>['wrong'], patch: undefined };
}

/** The values that a form was made from, for its hidden field `madeFrom`. */
export const madeFrom = (values: Readonly<Record<string, string>>): string => JSON.stringify(values);

/** The hidden field `madeFrom` as it was sent. A page that shows the typed values again keeps it. */
export function sentMadeFrom(given: unknown): string | undefined {
  const text: unknown = (given as Record<string, unknown> | undefined)?.['madeFrom'];
  return typeof text === 'string' ? text : undefined;
}

/** A field that someone else has saved since the form was made. */
export interface FieldChange<Field extends string> {
  field: Field;
  before: string;
  now: string;
}

/**
 * The fields whose value differs from the one that the form was made from. A form without `madeFrom`, or with one that
 * nobody made, is not stale.
 */
export function fieldsChangedSince<Field extends string>(
  given: unknown,
  current: Readonly<Record<Field, string>>,
): FieldChange<Field>[] {
  const values = readObject(sentMadeFrom(given));
  return (Object.entries(current) as [Field, string][]).flatMap(([field, now]) => {
    const before = values[field];
    return typeof before === 'string' && before !== now ? [{ field, before, now }] : [];
  });
}

/** Longer texts are cut: the reader of the list looks for what changed, and finds the whole text in the form. */
const shownLength = 120;

/** "Name: Ann → Anna", of each change. */
export const fieldChangesInWords = <Field extends string>(
  changes: readonly FieldChange<Field>[],
  {
    names,
    inWords,
  }: { names: Readonly<Record<Field, string>>; inWords: (field: Field, value: string) => string },
  { t }: Pick<Translator, 't'>,
): string[] =>
  changes.map(({ field, before, now }) => {
    const shown = (value: string): string => {
      const words = inWords(field, value).replaceAll('\n', ' · ') || t('settings.emptyValue');
      return words.length > shownLength ? `${words.slice(0, shownLength)}…` : words;
    };
    return t('settings.changedTo', { name: names[field], before: shown(before), now: shown(now) });
  });

function readObject(text: unknown): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(String(text));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
