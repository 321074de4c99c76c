// A look or a template that is not in use yet, seen in a file: the newsletter's latest posts as readers would get them.
import { writeFile } from 'node:fs/promises';
import { previewLook } from '../issues/preview-look.js';
import type { LookPatch } from '../newsletters/look.js';
import { CommandError, type Call } from './command.js';
import { theNewsletter, withContext } from './context.js';

export const previewOption = {
  preview: { value: 'FILE', help: 'write the latest posts in it to an HTML file, and change nothing' },
};

/** Writes the mail to `file`; says how large it is. Returns the exit status. */
export async function writePreview(
  call: Call,
  file: string,
  tried: { look?: LookPatch; mjml?: string },
): Promise<number> {
  return withContext(async (context) => {
    const { id: newsletterId, name } = await theNewsletter(context.db, call);
    const { problems, rendered } = (await previewLook(context, { newsletterId, ...tried })) ?? {
      problems: [],
    };
    if (problems.length > 0) throw new CommandError('template-invalid', problems.join('\n'));
    if (!rendered) throw new CommandError('no-posts', `${name} has no posts yet that could be shown`);
    const { html, subject, bytes, dropped } = rendered;
    try {
      await writeFile(file, html);
    } catch (error) {
      throw new CommandError('cannot-write', `${file} cannot be written: ${(error as Error).message}`);
    }
    call.out.result(
      { file, subject, bytes, dropped },
      `${file}: “${subject}”, ${bytes} of the 90000 bytes that every program shows whole.`,
    );
    return 0;
  });
}
