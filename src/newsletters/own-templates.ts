// A publisher's own templates. Each save is a new version; the newsletter's look says which version is used.
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import type { Look } from './look.js';
import * as store from './store-templates.js';

export type { TemplateRow } from './store-templates.js';

/**
 * Stores `mjml`, which was checked, as the newest version. It is not in use yet. Undefined: no such
 * newsletter.
 */
export async function saveTemplate(
  db: Db,
  template: { newsletterId: string; mjml: string; note: string | null; createdBy: string },
): Promise<store.TemplateRow | undefined> {
  return isId(template.newsletterId) ? store.insertTemplate(db, template) : undefined;
}

/** Newest first; those before the id `before`. */
export async function listTemplates(
  db: Db,
  { newsletterId, before, limit }: { newsletterId: string; before?: string | undefined; limit: number },
): Promise<store.TemplateSummary[]> {
  return store.selectTemplates(db, newsletterId, before, limit);
}

export async function getTemplate(db: Db, id: string): Promise<store.TemplateRow | undefined> {
  return isId(id) ? store.selectTemplate(db, id) : undefined;
}

/** Whether the template that `look` names exists. */
export async function hasTemplate(db: Db, newsletterId: string, look: Look): Promise<boolean> {
  return look.template !== 'own' || (await ownMjml(db, newsletterId, look)) !== undefined;
}

/** The MJML that `look` names; undefined: it names one of our templates. */
export async function ownMjml(db: Db, newsletterId: string, look: Look): Promise<string | undefined> {
  if (look.template !== 'own' || look.version === null) return undefined;
  return (await store.selectTemplateVersion(db, newsletterId, look.version))?.mjml;
}
