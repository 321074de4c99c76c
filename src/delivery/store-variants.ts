// Variants as they are composed and previewed.
import type { Db } from '../db.js';
import { keepToIndexes } from '../postgres/keep-to-indexes.js';

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

/**
 * The variant that most of the issue's first readers have, or undefined. To count a million deliveries takes seconds, and a
 * preview shows any of the common variants.
 */
export async function selectMainVariant(db: Db, issueId: string): Promise<string | undefined> {
  return db.transaction(async (tx) => {
    await keepToIndexes(tx);
    const row = await tx.maybeOne<{ id: string }>(
      `with first as materialized (
         select variant_id from deliveries where issue_id = $1 order by issue_id, subscriber_id limit 1000)
       select v.id from variants v where v.issue_id = $1
       order by (select count(*) from first where variant_id = v.id) desc, v.id limit 1`,
      [issueId],
    );
    return row?.id;
  });
}
