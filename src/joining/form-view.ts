// The subscribe form, filled: empty, or after a refusal with what was typed. Pure.
import type { Translator } from '../languages/translate.js';
import type { CustomField } from '../newsletters/custom-fields.js';
import { scheduleInWords } from '../newsletters/schedule-words.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { PageField, PageForm } from '../templating/page-views.js';
import type { FormGuard } from './form-guard.js';
import { givenCustomFields, inputPrefix } from '../subscribers/custom-fields.js';
import { namesOf } from '../subscribers/names.js';
import { askSeveralWording, askWording } from '../subscribers/wording.js';

/** A form that came back: its fields, what was wrong, and with which input. */
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

/** Custom fields as inputs, with the answers that stand in them: stored ones, or as they were typed. */
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
        // As text: 0 is a bound like any other, and no reason to leave the attribute out.
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

/** What every form has, whatever it is for. */
function typedView(refused: Refused | undefined) {
  if (!refused) return {};
  const { typed, problem, field } = refused;
  const email = textOf(last(typed['email'])).trim();
  return { problem, invalid: field, email, readerName: textOf(last(typed['name'])) };
}

/**
 * The form of one newsletter. On another site (`embedded`) it does not ask for the name; `short` asks for what is needed
 * and no more. A choice that is left alone stays the newsletter's own, and follows when that changes.
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
 * The form of several newsletters, each with a box: what is asked is the address, the name, and what any of them cannot do
 * without. Times and topics are chosen later, on each one's page.
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
    // Whoever does not tick its newsletter need not answer: the server insists, and not the browser.
    fields: customFieldInputs(fields, givenCustomFields(typed), refused?.field).map((field) => ({
      ...field,
      required: false,
    })),
    ...typedView(refused),
    ...guard,
  };
}
