// The view of the page of a newsletter's look.
import type { LookPreview } from '../issues/preview-look.js';
import { templateNames, typefaces, type TemplateName } from '../newsletters/look.js';
import type { Newsletter } from '../newsletters/schema.js';
import { choiceOf, typedOf, wordsFields, type LookForm, type WordsForm } from './look-form.js';
import { sizeInWords } from './size-words.js';

/** A template from the form, to be shown in it again. */
export interface SentTemplate {
  mjml: string;
  note: string;
  problems: string[];
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
}

const templates: Record<TemplateName, string> = {
  magazine: 'Magazine: a large first post, images beside the others',
  headlines: 'Headlines: a numbered list of headlines',
  letter: 'Letter: one post after the other, without decoration',
};

const faces: Record<keyof typeof typefaces, string> = {
  georgia: 'Georgia',
  palatino: 'Palatino',
  system: 'System default',
  helvetica: 'Helvetica',
  verdana: 'Verdana',
  trebuchet: 'Trebuchet',
  courier: 'Courier',
};

const images: Record<Newsletter['look']['images'], string> = {
  linked: 'linked from your site',
  hosted: 'resized and hosted here (your site cannot see who opens)',
};

const contents: Record<Newsletter['content'], string> = {
  excerpt: 'excerpt',
  full: 'full text',
  headlines: 'headline only',
};

const labels: Record<(typeof wordsFields)[number], string> = {
  opening: 'Introduction',
  closing: 'Footer',
  sponsor: 'Sponsor',
};

const choices = (among: Readonly<Record<string, string>>, chosen: string): object[] =>
  Object.entries(among).map(([value, label]) => ({ value, label, chosen: value === chosen }));

function templateChoices({ newsletter: { look }, versions }: LookPage, chosen: string): object[] {
  const known = versions.map(({ version }) => version);
  // The version in use is a choice too, even if it is too old for the list.
  const used = look.template === 'own' && look.version !== null && !known.includes(look.version);
  const own = [...known, ...(used ? [look.version] : [])];
  const stock = Object.fromEntries(templateNames.map((name) => [name, templates[name]]));
  return [
    ...choices(stock, chosen),
    ...own.map((version) => ({
      value: `own:${version}`,
      label: `Your own, version ${version}`,
      chosen: chosen === `own:${version}`,
    })),
  ];
}

/** The id of the section whose form has a problem. */
function refusedPart({ form, words, sent }: LookPage): string | undefined {
  if (form && !form.patch) return 'settings';
  if (words && !words.patch) return 'words';
  return sent && sent.problems.length > 0 ? 'own' : undefined;
}

/** The view of templates/console/look.hbs, without its frame. */
export function lookView(page: LookPage): object {
  const { newsletter, versions, preview, form, tried = false, words, sent } = page;
  const typed = { ...typedOf(newsletter), ...form?.typed };
  const rendered = preview?.rendered;
  const used = choiceOf(newsletter.look);
  return {
    newsletter,
    base: `/console/newsletters/${newsletter.slug}/look`,
    typed,
    wrong: form?.wrong ?? {},
    swatch: form?.patch?.look?.brandColour ?? newsletter.look.brandColour,
    templates: templateChoices(page, typed.template),
    headings: choices(faces, typed['fonts.headings']),
    texts: choices(faces, typed['fonts.text']),
    images: choices(images, typed.images),
    contents: choices(contents, typed.content),
    tried,
    refused: refusedPart(page),
    mail: rendered && {
      subject: rendered.subject,
      preheader: rendered.preheader,
      size: sizeInWords(rendered),
      // The frames request the mail themselves, so their address holds the fields of the form.
      query: tried ? new URLSearchParams({ ...form?.typed }).toString() : '',
    },
    words: wordsFields.map((name) => ({
      name,
      label: labels[name],
      text: words?.typed[name] ?? newsletter.words[name] ?? '',
      wrong: words?.wrong[name],
    })),
    versions: versions.map((one) => ({ ...one, used: used === `own:${one.version}` })),
    stock: templateNames,
    sent,
  };
}
