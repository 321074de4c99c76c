import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { changeLook } from './look.js';
import { keepLogo } from './uploaded-logos.js';
import { hasTemplate } from './own-templates.js';
import { newsletterPatch, newsletterValues, type Newsletter, type NewsletterPatch } from './schema.js';
import { lockNewsletter, replaceNewsletter, slugIsTaken } from './store.js';

export type UpdateNewsletterResult =
  | { ok: true; newsletter: Newsletter }
  | { ok: false; code: 'not-found' | 'changed-meanwhile' }
  | { ok: false; code: 'no-such-template' }
  | { ok: false; code: 'slug-taken'; slug: string };

/**
 * Changes the values in `patch`: objects are merged, lists are replaced, null clears. Throws ZodError for values that newsletterPatch, or the resulting newsletter,
 * refuses. `isStale` looks at the newsletter under the lock: if true, nothing is changed.
 */
export async function updateNewsletter(
  deps: { db: Db },
  { id, patch, isStale }: { id: string; patch: NewsletterPatch; isStale?: (current: Newsletter) => boolean },
): Promise<UpdateNewsletterResult> {
  const changes = newsletterPatch.parse(patch);
  if (!isId(id)) return { ok: false, code: 'not-found' };
  return deps.db.transaction(async (tx) => {
    const current = await lockNewsletter(tx, id);
    if (!current) return { ok: false, code: 'not-found' };
    if (isStale?.(current)) return { ok: false, code: 'changed-meanwhile' };
    const { id: _id, createdAt: _createdAt, updatedAt: _updatedAt, ...values } = current;
    const merged = newsletterValues.parse({
      ...values,
      ...changes,
      from: { ...values.from, ...changes.from },
      schedule: { ...values.schedule, ...changes.schedule },
      selection: { ...values.selection, ...changes.selection },
      words: { ...values.words, ...changes.words },
      form: { ...values.form, ...changes.form },
      confirmationMail: { ...values.confirmationMail, ...changes.confirmationMail },
      welcomeMail: { ...values.welcomeMail, ...changes.welcomeMail },
      look: changeLook(values.look, changes.look),
    });
    if (!(await hasTemplate(tx, id, merged.look))) return { ok: false, code: 'no-such-template' };
    if (await slugIsTaken(tx, merged.slug, id)) return { ok: false, code: 'slug-taken', slug: merged.slug };
    await keepLogo(tx, id, merged.look);
    return { ok: true, newsletter: await replaceNewsletter(tx, id, { ...merged, listed: changes.listed }) };
  });
}
