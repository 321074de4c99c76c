// Reads the forms of a newsletter's look.
import type { MessageKey } from '../languages/messages.js';
import type { Translator } from '../languages/translate.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { Words } from '../newsletters/selection.js';
import { checkForm, typedIn, type Form } from './newsletter-form.js';

/** Named as in the newsletter's look; `subject` and `content` are the newsletter's own. */
const lookFields = [
  'template',
  'brandColour',
  'logo.url',
  'logo.width',
  'logo.height',
  'fonts.headings',
  'fonts.text',
  'images',
  'width',
  'subject',
  'content',
] as const;
export type LookField = (typeof lookFields)[number];

export const wordsFields = ['opening', 'closing', 'sponsor'] as const satisfies (keyof Words)[];

/** `file`: an uploaded logo, which only has a problem. Its address stands in `logo.url`. */
export type LookForm = Form<LookField | 'file'>;
export type WordsForm = Form<keyof Words>;

const lookProblems: Record<Exclude<LookField, 'subject'>, MessageKey> = {
  template: 'design.wrongTemplate',
  brandColour: 'design.wrongColour',
  'logo.url': 'design.wrongLogo',
  'logo.width': 'design.wrongLogoWidth',
  'logo.height': 'design.wrongLogoHeight',
  'fonts.headings': 'design.wrongChoice',
  'fonts.text': 'design.wrongChoice',
  images: 'design.wrongChoice',
  width: 'design.wrongWidth',
  content: 'design.wrongChoice',
};

/** The version that a choice of template names, or null. */
export function ownVersion(choice: unknown): number | null {
  const [, version] = /^own:(\d{1,6})$/.exec(String(choice)) ?? [];
  return version === undefined ? null : Number(version);
}

/** The name of a look's template in the form. */
export const choiceOf = ({ template, version }: Pick<Newsletter['look'], 'template' | 'version'>): string =>
  template === 'own' ? `own:${version}` : template;

interface Size {
  width: number;
  height: number;
}

const smallest = 16;
const widest = 600;
const highest = 240;

/** The logo of the form, if a part of its size is missing and the picture gives it. */
export function unsizedLogo(given: unknown): string | undefined {
  const { 'logo.url': url = '', ...size } = typedIn(given, [
    'logo.url',
    'logo.width',
    'logo.height',
  ] as const);
  return url !== '' && (!size['logo.width'] || !size['logo.height']) ? url : undefined;
}

/** The form with the logo's size in the proportions of the picture: as wide or as high as typed, or its own size. */
export function withLogoSize(given: unknown, picture: Size): object {
  const typed = typedIn(given, ['logo.width', 'logo.height'] as const);
  const scale = typed['logo.width']
    ? Number(typed['logo.width']) / picture.width
    : typed['logo.height']
      ? Number(typed['logo.height']) / picture.height
      : Math.min(1, widest / picture.width, highest / picture.height);
  const sized = (pixels: number) => String(Math.max(smallest, Math.round(pixels * scale)));
  return {
    ...(given as object),
    'logo.width': typed['logo.width'] || sized(picture.width),
    'logo.height': typed['logo.height'] || sized(picture.height),
  };
}

/**
 * The form with an uploaded logo in place of its address. A size that the publisher has changed since the page was shown
 * is kept, in the proportions of the picture.
 */
export function withUploadedLogo(
  given: unknown,
  { logo, picture }: { logo: { url: string; width: number; height: number }; picture: Size },
  saved: Newsletter['look']['logo'],
): object {
  const typed = typedIn(given, ['logo.width', 'logo.height'] as const);
  const asTyped = (side: 'width' | 'height'): string => {
    const text = typed[`logo.${side}`] ?? '';
    return text === String(saved?.[side] ?? '') ? '' : text;
  };
  const [width, height] = [asTyped('width'), asTyped('height')];
  const named = { ...(given as object), 'logo.url': logo.url };
  if (width !== '' || height !== '')
    return withLogoSize({ ...named, 'logo.width': width, 'logo.height': height }, picture);
  return { ...named, 'logo.width': String(logo.width), 'logo.height': String(logo.height) };
}

/** Reads the form of the look from the body of a POST or from a query. Problems are in the language of `words`. */
export function readLookForm(given: unknown, { language, t }: Translator): LookForm {
  const typed = typedIn(given, lookFields);
  const version = ownVersion(typed.template);
  const url = typed['logo.url'];
  const sized = { url, width: Number(typed['logo.width']), height: Number(typed['logo.height']) };
  return checkForm(
    typed,
    {
      look: {
        ...(version === null ? { template: typed.template } : { template: 'own', version }),
        brandColour: typed.brandColour,
        logo: url === undefined ? undefined : url === '' ? null : sized,
        fonts: { headings: typed['fonts.headings'], text: typed['fonts.text'] },
        images: typed.images,
        width: typed.width === undefined ? undefined : Number(typed.width),
      },
      subject: typed.subject,
      content: typed.content,
    },
    ([first, ...rest], message) => {
      const name = (first === 'look' ? rest : [first]).join('.');
      const field = lookFields.find((one) => one === name) ?? 'template';
      if (field === 'logo.width' && typed[field] === '') return [field, t('design.unmeasured')];
      if (field !== 'subject') return [field, t(lookProblems[field])];
      // In English the exact words of the check.
      return [
        field,
        t('design.wrongSubject', { problem: language === 'en' ? message : t('design.subjectFault') }),
      ];
    },
  );
}

/** Reads the form of the texts of every issue. An empty field removes the text. */
export function readWordsForm(given: unknown, { language, t }: Translator): WordsForm {
  const typed = typedIn(given, wordsFields);
  const words = Object.fromEntries(Object.entries(typed).map(([name, text]) => [name, text || null]));
  return checkForm(typed, { words }, ([, name], message) => [
    wordsFields.find((one) => one === name) ?? 'opening',
    t('design.wrongWords', {
      problem:
        language === 'en' ? message.charAt(0).toLowerCase() + message.slice(1) : t('design.wordsFault'),
    }),
  ]);
}

/** The fields of the form for the newsletter's current settings. */
export function typedOf({ look, subject, content }: Newsletter): Record<LookField, string> {
  return {
    template: choiceOf(look),
    brandColour: look.brandColour,
    'logo.url': look.logo?.url ?? '',
    'logo.width': String(look.logo?.width ?? ''),
    'logo.height': String(look.logo?.height ?? ''),
    'fonts.headings': look.fonts.headings,
    'fonts.text': look.fonts.text,
    images: look.images,
    width: String(look.width),
    subject,
    content,
  };
}

/** The fields of the form of the texts for the newsletter's current settings. */
export const wordsTypedOf = ({ words }: Newsletter): Record<keyof Words, string> => ({
  opening: words.opening ?? '',
  closing: words.closing ?? '',
  sponsor: words.sponsor ?? '',
});
