// The view of the subscribe form: empty, or with the reader's input after a refusal. Pure.
import type { Translator } from '../languages/translate.js';
import type { CustomField } from '../newsletters/custom-fields.js';
import { scheduleInWords } from '../newsletters/schedule-words.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { PageField, PageForm } from '../templating/page-views.js';
import type { FormGuard } from './form-guard.js';
import { givenCustomFields, inputPrefix } from '../subscribers/custom-fields.js';
import { namesOf } from '../subscribers/names.js';
import { askSeveralWording, askWording } from '../subscribers/wording.js';

/** A refused form: its fields, the problem, and the input that caused it. */
export interface Refused {
  typed: Readonly<Record<string, unknown>>;
  problem: string;
  /** The input's name. */
  field: string;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const last = (value: unknown): unknown => (Array.isArray(value) ? value.at(-1) : value);
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

const frequencyKeys = { daily: 'joining.daily', weekly: 'joining.weekly' } as const;

/** Custom fields as inputs, with stored answers or with what the reader typed. */
export function customFieldInputs(
  fields: readonly CustomField[],
  answers: Readonly<Record<string, unknown>>,
  invalid?: string,
): PageField[] {
  return fields.map((field) => {
    const name = inputPrefix + field.name;
    const answer = last(Object.hasOwn(answers, field.name) ? answers[field.name] : undefined);
    const value = typeof answer === 'number' || typeof answer === 'boolean' ? String(answer) : textOf(answer);
    const { label, hint, required } = field;
    const input = {
      name,
      label,
      required,
      optional: !required,
      invalid: name === invalid,
      ...(hint === undefined ? {} : { hint }),
    };
    switch (field.type) {
      case 'text':
        return { ...input, type: 'text', value, maxLength: field.maxLength };
      case 'number': {
        const { min, max, integer } = field;
        // As text: the number 0 would make the template leave the attribute out.
        const least = min === undefined ? {} : { min: String(min) };
        const most = max === undefined ? {} : { max: String(max) };
        return { ...input, type: 'number', value, step: integer ? '1' : 'any', ...least, ...most };
      }
      case 'choice': {
        const choices = field.choices.map((choice) => ({
          value: choice,
          label: choice,
          chosen: choice === value,
        }));
        return { ...input, type: 'choice', choices };
      }
      case 'checkbox':
        return { ...input, type: 'checkbox', checked: value === 'true' || value === '1' || value === 'on' };
    }
  });
}

/** The parts that every form has. */
function typedView(refused: Refused | undefined) {
  if (!refused) return {};
  const { typed, problem, field } = refused;
  const email = textOf(last(typed['email'])).trim();
  return { problem, invalid: field, email, readerName: textOf(last(typed['name'])) };
}

/**
 * The form of one newsletter. On another site (`embedded`) it does not ask for the name. `short` asks only
 * for required fields. The first frequency has an empty value: those readers follow when the newsletter's
 * default changes.
 */
export function formView(
  { slug, name, topics, schedule, customFields }: Newsletter,
  words: Pick<Translator, 't' | 'language'>,
  {
    refused,
    guard,
    short = false,
    frame = false,
    embedded = frame,
  }: {
    refused?: Refused | undefined;
    guard?: FormGuard;
    short?: boolean;
    frame?: boolean;
    embedded?: boolean;
  } = {},
): PageForm {
  const { text, version } = askWording(name, words);
  const typed = refused?.typed ?? {};
  const [own, ...others] = schedule.frequencies;
  const chosenTopics = listOf(typed['topics']);
  return {
    action: `/n/${slug}/subscribe`,
    frame,
    wording: text,
    wordingVersion: version,
    asksName: !short && !embedded,
    frequencies:
      short || own === undefined || others.length === 0
        ? []
        : [
            {
              value: '',
              label: words.t(frequencyKeys[own]),
              chosen: !others.includes(typed['frequency'] as never),
            },
            ...others.map((value) => ({
              value,
              label: words.t(frequencyKeys[value]),
              chosen: value === typed['frequency'],
            })),
          ],
    topics: short
      ? []
      : topics.map((topic) => ({ value: topic, label: topic, chosen: chosenTopics.includes(topic) })),
    fields: customFieldInputs(
      short ? customFields.filter(({ required }) => required) : customFields,
      givenCustomFields(typed),
      refused?.field,
    ),
    ...typedView(refused),
    ...guard,
  };
}

/**
 * The form of several newsletters, each with a checkbox. It asks for the address, the name, and the fields
 * that any of them requires. Readers choose times and topics later, on each preferences page.
 */
export function severalFormView(
  all: readonly Newsletter[],
  words: Pick<Translator, 't' | 'language' | 'locale' | 'city'>,
  { refused, guard }: { refused?: Refused | undefined; guard?: FormGuard } = {},
): PageForm {
  const { text, version } = askSeveralWording(words);
  const typed = refused?.typed ?? {};
  const ticked = listOf(typed['newsletters']);
  const needed = new Map<string, { field: CustomField; by: Newsletter[] }>();
  for (const newsletter of all)
    for (const field of newsletter.customFields.filter(({ required }) => required)) {
      const known = needed.get(field.name) ?? { field, by: [] };
      needed.set(field.name, { ...known, by: [...known.by, newsletter] });
    }
  const fields = [...needed.values()].map(({ field, by }) => ({
    ...field,
    hint: [namesOf(by, words.locale), field.hint].filter(Boolean).join(': '),
  }));
  return {
    action: '/subscribe',
    frame: false,
    wording: text,
    wordingVersion: version,
    asksName: true,
    newsletters: all.map(({ slug, name, language, schedule, timezone }) => ({
      value: slug,
      label: name,
      chosen: ticked.includes(slug),
      language,
      when: scheduleInWords(schedule, timezone, words),
      page: `/n/${slug}`,
    })),
    frequencies: [],
    topics: [],
    // Not required in the browser: readers need not answer for newsletters that they do not tick. The server
    // checks it.
    fields: customFieldInputs(fields, givenCustomFields(typed), refused?.field).map((field) => ({
      ...field,
      required: false,
    })),
    ...typedView(refused),
    ...guard,
  };
}
