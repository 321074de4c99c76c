// What the page of the subscribe form shows.
import type { challengeModes } from '../../config/limits.js';
import { mailTextLengths } from '../../newsletters/own-mails.js';
import { formTextLengths } from '../../newsletters/form-settings.js';
import type { Newsletter } from '../../newsletters/schema.js';
import type { EmbedCode } from '../../joining/embed.js';
import type { MessageKey } from '../../languages/messages.js';
import type { Translator } from '../../languages/translate.js';
import { fieldChangesInWords, madeFrom, type FieldChange } from '../newsletter-form.js';
import { fieldNames, formFields, formTyped, type FormField, type FormForm } from './form.js';
import { kinds, orderTyped } from './questions.js';

type Words = Pick<Translator, 't'>;
type Labels = Readonly<Record<string, MessageKey>>;

const names: Labels = { form: 'form.nameForm', page: 'form.namePage', off: 'form.nameOff' };

const choices: Labels = {
  form: 'form.choiceForm',
  preferences: 'form.choicePreferences',
  off: 'form.choiceOff',
};

const challenges: Readonly<Record<(typeof challengeModes)[number], MessageKey>> = {
  off: 'form.challengeOff',
  auto: 'form.challengeAuto',
  always: 'form.challengeAlways',
};

/** The options of each menu. */
const menus: Partial<Record<FormField, Labels>> = {
  'form.name': names,
  'form.frequency': choices,
  'form.time': choices,
  'form.topics': choices,
  'form.language': choices,
  'welcomeMail.enabled': { off: 'form.welcomeOff', on: 'form.welcomeOn' },
  confirm: { double: 'form.confirmDouble', 'imported-only': 'form.confirmImported' },
  challenge: { '': 'form.challengeDefault', ...challenges },
};

export interface FormPage {
  newsletter: Newsletter;
  /** The bot check of newsletters that have none of their own. */
  defaultChallenge: (typeof challengeModes)[number];
  code: EmbedCode;
  rules: object[];
  rulesForAll: object[];
  /** The values that the form starts from, if another person has changed them meanwhile. */
  current?: Newsletter | undefined;
  form?: FormForm | undefined;
  /** What the form was made from, if the page shows it again. */
  madeFrom?: string | undefined;
  changed?: readonly FieldChange<FormField>[] | undefined;
  /** Of the order of the questions, if someone else changed it. */
  moved?: readonly FieldChange<'questions'>[] | undefined;
}

const codesView = (code: EmbedCode, { t }: Words): object[] => [
  {
    id: 'script',
    name: t('joining.embedScript'),
    about: t('joining.embedScriptText', { property: '--daily-digest-accent' }),
    code: code.script,
  },
  {
    id: 'html',
    name: t('joining.embedHtml'),
    about: t('joining.embedHtmlText', { field: 'redirect' }),
    code: code.html,
  },
  {
    id: 'frame',
    name: t('joining.embedFrame'),
    about: t('joining.embedFrameText'),
    code: code.frame,
  },
];

export function formPageView(page: FormPage, words: Words): object {
  const { newsletter, defaultChallenge, code, rules, rulesForAll, form, changed = [] } = page;
  const { t } = words;
  const fieldsInWords = fieldNames(words);
  const saved = formTyped(page.current ?? newsletter);
  const typed = { ...saved, ...form?.typed };
  const labelOf = (key: MessageKey): string => t(key, { setting: t(challenges[defaultChallenge]) });
  const options = (field: FormField): object[] =>
    Object.entries(menus[field] ?? {}).map(([value, key]) => ({
      value,
      label: labelOf(key),
      chosen: value === typed[field],
    }));
  // For people who may not change it, and for a change by someone else.
  const inWords = (field: FormField, value: string): string => {
    const key = menus[field]?.[value];
    if (key !== undefined) return labelOf(key);
    return value === '' ? t('form.none') : value.replaceAll('\n', ' · ');
  };
  const home = `/console/newsletters/${newsletter.slug}`;
  const [refused] = Object.keys(form?.wrong ?? {});
  return {
    newsletter,
    base: `${home}/form`,
    schedule: `${home}/settings#frequencies`,
    script: '/assets/form.js',
    names: fieldsInWords,
    typed,
    wrong: form?.wrong ?? {},
    refused,
    changed: [
      ...fieldChangesInWords(changed, { names: fieldsInWords, inWords }, words),
      ...fieldChangesInWords(
        page.moved ?? [],
        { names: { questions: t('form.questions') }, inWords: (_, value) => value },
        words,
      ),
    ],
    orderMadeFrom: madeFrom(orderTyped(newsletter.customFields)),
    madeFrom: page.madeFrom ?? madeFrom(saved),
    lengths: { ...formTextLengths, mail: mailTextLengths },
    options: Object.fromEntries(formFields.map((field) => [field, options(field)])),
    facts: formFields.map((field) => ({ name: fieldsInWords[field], value: inWords(field, saved[field]) })),
    questions: newsletter.customFields.map(({ name, label, type, required }) => ({
      name,
      label,
      about: required ? t('form.questionRequired', { kind: t(kinds[type]) }) : t(kinds[type]),
    })),
    severalFrequencies: newsletter.schedule.frequencies.length > 1,
    // The frames request the form themselves, so their address holds the fields.
    query: form ? new URLSearchParams(typed).toString() : '',
    isTried: form?.patch !== undefined && changed.length === 0,
    codes: codesView(code, words),
    rules,
    rulesForAll,
  };
}
