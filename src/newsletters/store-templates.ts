// Publishers' own templates. A row never changes.
import type { Db } from '../db.js';

export interface TemplateSummary {
  id: string;
  newsletterId: string;
  /** Counts within the newsletter, from 1. */
  version: number;
  note: string | null;
  createdBy: string;
  createdAt: Date;
}

export interface TemplateRow extends TemplateSummary {
  mjml: string;
}

const summary = 'id, newsletter_id, version, note, created_by, created_at';

/**
 * The next version; undefined: no such newsletter. Locks its row, so that two saves at once get two numbers.
 */
export async function insertTemplate(
  db: Db,
  template: Pick<TemplateRow, 'newsletterId' | 'mjml' | 'note' | 'createdBy'>,
): Promise<TemplateRow | undefined> {
  return db.maybeOne<TemplateRow>(
    `with newsletter as (select id from newsletters where id = $1 for no key update)
     insert into mail_templates (newsletter_id, version, mjml, note, created_by)
     select n.id, coalesce((select max(version) from mail_templates t where t.newsletter_id = n.id), 0) + 1, $2, $3, $4
     from newsletter n
     returning ${summary}, mjml`,
    [template.newsletterId, template.mjml, template.note, template.createdBy],
  );
}

/** Newest first, below the id `before`. */
export async function selectTemplates(
  db: Db,
  newsletterId: string,
  before: string | undefined,
  limit: number,
): Promise<TemplateSummary[]> {
  return db.query(
    `select ${summary} from mail_templates
     where newsletter_id = $1 and ($2::bigint is null or id < $2) order by id desc limit $3`,
    [newsletterId, before ?? null, limit],
  );
}

export async function selectTemplate(db: Db, id: string): Promise<TemplateRow | undefined> {
  return db.maybeOne(`select ${summary}, mjml from mail_templates where id = $1`, [id]);
}

export async function selectTemplateVersion(
  db: Db,
  newsletterId: string,
  version: number,
): Promise<TemplateRow | undefined> {
  return db.maybeOne(
    `select ${summary}, mjml from mail_templates where newsletter_id = $1 and version = $2`,
    [newsletterId, version],
  );
}
