// The view of the subscribe form: empty, or with the reader's input after a refusal. Pure.
import { languages } from '../languages/language.js';
import type { Translator } from '../languages/translate.js';
import type { CustomField } from '../newsletters/custom-fields.js';
import { placeInWords, scheduleInWords, timeInWords } from '../newsletters/schedule-words.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { PageField, PageForm, PageOption } from '../templating/page-views.js';
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

/** Every hour, and the times that do not begin one. */
export const timesOfDay = (...more: readonly string[]): string[] =>
  [
    ...new Set([...Array.from({ length: 24 }, (_, hour) => `${String(hour).padStart(2, '0')}:00`), ...more]),
  ].toSorted();

/** A language's name in that language. */
function nameOf(tag: string): string {
  const name = new Intl.DisplayNames([tag], { type: 'language', fallback: 'code' }).of(tag) ?? tag;
  return name.charAt(0).toLocaleUpperCase(tag) + name.slice(1);
}

/** The languages that a reader may choose. The first is the newsletter's, with an empty value. */
export function languageOptions(
  newsletter: Pick<Newsletter, 'language'>,
  chosen: string | null,
  { t }: Pick<Translator, 't'>,
): PageOption[] {
  const known = new Set([...languages, ...(chosen === null ? [] : [chosen])]);
  const own = t('preferences.languageOwn', { language: nameOf(newsletter.language) });
  return [
    { value: '', label: own, chosen: chosen === null },
    ...[...known].map((tag) => ({ value: tag, label: nameOf(tag), chosen: tag === chosen })),
  ];
}

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

type Words = Pick<Translator, 't' | 'language' | 'locale' | 'city'>;

/** What readers may choose in the form. The first value is empty: those readers follow the newsletter's default. */
function choicesView(
  newsletter: Newsletter,
  typed: Readonly<Record<string, unknown>>,
  words: Words,
): Pick<PageForm, 'frequencies' | 'times' | 'place' | 'topics' | 'languages'> {
  const { schedule, timezone, topics, form } = newsletter;
  const { frequency, sendTime, language } = typed;
  const [own, ...others] = form.frequency === 'form' ? schedule.frequencies : [];
  const chosenTopics = listOf(typed['topics']);
  const frequencies =
    own === undefined || others.length === 0
      ? []
      : [
          { value: '', label: words.t(frequencyKeys[own]), chosen: !others.includes(frequency as never) },
          ...others.map((value) => ({
            value,
            label: words.t(frequencyKeys[value]),
            chosen: value === frequency,
          })),
        ];
  const times = timesOfDay(schedule.sendTime).map((value) => {
    const isOwn = value === schedule.sendTime;
    const chosen = isOwn ? textOf(sendTime) === '' : value === sendTime;
    return { value: isOwn ? '' : value, label: timeInWords(value, words), chosen };
  });
  return {
    frequencies,
    times: form.time === 'form' ? times : [],
    place: placeInWords(timezone, words),
    topics:
      form.topics === 'form'
        ? topics.map((topic) => ({ value: topic, label: topic, chosen: chosenTopics.includes(topic) }))
        : [],
    languages: form.language === 'form' ? languageOptions(newsletter, textOf(language) || null, words) : [],
  };
}

/** The publisher's own texts of the form. */
function ownTexts({ language, form }: Newsletter): Pick<PageForm, 'own'> {
  const { headline, introduction, button } = form;
  if (headline === null && introduction === null && button === null) return {};
  return {
    own: {
      language,
      headline: headline ?? undefined,
      introduction: introduction ?? undefined,
      button: button ?? undefined,
    },
  };
}

const noChoices = { frequencies: [], times: [], place: '', topics: [], languages: [] };

/** The form of one newsletter, on our pages or on another site (`embedded`). `short` asks only for required fields. */
export function formView(
  newsletter: Newsletter,
  words: Words,
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
  const { slug, name, customFields, form, privacyUrl } = newsletter;
  const { text, version } = askWording(name, words);
  const typed = refused?.typed ?? {};
  return {
    action: `/n/${slug}/subscribe`,
    frame,
    wording: text,
    wordingVersion: version,
    ...(privacyUrl !== null && { privacyUrl }),
    ...ownTexts(newsletter),
    asksName: !short && (form.name === 'form' || (form.name === 'page' && !embedded)),
    ...(short ? noChoices : choicesView(newsletter, typed, words)),
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
    ...noChoices,
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
