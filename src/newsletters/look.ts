// The look of a newsletter's mail: template, colour, type and width. Pure.
import { z } from 'zod';

/** The templates that come with the program: templates/email/digest-*.mjml.hbs. */
export const templateNames = ['magazine', 'headlines', 'letter'] as const;
export type TemplateName = (typeof templateNames)[number];

/**
 * Typefaces by name. Only fonts on readers' machines: a font from a server would tell that server who opens
 * the mail, and most programs would not load it.
 */
export const typefaces = {
  georgia: "Georgia,'Times New Roman',serif",
  palatino: "'Palatino Linotype',Palatino,'Book Antiqua',Georgia,serif",
  system: "-apple-system,'Segoe UI',Roboto,Arial,sans-serif",
  helvetica: "'Helvetica Neue',Helvetica,Arial,sans-serif",
  verdana: 'Verdana,Geneva,Tahoma,sans-serif',
  trebuchet: "'Trebuchet MS',Tahoma,Arial,sans-serif",
  courier: "'Courier New',Courier,monospace",
} as const;
type Typeface = keyof typeof typefaces;
const typeface = z.enum(Object.keys(typefaces) as [Typeface, ...Typeface[]]);

const logo = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: 'must be an http or https address' })
      .max(2048)
      .meta({ format: 'uri', example: 'https://example.org/logo.png' }),
    width: z.int().min(16).max(600),
    height: z.int().min(16).max(240),
  })
  .meta({
    description:
      "An image in place of the newsletter's name, with its size in the mail in pixels. Not SVG: Gmail does not show it.",
  });

export const lookSchema = z
  .strictObject({
    template: z.enum([...templateNames, 'own']).meta({
      description: "own: the publisher's MJML, in the version that `version` names.",
    }),
    version: z.int().min(1).max(100_000).nullable().meta({ description: 'The version of the own template.' }),
    brandColour: z
      .string()
      .regex(/^#[0-9A-Fa-f]{6}$/, 'must be a colour such as #0b5a78')
      .transform((text) => text.toLowerCase())
      .meta({
        description:
          'The colour of bands. Text and links use the closest readable shade, in light and dark mode.',
        example: '#0b5a78',
      }),
    logo: logo.nullable(),
    fonts: z.strictObject({ headings: typeface, text: typeface }),
    images: z.enum(['linked', 'hosted']).meta({
      description:
        'linked: images come from the site. hosted: images are resized and served from here, so that the site cannot see ' +
        'who opens the mail.',
    }),
    width: z
      .int()
      .min(480)
      .max(720)
      .meta({ description: 'The width of the mail on a wide screen, in pixels.' }),
  })
  .meta({ id: 'Look' });

export const lookPatch = lookSchema
  .partial()
  .extend({ fonts: lookSchema.shape.fonts.partial().optional() })
  .meta({ id: 'LookPatch' });

/** A newsletter that does not exist yet has no template of its own. */
export const newLook = lookPatch
  .omit({ version: true })
  .extend({ template: z.enum(templateNames).optional() })
  .meta({ id: 'NewLook' });

export type Look = z.output<typeof lookSchema>;
export type LookPatch = z.output<typeof lookPatch>;

export const defaultLook: Look = {
  template: 'magazine',
  version: null,
  brandColour: '#0b5a78',
  logo: null,
  fonts: { headings: 'georgia', text: 'system' },
  images: 'linked',
  width: 600,
};

/** `look` with the values of `patch`. Fonts are merged. */
export function changeLook(look: Look, patch: Partial<LookPatch> | undefined): Look {
  return { ...look, ...patch, fonts: { ...look.fonts, ...patch?.fonts } } as Look;
}
