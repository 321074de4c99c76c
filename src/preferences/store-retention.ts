// The SQL of forgetting old answers of readers, in lots. Private to this folder.
import type { Db } from '../db.js';
import type { ExpiredLot } from '../forget-lot.js';

export async function forgetComments(db: Db, { before, limit }: ExpiredLot): Promise<number> {
  return db.change(
    `update leavings set comment = null where id in (
       select id from leavings where comment is not null and at < $1 limit $2)`,
    [before, limit],
  );
}

export async function forgetAddressChanges(db: Db, { before, limit, now }: ExpiredLot): Promise<number> {
  return db.change(
    `delete from address_changes where id in (
       select id from address_changes where requested_at < $1 and expires_at < $3 limit $2)`,
    [before, limit, now],
  );
}
