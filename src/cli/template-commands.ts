// template check, add, list, show: checks and stores versions of a publisher's template.
import { readFile } from 'node:fs/promises';
import { recordAudit } from '../accounts/audit.js';
import { checkTemplate } from '../digest/check-template.js';
import { addTemplate } from '../digest/own-template.js';
import type { Said } from '../languages/messages.js';
import { inEnglish } from '../languages/translate.js';
import { defaultLook } from '../newsletters/look.js';
import { getTemplate, listTemplates } from '../newsletters/own-templates.js';
import { CommandError, text, type CommandCall, type Command } from './command.js';
import { newsletterOption, theNewsletter, withContext } from './context.js';
import { previewOption, writePreview } from './look-preview.js';
import { table } from './output.js';

/** The content of the file that the command names. */
async function read(call: CommandCall): Promise<string> {
  const [file = ''] = call.args;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandError('no-such-file', `Cannot read ${file}: ${(error as Error).message}`);
  }
}

const refuse = (problems: readonly Said[]): never => {
  const words = problems.map(inEnglish);
  throw new CommandError('template-invalid', `The template has problems:\n- ${words.join('\n- ')}`);
};

const checkCommand: Command = {
  name: 'template check',
  summary: 'Check whether an MJML file works as a template; store nothing',
  args: '<file>',
  options: { ...newsletterOption, ...previewOption },
  async run(call) {
    const mjml = await read(call);
    const file = text(call, 'preview');
    if (file !== undefined) return writePreview(call, file, () => Promise.resolve({ mjml }));
    const problems = await checkTemplate(mjml, defaultLook);
    if (problems.length > 0) refuse(problems);
    call.out.result({ problems }, 'The template is valid.');
    return 0;
  },
};

const addCommand: Command = {
  name: 'template add',
  summary: 'Store an MJML file as a new version of your own template',
  args: '<file>',
  options: { ...newsletterOption, note: { value: 'TEXT', help: 'what has changed in this version' } },
  async run(call) {
    const mjml = await read(call);
    return withContext(async (context) => {
      const { id: newsletterId } = await theNewsletter(context.db, call);
      const note = text(call, 'note') ?? null;
      const added = await addTemplate(context, { newsletterId, mjml, note, createdBy: 'cli' });
      if (!added.ok && added.code === 'not-found')
        throw new CommandError(added.code, 'The newsletter was deleted in the meantime.');
      if (!added.ok) return refuse(added.problems);
      const { mjml: _, ...template } = added.template;
      await recordAudit(context, {
        actor: { kind: 'cli', role: 'owner' },
        action: 'template.add',
        subject: `template:${template.id}`,
      });
      call.out.result(template, [
        `Stored version ${template.version}. To use it:`,
        `  npx daily-digest newsletter look --template-version ${template.version}`,
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
          ? 'There are no versions yet. Add one: npx daily-digest template add FILE'
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
  summary: 'Print the MJML of a template',
  args: '<template>',
  options: {},
  async run(call) {
    return withContext(async (context) => {
      const template = await getTemplate(context.db, call.args[0] ?? '');
      if (!template) throw new CommandError('not-found', `There is no template ${call.args[0]}.`);
      call.out.result(template, template.mjml);
      return 0;
    });
  },
};

export const templateCommands = [checkCommand, addCommand, listCommand, showCommand];
