// The view of the page of a newsletter's look.
import { logoMegabytes } from '../images/read-logo.js';
import type { LookPreview } from '../issues/preview-look.js';
import { templateNames, typefaces, type TemplateName } from '../newsletters/look.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { MessageKey, Said } from '../languages/messages.js';
import type { Translator } from '../languages/translate.js';
import {
  choiceOf,
  ownVersion,
  typedOf,
  wordsFields,
  wordsTypedOf,
  type LookField,
  type LookForm,
  type WordsForm,
} from './look-form.js';
import { fieldChangesInWords, madeFrom, type FieldChange } from './newsletter-form.js';
import { sizeInWords } from './size-words.js';

/** A template from the form, to be shown in it again. */
export interface SentTemplate {
  mjml: string;
  note: string;
  problems: Said[];
}

export interface LookPage {
  newsletter: Newsletter;
  /** Newest first. */
  versions: { version: number; note: string | null; createdAt: Date }[];
  preview: LookPreview | undefined;
  /** The fields that the form sent, if the page shows them again. */
  form?: LookForm | undefined;
  /** True: the preview shows the form. False: it shows the saved look. */
  tried?: boolean;
  words?: WordsForm | undefined;
  sent?: SentTemplate | undefined;
  /** What the fields of the form, or those of the texts, were made from, if the page shows them again. */
  madeFrom?: string | undefined;
  /** What another person has saved since the form was made. */
  changed?: readonly FieldChange<ChangedField>[] | undefined;
}

/** A field of one of the two forms. */
type ChangedField = LookField | (typeof wordsFields)[number];

const templates: Record<TemplateName, { label: MessageKey; name: MessageKey }> = {
  magazine: { label: 'design.magazine', name: 'design.nameMagazine' },
  headlines: { label: 'design.headlines', name: 'design.nameHeadlines' },
  letter: { label: 'design.letter', name: 'design.nameLetter' },
};

const faces = ({ t }: Translator): Record<keyof typeof typefaces, string> => ({
  georgia: 'Georgia',
  palatino: 'Palatino',
  system: t('design.systemFont'),
  helvetica: 'Helvetica',
  verdana: 'Verdana',
  trebuchet: 'Trebuchet',
  courier: 'Courier',
});

const images = ({ t }: Translator): Record<Newsletter['look']['images'], string> => ({
  linked: t('design.linked'),
  hosted: t('design.hosted'),
});

const contents = ({ t }: Translator): Record<Newsletter['content'], string> => ({
  excerpt: t('design.excerpt'),
  full: t('design.full'),
  headlines: t('design.headlineOnly'),
});

const labels: Record<(typeof wordsFields)[number], MessageKey> = {
  opening: 'design.opening',
  closing: 'design.closing',
  sponsor: 'design.sponsor',
};

const choices = (among: Readonly<Record<string, string>>, chosen: string): object[] =>
  Object.entries(among).map(([value, label]) => ({ value, label, chosen: value === chosen }));

function templateChoices(
  { newsletter: { look }, versions }: LookPage,
  chosen: string,
  { t }: Translator,
): object[] {
  const known = versions.map(({ version }) => version);
  // The version in use is a choice too, even if it is too old for the list.
  const used = look.template === 'own' && look.version !== null && !known.includes(look.version);
  const own = [...known, ...(used ? [look.version] : [])];
  const stock = Object.fromEntries(templateNames.map((name) => [name, t(templates[name].label)]));
  return [
    ...choices(stock, chosen),
    ...own.map((version) => ({
      value: `own:${version}`,
      label: t('design.ownVersion', { version: String(version) }),
      chosen: chosen === `own:${version}`,
    })),
  ];
}

/** In the order of the page. */
const fieldKeys: Readonly<Record<ChangedField, MessageKey>> = {
  template: 'design.template',
  content: 'design.content',
  brandColour: 'design.brand',
  width: 'design.width',
  'fonts.headings': 'design.headingFont',
  'fonts.text': 'design.bodyFont',
  'logo.url': 'design.logo',
  'logo.width': 'design.logoWidth',
  'logo.height': 'design.logoHeight',
  images: 'design.images',
  subject: 'design.subject',
  opening: 'design.opening',
  closing: 'design.closing',
  sponsor: 'design.sponsor',
};

/** The fields' names, and a field's value as people read it. */
function fieldsInWords(words: Translator) {
  const { t } = words;
  const menus: Partial<Record<ChangedField, Readonly<Record<string, string>>>> = {
    template: Object.fromEntries(templateNames.map((name) => [name, t(templates[name].label)])),
    content: contents(words),
    'fonts.headings': faces(words),
    'fonts.text': faces(words),
    images: images(words),
  };
  const names = Object.fromEntries(
    Object.entries(fieldKeys).map(([field, key]) => [field, t(key)]),
  ) as Record<ChangedField, string>;
  const inWords = (field: ChangedField, value: string): string => {
    const version = field === 'template' ? ownVersion(value) : null;
    if (version !== null) return t('design.ownVersion', { version: String(version) });
    return menus[field]?.[value] ?? (value || t('settings.emptyValue'));
  };
  return { names, inWords };
}

/** The id of the section whose form has a problem. */
function refusedPart({ form, words, sent }: LookPage): string | undefined {
  if (form && !form.patch) return 'settings';
  if (words && !words.patch) return 'words';
  return sent && sent.problems.length > 0 ? 'own' : undefined;
}

/** The view of templates/console/look.hbs, without its frame. */
export function lookView(page: LookPage, words: Translator): object {
  const { newsletter, versions, preview, form, tried = false, words: ownWords, sent, changed = [] } = page;
  const { t, say } = words;
  const typed = { ...typedOf(newsletter), ...form?.typed };
  const rendered = preview?.rendered;
  const used = choiceOf(newsletter.look);
  const fields = fieldsInWords(words);
  const saved = { ...typedOf(newsletter), ...wordsTypedOf(newsletter) };
  return {
    newsletter,
    changed: fieldChangesInWords(changed, fields, words),
    madeFrom: (form && page.madeFrom) ?? madeFrom(typedOf(newsletter)),
    // Of the buttons that use another version.
    usedMadeFrom: madeFrom({ template: used }),
    wordsMadeFrom: (ownWords && page.madeFrom) ?? madeFrom(wordsTypedOf(newsletter)),
    base: `/console/newsletters/${newsletter.slug}/look`,
    typed,
    wrong: form?.wrong ?? {},
    megabytes: logoMegabytes,
    swatch: form?.patch?.look?.brandColour ?? newsletter.look.brandColour,
    templates: templateChoices(page, typed.template, words),
    headings: choices(faces(words), typed['fonts.headings']),
    texts: choices(faces(words), typed['fonts.text']),
    images: choices(images(words), typed.images),
    contents: choices(contents(words), typed.content),
    tried,
    isTried: tried && changed.length === 0,
    facts: (Object.keys(fieldKeys) as ChangedField[]).map((field) => ({
      name: fields.names[field],
      value: fields.inWords(field, saved[field]),
    })),
    refused: refusedPart(page),
    mail: rendered && {
      subject: rendered.subject,
      preheader: rendered.preheader,
      size: sizeInWords(rendered, words),
      // The frames request the mail themselves, so their address holds the fields of the form.
      query: tried ? new URLSearchParams({ ...form?.typed }).toString() : '',
    },
    words: wordsFields.map((name) => ({
      name,
      label: t(labels[name]),
      text: ownWords?.typed[name] ?? newsletter.words[name] ?? '',
      wrong: ownWords?.wrong[name],
    })),
    versions: versions.map((one) => ({ ...one, used: used === `own:${one.version}` })),
    stock: templateNames.map((name) => ({ name, label: t(templates[name].name) })),
    sent: sent && {
      ...sent,
      problems: sent.problems.map((said) => ({ words: say(said), isForeign: typeof said === 'string' })),
    },
  };
}
