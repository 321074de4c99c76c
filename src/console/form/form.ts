// Reads the form about the subscribe form: its choices, the publisher's own texts, and its checks.
import { mailTextLengths } from '../../newsletters/own-mails.js';
import { formTextLengths, readerChoices } from '../../newsletters/form-settings.js';
import type { MessageKey } from '../../languages/messages.js';
import type { Translator } from '../../languages/translate.js';
import type { Newsletter } from '../../newsletters/schema.js';
import { checkForm, typedIn, type Form } from '../newsletter-form.js';

const texts = ['headline', 'introduction', 'button', 'thanks'] as const;
const mailTexts = ['subject', 'introduction'] as const;
const asked = ['name', ...readerChoices] as const;

/** Named as in the newsletter. */
export const formFields = [
  ...asked.map((name) => `form.${name}` as const),
  'topics',
  ...texts.map((name) => `form.${name}` as const),
  ...mailTexts.map((name) => `confirmationMail.${name}` as const),
  'welcomeMail.enabled',
  'welcomeMail.subject',
  'welcomeMail.text',
  'confirm',
  'challenge',
] as const;

export type FormField = (typeof formFields)[number];
export type FormForm = Form<FormField>;
export type FormValues = Pick<
  Newsletter,
  'form' | 'topics' | 'confirmationMail' | 'welcomeMail' | 'confirm' | 'challenge'
>;

/** The fields' names on the page. */
const fieldKeys: Readonly<Record<FormField, MessageKey>> = {
  'form.name': 'form.fieldName',
  'form.frequency': 'form.fieldFrequency',
  'form.time': 'form.fieldTime',
  'form.topics': 'form.fieldTopicChoice',
  'form.language': 'form.fieldLanguage',
  topics: 'form.fieldTopics',
  'form.headline': 'form.fieldHeadline',
  'form.introduction': 'form.fieldIntroduction',
  'form.button': 'form.fieldButton',
  'form.thanks': 'form.fieldThanks',
  'confirmationMail.subject': 'form.fieldMailSubject',
  'confirmationMail.introduction': 'form.fieldMailIntroduction',
  'welcomeMail.enabled': 'form.fieldWelcome',
  'welcomeMail.subject': 'form.fieldWelcomeSubject',
  'welcomeMail.text': 'form.fieldWelcomeText',
  confirm: 'form.fieldConfirm',
  challenge: 'form.fieldChallenge',
};

type Words = Pick<Translator, 't'>;

export const fieldNames = ({ t }: Words): Record<FormField, string> =>
  Object.fromEntries(formFields.map((field) => [field, t(fieldKeys[field])])) as Record<FormField, string>;

const lengths: Partial<Record<FormField, number>> = Object.fromEntries([
  ...texts.map((name) => [`form.${name}`, formTextLengths[name]]),
  ...mailTexts.map((name) => [`confirmationMail.${name}`, mailTextLengths[name]]),
  ['welcomeMail.subject', mailTextLengths.subject],
  ['welcomeMail.text', mailTextLengths.welcome],
]);

/** The field of a problem, and its sentence. */
const problemOf =
  ({ t }: Words) =>
  (path: PropertyKey[]): [FormField, string] => {
    const names = [path.join('.'), String(path[0])];
    const field = formFields.find((one) => names.includes(one)) ?? 'form.headline';
    if (field === 'topics') return [field, t('form.wrongTopics')];
    const count = lengths[field];
    return [field, count === undefined ? t('form.wrongChoice') : t('form.tooLong', { count })];
  };

const linesOf = (text: string): string[] => [
  ...new Set(
    text
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean),
  ),
];

/** Reads the form from the fields of a request. A field that is missing stays as in `current`. */
export function readFormForm(given: unknown, current: FormValues, words: Words): FormForm {
  const typed: Record<FormField, string> = { ...formTyped(current), ...typedIn(given, formFields) };
  const enabled = typed['welcomeMail.enabled'] === 'on';
  if (enabled && typed['welcomeMail.text'] === '')
    return { typed, wrong: { 'welcomeMail.text': words.t('form.welcomeNeeded') }, patch: undefined };
  return checkForm<FormField>(
    typed,
    {
      form: {
        ...Object.fromEntries(asked.map((name) => [name, typed[`form.${name}`]])),
        ...Object.fromEntries(texts.map((name) => [name, typed[`form.${name}`] || null])),
      },
      confirmationMail: Object.fromEntries(
        mailTexts.map((name) => [name, typed[`confirmationMail.${name}`] || null]),
      ),
      welcomeMail: {
        enabled,
        subject: typed['welcomeMail.subject'] || null,
        text: typed['welcomeMail.text'] || null,
      },
      topics: linesOf(typed.topics),
      confirm: typed.confirm,
      challenge: typed.challenge || null,
    },
    problemOf(words),
  );
}

/** The fields of the form for these values. */
export function formTyped({
  form,
  topics,
  confirmationMail,
  welcomeMail,
  ...checks
}: FormValues): Record<FormField, string> {
  return {
    'form.name': form.name,
    'form.frequency': form.frequency,
    'form.time': form.time,
    'form.topics': form.topics,
    'form.language': form.language,
    topics: topics.join('\n'),
    'form.headline': form.headline ?? '',
    'form.introduction': form.introduction ?? '',
    'form.button': form.button ?? '',
    'form.thanks': form.thanks ?? '',
    'confirmationMail.subject': confirmationMail.subject ?? '',
    'confirmationMail.introduction': confirmationMail.introduction ?? '',
    'welcomeMail.enabled': welcomeMail.enabled ? 'on' : 'off',
    'welcomeMail.subject': welcomeMail.subject ?? '',
    'welcomeMail.text': welcomeMail.text ?? '',
    confirm: checks.confirm,
    challenge: checks.challenge ?? '',
  };
}
