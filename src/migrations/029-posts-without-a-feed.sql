-- The feed of a post was removed, and no other has listed it since: the next that does adopts it. A post that was pushed
-- through the API has no feed either, and nobody adopts it.
alter table posts add column orphaned_at timestamptz;

update posts p set orphaned_at = now()
 where feed_id is null
   and exists (select from post_identities i where i.post_id = p.id and i.identity like 'item:%')
   and not exists (select from post_identities i where i.post_id = p.id and i.identity like 'item:api:%');

create index posts_orphaned on posts (newsletter_id, id desc) where orphaned_at is not null;
