// Previews a look or a template before it is in use: writes the newsletter's latest posts to an HTML file.
import { writeFile } from 'node:fs/promises';
import { previewLook } from '../issues/preview-look.js';
import { inEnglish } from '../languages/translate.js';
import type { LookPatch } from '../newsletters/look.js';
import { CommandError, type CommandCall } from './command.js';
import { theNewsletter, withContext, type Context } from './context.js';

export const previewOption = {
  preview: { value: 'FILE', help: 'write a preview with the latest posts to this HTML file; change nothing' },
};

/** Writes the mail to `file` and prints its size. Resolves to the exit status. */
export async function writePreview(
  call: CommandCall,
  file: string,
  read: (context: Context) => Promise<{ look?: LookPatch; mjml?: string }>,
): Promise<number> {
  return withContext(async (context) => {
    const { id: newsletterId, name } = await theNewsletter(context.db, call);
    const tried = await read(context);
    const { problems, rendered } = (await previewLook(context, { newsletterId, ...tried })) ?? {
      problems: [],
    };
    if (problems.length > 0) throw new CommandError('template-invalid', problems.map(inEnglish).join('\n'));
    if (!rendered) throw new CommandError('no-posts', `${name} has no posts to preview yet.`);
    const { html, subject, bytes, dropped } = rendered;
    try {
      await writeFile(file, html);
    } catch (error) {
      throw new CommandError('cannot-write', `Cannot write ${file}: ${(error as Error).message}`);
    }
    call.out.result(
      { file, subject, bytes, dropped },
      `Wrote ${file}: “${subject}”, ${bytes} of at most 90000 bytes.`,
    );
    return 0;
  });
}
