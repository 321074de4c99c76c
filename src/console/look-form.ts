// The forms of a newsletter's look: what was typed in them, and what that asks for.
import type { z } from 'zod';
import { newsletterPatch, type Newsletter } from '../newsletters/schema.js';
import type { Words } from '../newsletters/selection.js';

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
type LookField = (typeof lookFields)[number];

export const wordsFields = ['opening', 'closing', 'sponsor'] as const satisfies (keyof Words)[];

type Patch = z.output<typeof newsletterPatch>;
export interface Form<Field extends string> {
  /** A field that is not there changes nothing. */
  typed: Partial<Record<Field, string>>;
  /** What is wrong with it, by field. */
  wrong: Partial<Record<Field, string>>;
  /** Undefined: something is wrong. */
  patch: Patch | undefined;
}
export type LookForm = Form<LookField>;
export type WordsForm = Form<keyof Words>;

const lookProblems: Record<LookField, string> = {
  template: 'There is no such template.',
  brandColour: 'It must be a colour such as #0b5a78.',
  'logo.url': 'It must be an http or https address.',
  'logo.width': 'It must be a whole number from 16 to 600.',
  'logo.height': 'It must be a whole number from 16 to 240.',
  'fonts.headings': 'Choose one of these.',
  'fonts.text': 'Choose one of these.',
  images: 'Choose one of these.',
  width: 'It must be a whole number from 480 to 720.',
  subject: 'It cannot be filled in',
  content: 'Choose one of these.',
};

/** The version that a choice of template names, or null. */
export function ownVersion(choice: unknown): number | null {
  const [, version] = /^own:(\d{1,6})$/.exec(String(choice)) ?? [];
  return version === undefined ? null : Number(version);
}

/** How the form names the template of a look. */
export const choiceOf = ({ template, version }: Pick<Newsletter['look'], 'template' | 'version'>): string =>
  template === 'own' ? `own:${version}` : template;

/** What the form of the look asks for: a POST's body, or a query. */
export function readLookForm(given: unknown): LookForm {
  const typed = typedIn(given, lookFields);
  const version = ownVersion(typed.template);
  const url = typed['logo.url'];
  const sized = { url, width: Number(typed['logo.width']), height: Number(typed['logo.height']) };
  return judge(
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
      return [field, field === 'subject' ? `${lookProblems.subject}: ${message}.` : lookProblems[field]];
    },
  );
}

/** What the form of the standing words asks for. Empty: none. */
export function readWordsForm(given: unknown): WordsForm {
  const typed = typedIn(given, wordsFields);
  const words = Object.fromEntries(Object.entries(typed).map(([name, text]) => [name, text || null]));
  return judge(typed, { words }, ([, name], message) => [
    wordsFields.find((one) => one === name) ?? 'opening',
    `It cannot be used: ${message.charAt(0).toLowerCase()}${message.slice(1)}.`,
  ]);
}

function typedIn<Field extends string>(
  given: unknown,
  fields: readonly Field[],
): Partial<Record<Field, string>> {
  const values = (given ?? {}) as Record<string, unknown>;
  const typed: Partial<Record<Field, string>> = {};
  for (const field of fields) {
    const value = values[field];
    // Browsers send lines as CRLF.
    if (typeof value === 'string') typed[field] = value.replaceAll('\r\n', '\n').trim();
  }
  return typed;
}

function judge<Field extends string>(
  typed: Form<Field>['typed'],
  asked: object,
  name: (path: PropertyKey[], message: string) => [Field, string],
): Form<Field> {
  // Without what is undefined, which is not what is left out.
  const parsed = newsletterPatch.safeParse(JSON.parse(JSON.stringify(asked)));
  if (parsed.success) return { typed, wrong: {}, patch: parsed.data };
  const wrong = parsed.error.issues.map(({ path, message }) => name(path, message));
  return { typed, wrong: Object.fromEntries(wrong) as Form<Field>['wrong'], patch: undefined };
}

/** The form as it would be typed to leave everything as it is. */
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
