// Reads the form of one question that the subscribe form asks beside the address.
import type { MessageKey } from '../../languages/messages.js';
import type { Translator } from '../../languages/translate.js';
import type { CustomField } from '../../newsletters/custom-fields.js';
import { newsletterPatch, type NewsletterPatch } from '../../newsletters/schema.js';
import { fieldChangesInWords, typedIn, type FieldChange } from '../newsletter-form.js';

export const kinds: Readonly<Record<CustomField['type'], MessageKey>> = {
  text: 'form.kindText',
  number: 'form.kindNumber',
  choice: 'form.kindChoice',
  checkbox: 'form.kindCheckbox',
};

const questionFields = [
  'type',
  'label',
  'hint',
  'required',
  'choices',
  'maxLength',
  'min',
  'max',
  'integer',
] as const;
export type QuestionField = (typeof questionFields)[number];
type Typed = Record<QuestionField, string>;

export interface QuestionForm {
  typed: Typed;
  wrong: Partial<Record<QuestionField, string>>;
  /** The newsletter's questions with this one. Undefined: a field has a problem. */
  patch: Pick<NewsletterPatch, 'customFields'> | undefined;
}

const empty = Object.fromEntries(questionFields.map((field) => [field, ''])) as Typed;

/** The fields of the form for a question; undefined: for a new one. */
export function questionTyped(question: CustomField | undefined): Typed {
  if (question === undefined) return { ...empty, type: 'text' };
  const { type, label, hint = '', required } = question;
  const common = { ...empty, type, label, hint, required: required ? 'on' : '' };
  switch (type) {
    case 'text':
      return { ...common, maxLength: String(question.maxLength) };
    case 'number': {
      const { min, max, integer } = question;
      return {
        ...common,
        min: String(min ?? ''),
        max: String(max ?? ''),
        integer: integer ? 'on' : '',
      };
    }
    case 'choice':
      return { ...common, choices: question.choices.join('\n') };
    case 'checkbox':
      return common;
  }
}

/** A name for exports and the API: "Your city?" becomes yourCity. */
function nameOf(label: string, taken: readonly string[]): string {
  const latin = label.normalize('NFKD').replaceAll(/\p{M}|['’]/gu, '');
  const [first = 'question', ...others] = latin.replace(/^[^A-Za-z]+/, '').match(/[A-Za-z0-9]+/g) ?? [];
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
  const name = [first.toLowerCase(), ...others.map(capital)].join('').slice(0, 28);
  const isFree = (one: string): boolean =>
    !(one in {}) && taken.every((other) => other.toLowerCase() !== one.toLowerCase());
  for (let count = 1; ; count += 1) {
    const candidate = count === 1 ? name : `${name}${count}`;
    if (isFree(candidate)) return candidate;
  }
}

/** An empty field means that there is no limit; a text that is no number becomes NaN, which the schema refuses. */
const numberOf = (text: string): number | undefined => (text === '' ? undefined : Number(text));

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

/** The question as its schema wants it. */
function asked(name: string, { type, label, hint, required, ...limits }: Typed): object {
  const common = { name, type, label, required: required === 'on', ...(hint !== '' && { hint }) };
  const [min, max, maxLength] = [limits.min, limits.max, limits.maxLength].map(numberOf);
  switch (type) {
    case 'text':
      return { ...common, ...(maxLength !== undefined && { maxLength }) };
    case 'number':
      return {
        ...common,
        ...(min !== undefined && { min }),
        ...(max !== undefined && { max }),
        integer: limits.integer === 'on',
      };
    case 'choice':
      return { ...common, choices: linesOf(limits.choices) };
    default:
      return common;
  }
}

const problems: Readonly<Record<QuestionField, MessageKey>> = {
  type: 'form.wrongChoice',
  label: 'form.questionLabelWrong',
  hint: 'form.questionHintWrong',
  required: 'form.wrongChoice',
  choices: 'form.questionChoicesWrong',
  maxLength: 'form.questionLengthWrong',
  min: 'form.questionNumbersWrong',
  max: 'form.questionNumbersWrong',
  integer: 'form.wrongChoice',
};

/** Reads the form of the question with this name, or of a new one. The kind of a question stays as it is. */
export function readQuestion(
  given: unknown,
  { questions, name }: { questions: readonly CustomField[]; name?: string | undefined },
  { t }: Pick<Translator, 't'>,
): QuestionForm {
  const before = questions.find((one) => one.name === name);
  const typed: Typed = { ...empty, ...typedIn(given, questionFields) };
  typed.type = before?.type ?? typed.type;
  const names = questions.map((one) => one.name);
  const question = asked(before?.name ?? nameOf(typed.label, names), typed);
  const list = before ? questions.map((one) => (one === before ? question : one)) : [...questions, question];
  const parsed = newsletterPatch.safeParse({ customFields: list });
  if (parsed.success) return { typed, wrong: {}, patch: { customFields: parsed.data.customFields } };
  const wrong: QuestionForm['wrong'] = {};
  for (const { path } of parsed.error.issues) {
    const field = questionFields.find((one) => path.includes(one));
    // Without a path inside the list, the list itself is too long.
    if (path.length <= 1) wrong.label = t('form.questionsFull');
    else wrong[field ?? 'type'] ??= t(problems[field ?? 'type']);
  }
  return { typed, wrong, patch: undefined };
}

const fieldKeys: Readonly<Record<QuestionField, MessageKey>> = {
  type: 'form.questionAnswer',
  label: 'form.question',
  hint: 'form.questionHint',
  required: 'form.questionMust',
  choices: 'form.questionChoices',
  maxLength: 'form.questionLength',
  min: 'form.questionMin',
  max: 'form.questionMax',
  integer: 'form.questionWhole',
};

export function questionChanges(
  changed: readonly FieldChange<QuestionField>[],
  { t }: Pick<Translator, 't'>,
): string[] {
  const names = Object.fromEntries(
    Object.entries(fieldKeys).map(([field, key]) => [field, t(key)]),
  ) as Record<QuestionField, string>;
  const inWords = (field: QuestionField, value: string): string => {
    if (field === 'required' || field === 'integer')
      return t(value === 'on' ? 'settings.yes' : 'settings.no');
    return field === 'type' && Object.hasOwn(kinds, value) ? t(kinds[value as CustomField['type']]) : value;
  };
  return fieldChangesInWords(changed, { names, inWords }, { t });
}

/** The questions in their order, as the forms that move one carry it. */
export const orderTyped = (questions: readonly CustomField[]): { questions: string } => ({
  questions: questions.map(({ label }) => label).join(', '),
});

/** The questions with this one a place higher or lower. */
export function movedQuestion(
  questions: readonly CustomField[],
  name: string,
  by: -1 | 1,
): readonly CustomField[] {
  const from = questions.findIndex((one) => one.name === name);
  const to = from + by;
  if (from < 0 || to < 0 || to >= questions.length) return questions;
  return questions.toSpliced(from, 1).toSpliced(to, 0, ...questions.slice(from, from + 1));
}
