// newsletter look, template check|add|list|show: how a newsletter's mail looks.
import { readFile } from 'node:fs/promises';
import { recordAudit } from '../accounts/audit.js';
import { checkTemplate } from '../digest/check-template.js';
import { addTemplate } from '../digest/own-template.js';
import { defaultLook, lookPatch, templateNames, typefaces, type Look } from '../newsletters/look.js';
import { getTemplate, listTemplates } from '../newsletters/own-templates.js';
import { changeNewsletter } from './change-newsletter.js';
import { choice, CommandError, text, UsageError, wholeNumber, type Call, type Command } from './command.js';
import { newsletterOption, theNewsletter, withContext } from './context.js';
import { table } from './output.js';
import { previewOption, writePreview } from './preview-look.js';

const faces = Object.keys(typefaces);

/** "https://example.org/logo.png 220x60" or "none". */
function logoOf(call: Call): Look['logo'] | undefined {
  const given = text(call, 'logo');
  if (given === undefined || given === 'none') return given === undefined ? undefined : null;
  const [, url = '', width, height] = /^(\S+)\s+(\d+)x(\d+)$/.exec(given.trim()) ?? [];
  if (width === undefined) throw new UsageError('--logo wants "ADDRESS WIDTHxHEIGHT" or none');
  return { url, width: Number(width), height: Number(height) };
}

function patchOf(call: Call) {
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

const lookCommand: Command = {
  name: 'newsletter look',
  summary: "Show how a newsletter's mail looks, or change it",
  options: {
    ...newsletterOption,
    template: { value: templateNames.join('|'), help: 'which of our templates' },
    'template-version': { value: 'N', help: 'the version of your own template to use (template list)' },
    'brand-colour': { value: '#RRGGBB', help: 'bands and links; made readable in light and dark' },
    logo: { value: "'URL WxH'|none", help: 'in place of the name, in pixels' },
    'heading-font': { value: faces.join('|'), help: 'of titles' },
    'text-font': { value: faces.join('|'), help: 'of everything else' },
    images: { value: 'linked|hosted', help: 'hosted: resized, and served by us' },
    width: { value: '480-720', help: 'on a wide screen' },
    ...previewOption,
  },
  async run(call) {
    const patch = patchOf(call);
    const file = text(call, 'preview');
    if (file !== undefined) return writePreview(call, file, { look: patch });
    const changes = Object.keys(call.values).some((name) => !['json', 'newsletter'].includes(name));
    return withContext(async (context) => {
      let newsletter = await theNewsletter(context.db, call);
      if (changes) newsletter = await changeNewsletter(context, newsletter.id, { look: patch });
      call.out.result(newsletter.look, lookLines(newsletter.look));
      return 0;
    });
  },
};

async function read(call: Call): Promise<string> {
  const [file = ''] = call.args;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandError('no-such-file', `${file} cannot be read: ${(error as Error).message}`);
  }
}

const refuse = (problems: readonly string[]): never => {
  throw new CommandError('template-invalid', `the template cannot be mailed:\n- ${problems.join('\n- ')}`);
};

const checkCommand: Command = {
  name: 'template check',
  summary: 'Say whether an MJML file can be mailed; nothing is stored',
  args: { usage: 'FILE', min: 1, max: 1 },
  options: { ...newsletterOption, ...previewOption },
  async run(call) {
    const mjml = await read(call);
    const file = text(call, 'preview');
    if (file !== undefined) return writePreview(call, file, { mjml });
    const problems = await checkTemplate(mjml, defaultLook);
    if (problems.length > 0) refuse(problems);
    call.out.result({ problems }, 'It can be mailed.');
    return 0;
  },
};

const addCommand: Command = {
  name: 'template add',
  summary: 'Keep an MJML file as a new version of your own template',
  args: { usage: 'FILE', min: 1, max: 1 },
  options: { ...newsletterOption, note: { value: 'TEXT', help: 'what is new in it' } },
  async run(call) {
    const mjml = await read(call);
    return withContext(async (context) => {
      const { id: newsletterId } = await theNewsletter(context.db, call);
      const note = text(call, 'note') ?? null;
      const added = await addTemplate(context, { newsletterId, mjml, note, createdBy: 'cli' });
      if (!added.ok && added.code === 'not-found')
        throw new CommandError(added.code, 'the newsletter is gone');
      if (!added.ok) return refuse(added.problems);
      const { mjml: _, ...template } = added.template;
      await recordAudit(context, {
        actor: { kind: 'cli', role: 'owner' },
        action: 'template.add',
        subject: `template:${template.id}`,
      });
      call.out.result(template, [
        `Version ${template.version} is kept. To use it:`,
        `  daily-digest newsletter look --template-version ${template.version}`,
      ]);
      return 0;
    });
  },
};

const listCommand: Command = {
  name: 'template list',
  summary: 'List the versions of your own template',
  options: { ...newsletterOption },
  async run(call) {
    return withContext(async (context) => {
      const { id: newsletterId, look } = await theNewsletter(context.db, call);
      const templates = await listTemplates(context.db, { newsletterId, limit: 200 });
      const used = (version: number) => look.template === 'own' && look.version === version;
      call.out.result(
        { data: templates },
        templates.length === 0
          ? 'There are none: daily-digest template add FILE'
          : table(
              templates.map(({ id, version, createdAt, note }) => [
                `version ${version}`,
                used(version) ? 'in use' : '',
                createdAt.toISOString().slice(0, 16).replace('T', ' '),
                `template ${id}`,
                note ?? '',
              ]),
            ),
      );
      return 0;
    });
  },
};

const showCommand: Command = {
  name: 'template show',
  summary: 'Print the MJML of a version',
  args: { usage: 'TEMPLATE', min: 1, max: 1 },
  options: {},
  async run(call) {
    return withContext(async (context) => {
      const template = await getTemplate(context.db, call.args[0] ?? '');
      if (!template) throw new CommandError('not-found', `there is no template ${call.args[0]}`);
      call.out.result(template, template.mjml);
      return 0;
    });
  },
};

export const lookCommands = [lookCommand, checkCommand, addCommand, listCommand, showCommand];
