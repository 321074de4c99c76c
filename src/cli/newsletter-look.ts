// newsletter look: the template, colours, logo and fonts of a newsletter's mail.
import { lookPatch, templateNames, typefaces, type Look, type LookPatch } from '../newsletters/look.js';
import {
  anyNumber,
  choice,
  text,
  UsageError,
  wholeNumber,
  type CommandCall,
  type Command,
} from './command.js';
import { newsletterOption, theNewsletter, withContext, type Context } from './context.js';
import { previewOption, writePreview } from './look-preview.js';
import { changeNewsletter } from './newsletter-change.js';
import { logoFileOf, takeLogo } from './newsletters/logo-file.js';
import { table } from './output.js';

const faces = Object.keys(typefaces);

/** Parses "https://example.org/logo.png 220x60". "none" gives null, and a file, which is not uploaded yet, undefined. */
function logoOf(call: CommandCall): Look['logo'] | undefined {
  const given = text(call, 'logo');
  if (given === 'none') return null;
  if (given === undefined || logoFileOf(given) !== undefined) return undefined;
  const [, url = '', width, height] = /^(\S+)\s+(\d+)x(\d+)$/.exec(given.trim()) ?? [];
  if (width === undefined) throw new UsageError('--logo needs "URL WIDTHxHEIGHT", a file, or none.');
  return { url, width: Number(width), height: Number(height) };
}

function patchOf(call: CommandCall) {
  const version = wholeNumber(call, 'template-version');
  const given = {
    template: version === undefined ? choice(call, 'template', templateNames) : 'own',
    version,
    brandColour: text(call, 'brand-colour'),
    logo: logoOf(call),
    fonts: { headings: text(call, 'heading-font'), text: text(call, 'text-font') },
    images: text(call, 'images'),
    width: wholeNumber(call, 'width'),
  };
  const parsed = lookPatch.safeParse(JSON.parse(JSON.stringify(given)));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UsageError(`${(issue?.path ?? []).join('.')}: ${issue?.message ?? 'is not valid'}`);
}

const lookLines = (look: Look): string[] =>
  table([
    ['template', look.template === 'own' ? `own, version ${look.version}` : look.template],
    ['brand colour', look.brandColour],
    ['logo', look.logo === null ? 'none' : `${look.logo.url} ${look.logo.width}x${look.logo.height}`],
    ['fonts', `${look.fonts.headings} headings, ${look.fonts.text} text`],
    ['images', look.images],
    ['width', `${look.width} px`],
  ]);

export const lookCommand: Command = {
  name: 'newsletter look',
  summary: "Show or change the look of a newsletter's mail",
  options: {
    ...newsletterOption,
    template: { choices: templateNames, help: 'built-in template' },
    'template-version': {
      value: 'N',
      help: 'version of your own template (see template list)',
      range: anyNumber,
    },
    'brand-colour': {
      value: '#RRGGBB',
      help: 'colour of bands and links; adjusted to be readable in light and dark mode',
    },
    logo: {
      value: "FILE|'URL WxH'|none",
      help: 'image in place of the name: a file to upload, or an address with its size in pixels',
    },
    'heading-font': { choices: faces, help: 'font of headings' },
    'text-font': { choices: faces, help: 'font of all other text' },
    images: { choices: ['linked', 'hosted'], help: 'hosted: resized and served by this server' },
    width: { value: '480-720', help: 'width in pixels on a wide screen', range: anyNumber },
    ...previewOption,
  },
  async run(call) {
    const given = patchOf(call);
    const logoFile = logoFileOf(text(call, 'logo'));
    const patchIn = async (context: Context): Promise<LookPatch> =>
      logoFile === undefined ? given : { ...given, logo: await takeLogo(context, call, logoFile) };
    const file = text(call, 'preview');
    if (file !== undefined)
      return writePreview(call, file, async (context) => ({ look: await patchIn(context) }));
    const changes = Object.entries(call.values).some(
      ([name, value]) => value !== undefined && !['json', 'newsletter'].includes(name),
    );
    return withContext(async (context) => {
      let newsletter = await theNewsletter(context.db, call);
      if (changes)
        newsletter = await changeNewsletter(context, newsletter.id, { look: await patchIn(context) });
      call.out.result(newsletter.look, lookLines(newsletter.look));
      return 0;
    });
  },
};
