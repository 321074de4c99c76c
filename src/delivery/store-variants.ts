// Variants as they are composed and previewed.
import type { Db } from '../db.js';

export interface VariantToSend {
  id: string;
  issueId: string;
  newsletterId: string;
  slug: string;
  fromName: string;
  fromAddress: string;
  replyTo: string | null;
  subject: string;
  html: string;
  text: string;
  date: Date;
  tracking: 'off' | 'consent';
}

export async function selectVariant(db: Db, id: string): Promise<VariantToSend | undefined> {
  return db.maybeOne(
    `select v.id, v.issue_id, n.id as newsletter_id, n.slug, n.from_name, n.from_address, n.reply_to, v.subject, v.html,
       v.text, n.tracking, coalesce(i.fanned_out_at, i.frozen_at) as date
     from variants v join issues i on i.id = v.issue_id join newsletters n on n.id = i.newsletter_id
     where v.id = $1`,
    [id],
  );
}

/** The variant with the most readers, or undefined. */
export async function selectMainVariant(db: Db, issueId: string): Promise<string | undefined> {
  const row = await db.maybeOne<{ id: string }>(
    `select v.id from variants v where v.issue_id = $1
     order by (select count(*) from deliveries d where d.issue_id = $1 and d.variant_id = v.id) desc, v.id limit 1`,
    [issueId],
  );
  return row?.id;
}
