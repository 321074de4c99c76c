// What every command that changes a newsletter does: change it, and leave a line in the audit log.
import { ZodError } from 'zod';
import { recordAudit } from '../accounts/audit.js';
import type { Newsletter, NewsletterPatch } from '../newsletters/schema.js';
import { updateNewsletter } from '../newsletters/update-newsletter.js';
import { CommandError } from './command.js';
import type { Context } from './context.js';
import { usageOf } from './newsletter-commands.js';

const refusals = {
  'not-found': 'the newsletter is gone',
  'no-such-template': 'there is no such version of your own template: template list',
  'slug-taken': 'another newsletter has this slug',
};

/** The newsletter as it is then. Throws UsageError for values that it cannot have. */
export async function changeNewsletter(
  context: Pick<Context, 'db' | 'now'>,
  id: string,
  patch: NewsletterPatch,
): Promise<Newsletter> {
  const changed = await updateNewsletter(context, { id, patch }).catch((error: unknown) => {
    throw error instanceof ZodError ? usageOf(error) : error;
  });
  if (!changed.ok) throw new CommandError(changed.code, refusals[changed.code]);
  await recordAudit(context, {
    actor: { kind: 'cli', role: 'owner' },
    action: 'newsletter.change',
    subject: `newsletter:${id}`,
  });
  return changed.newsletter;
}
