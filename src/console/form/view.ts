// What the page of the subscribe form shows.
import { challengeModes } from '../../config/limits.js';
import type { CustomField } from '../../newsletters/custom-fields.js';
import { mailTextLengths } from '../../newsletters/own-mails.js';
import { formTextLengths } from '../../newsletters/form-settings.js';
import type { Newsletter } from '../../newsletters/schema.js';
import type { EmbedCode } from '../../joining/embed.js';
import { madeFrom } from '../newsletter-form.js';
import { fieldNames, formFields, formTyped, type FormField, type FormForm } from './form.js';

type Labels = Readonly<Record<string, string>>;

const names: Labels = {
  form: 'on the form',
  page: 'on our sign-up page, but not on your site',
  off: 'not asked',
};

const choices: Labels = {
  form: 'on the form and on the preferences page',
  preferences: 'on the preferences page only',
  off: 'no choice',
};

const confirmations: Labels = {
  double: 'everyone, except people you add through the API',
  'imported-only': 'form sign-ups only; imports and the API record their own consent',
};

const welcomes: Labels = {
  off: 'not sent',
  on: 'sent once, after the first confirmation',
};

const challengeWords: Readonly<Record<(typeof challengeModes)[number], string>> = {
  off: 'never',
  auto: 'only during a flood of sign-ups',
  always: 'always',
};

const fieldTypes: Readonly<Record<CustomField['type'], string>> = {
  text: 'text',
  number: 'number',
  choice: 'one of a list',
  checkbox: 'checkbox',
};

export interface FormPage {
  newsletter: Newsletter;
  /** The bot check of newsletters that have none of their own. */
  defaultChallenge: (typeof challengeModes)[number];
  listing: { wanted: boolean; words: string };
  code: EmbedCode;
  rules: object[];
  rulesForAll: object[];
  /** The values that the form starts from, if another person has changed them meanwhile. */
  current?: Newsletter | undefined;
  form?: FormForm | undefined;
  changed?: readonly FormField[] | undefined;
}

/** A value in words, for people who may not change it, and for a change by someone else. */
const valueInWords = (labels: Partial<Record<FormField, Labels>>, field: FormField, value: string): string =>
  labels[field]?.[value] ?? (value === '' ? 'none' : value.replaceAll('\n', ' · '));

const codesView = (code: EmbedCode): object[] => [
  {
    id: 'script',
    name: 'A script',
    about: 'The form looks like the rest of your site, and answers without leaving the page.',
    code: code.script,
  },
  {
    id: 'html',
    name: 'Plain HTML',
    about: 'Works without scripts, and you can change it as you like. The answer is a page of ours.',
    code: code.html,
  },
  {
    id: 'frame',
    name: 'A frame',
    about: 'Looks like the preview above, whatever the style of your site.',
    code: code.frame,
  },
];

/** The options of each menu. */
const menus = ({ defaultChallenge }: FormPage): Partial<Record<FormField, Labels>> => ({
  'form.name': names,
  'form.frequency': choices,
  'form.time': choices,
  'form.topics': choices,
  'form.language': choices,
  'welcomeMail.enabled': welcomes,
  confirm: confirmations,
  challenge: { '': `server default: ${challengeWords[defaultChallenge]}`, ...challengeWords },
});

export function formPageView(page: FormPage): object {
  const { newsletter, listing, code, rules, rulesForAll, form, changed = [] } = page;
  const saved = formTyped(page.current ?? newsletter);
  const typed = { ...saved, ...form?.typed };
  const labels = menus(page);
  const options = (field: FormField): object[] =>
    Object.entries(labels[field] ?? {}).map(([value, label]) => ({
      value,
      label,
      chosen: value === typed[field],
    }));
  const base = `/console/newsletters/${newsletter.slug}/form`;
  const [refused] = Object.keys(form?.wrong ?? {});
  return {
    newsletter,
    base,
    script: '/assets/form.js',
    names: fieldNames,
    typed,
    wrong: form?.wrong ?? {},
    refused,
    changed: changed.map((field) => `${fieldNames[field]}: ${valueInWords(labels, field, saved[field])}`),
    madeFrom: madeFrom(saved),
    lengths: { ...formTextLengths, mail: mailTextLengths },
    options: Object.fromEntries(Object.keys(labels).map((field) => [field, options(field as FormField)])),
    facts: formFields.map((field) => ({
      name: fieldNames[field],
      value: valueInWords(labels, field, saved[field]),
    })),
    questions: newsletter.customFields.map(({ label, type, required }) => ({
      label,
      about: required ? `${fieldTypes[type]}, required` : fieldTypes[type],
    })),
    severalFrequencies: newsletter.schedule.frequencies.length > 1,
    // The frames request the form themselves, so their address holds the fields.
    query: form ? new URLSearchParams(typed).toString() : '',
    isTried: form?.patch !== undefined && changed.length === 0,
    listing,
    codes: codesView(code),
    rules,
    rulesForAll,
  };
}
