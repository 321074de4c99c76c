// The view of the page of a newsletter's look.
import { logoMegabytes } from '../images/read-logo.js';
import type { LookPreview } from '../issues/preview-look.js';
import { templateNames, typefaces, type TemplateName } from '../newsletters/look.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { MessageKey, Said } from '../languages/messages.js';
import type { Translator } from '../languages/translate.js';
import {
  choiceOf,
  typedOf,
  wordsFields,
  wordsTypedOf,
  type LookField,
  type LookForm,
  type WordsForm,
} from './look-form.js';
import { madeFrom } from './newsletter-form.js';
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
  changed?: readonly ChangedField[] | undefined;
}

/** A field of one of the two forms. */
export type ChangedField = LookField | (typeof wordsFields)[number];

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

/** The name and the saved value of each field, in words. */
function savedInWords(
  newsletter: Newsletter,
  words: Translator,
): Record<ChangedField, { name: string; value: string }> {
  const { look } = newsletter;
  const { t } = words;
  const template = templateNames.find((name) => name === choiceOf(look));
  const fact = (name: MessageKey, value: string | null | undefined) => ({
    name: t(name),
    value: value || t('settings.emptyValue'),
  });
  return {
    template: fact(
      'design.template',
      t(template ? templates[template].label : 'design.ownVersion', { version: String(look.version) }),
    ),
    content: fact('design.content', contents(words)[newsletter.content]),
    brandColour: fact('design.brand', look.brandColour),
    width: fact('design.width', String(look.width)),
    'fonts.headings': fact('design.headingFont', faces(words)[look.fonts.headings]),
    'fonts.text': fact('design.bodyFont', faces(words)[look.fonts.text]),
    'logo.url': fact('design.logo', look.logo?.url),
    'logo.width': fact('design.logoWidth', look.logo && String(look.logo.width)),
    'logo.height': fact('design.logoHeight', look.logo && String(look.logo.height)),
    images: fact('design.images', images(words)[look.images]),
    subject: fact('design.subject', newsletter.subject),
    opening: fact('design.opening', newsletter.words.opening),
    closing: fact('design.closing', newsletter.words.closing),
    sponsor: fact('design.sponsor', newsletter.words.sponsor),
  };
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
  const saved = savedInWords(newsletter, words);
  return {
    newsletter,
    changed: changed.map((field) => t('settings.nowIs', saved[field])),
    madeFrom: (form && page.madeFrom) ?? madeFrom(typedOf(newsletter)),
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
    facts: Object.values(saved),
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
