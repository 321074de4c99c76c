// Changes a newsletter and records the change in the audit log. All commands that change one use it.
import { ZodError } from 'zod';
import { recordAudit } from '../accounts/audit.js';
import type { Newsletter, NewsletterPatch } from '../newsletters/schema.js';
import { updateNewsletter } from '../newsletters/update-newsletter.js';
import { CommandError } from './command.js';
import type { Context } from './context.js';
import { usageOf } from './newsletters/usage.js';

const refusals = {
  'not-found': 'The newsletter was deleted in the meantime.',
  'no-such-template':
    'Your own template has no such version. List the versions: npx daily-digest template list',
  'changed-meanwhile': 'Someone has changed the newsletter meanwhile.',
  'slug-taken': 'Another newsletter has this slug.',
};

/** Resolves to the changed newsletter. Throws UsageError for invalid values. */
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
