// A publisher's own template, kept as a version. The newsletter's look says whether it is used.
import type { Db } from '../db.js';
import type { Said } from '../languages/messages.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { saveTemplate, type TemplateRow } from '../newsletters/own-templates.js';
import { checkInThread } from './check-in-thread.js';

export type AddedTemplate =
  | { ok: true; template: TemplateRow }
  | { ok: false; code: 'not-found' }
  | { ok: false; code: 'template-invalid'; problems: Said[] };

/** Keeps `mjml` as the newsletter's newest version, if it can be mailed. */
export async function addTemplate(
  { db }: { db: Db },
  input: { newsletterId: string; mjml: string; note: string | null; createdBy: string },
): Promise<AddedTemplate> {
  const newsletter = await getNewsletter(db, input.newsletterId);
  if (newsletter === undefined) return { ok: false, code: 'not-found' };
  const problems = await checkInThread({ mjml: input.mjml, look: newsletter.look });
  if (problems.length > 0) return { ok: false, code: 'template-invalid', problems };
  const template = await saveTemplate(db, input);
  return template ? { ok: true, template } : { ok: false, code: 'not-found' };
}
