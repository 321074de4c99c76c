// The names of what the audit log refers to by id.
import type { Db } from '../db.js';

/** One thing of the installation. */
export interface NameRow {
  /** 'issue:7' */
  subject: string;
  /** Of an issue or import, the newsletter's. */
  name: string;
  /** The newsletter's, if the thing belongs to one. */
  slug: string | null;
  /** Of an issue, once it has one. */
  number: number | null;
}

/** Each part reads by primary key. Things that have been deleted are missing. */
export const selectNames = (
  db: Db,
  ids: Readonly<
    Record<
      | 'account'
      | 'apiKey'
      | 'newsletter'
      | 'feed'
      | 'post'
      | 'issue'
      | 'import'
      | 'template'
      | 'subscriber'
      | 'domainRule',
      string[]
    >
  >,
): Promise<NameRow[]> =>
  db.query<NameRow>(
    `select 'account:' || id as subject, email as name, null as slug, null::int as number
       from accounts where id = any($1::bigint[])
     union all select 'api-key:' || id, name, null, null from api_keys where id = any($2::bigint[])
     union all select 'newsletter:' || id, name, slug, null from newsletters where id = any($3::bigint[])
     union all select 'feed:' || f.id, coalesce(f.title, f.url), n.slug, null
       from feeds f join newsletters n on n.id = f.newsletter_id where f.id = any($4::bigint[])
     union all select 'post:' || p.id, p.title, n.slug, null
       from posts p join newsletters n on n.id = p.newsletter_id where p.id = any($5::bigint[])
     union all select 'issue:' || i.id, n.name, n.slug, i.number
       from issues i join newsletters n on n.id = i.newsletter_id where i.id = any($6::bigint[])
     union all select 'import:' || i.id, n.name, n.slug, null
       from imports i join newsletters n on n.id = i.newsletter_id where i.id = any($7::bigint[])
     union all select 'template:' || t.id, n.name, n.slug, t.version
       from mail_templates t join newsletters n on n.id = t.newsletter_id where t.id = any($8::bigint[])
     union all select 'subscriber:' || id, address, null, null from subscribers where id = any($9::bigint[])
     union all select 'domain-rule:' || id, domain, null, null from domain_rules where id = any($10::bigint[])`,
    [
      ids.account,
      ids.apiKey,
      ids.newsletter,
      ids.feed,
      ids.post,
      ids.issue,
      ids.import,
      ids.template,
      ids.subscriber,
      ids.domainRule,
    ],
  );

/** The readers whose address has one of these hashes. */
export const selectNamesByHash = (
  db: Db,
  hashes: readonly Buffer[],
): Promise<{ hash: Buffer; id: string; address: string }[]> =>
  db.query(
    'select address_hash as hash, id, address from subscribers where address_hash = any($1::bytea[])',
    [hashes],
  );
