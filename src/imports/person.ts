// The data that imports keep about one person, which src/people erases.
import type { Db } from '../db.js';

/** The texts of stored messages, in lower case. JSON writes \" for a quotation mark. */
const saidBy = (column: string): string => String.raw`lower(replace(${column}::text, '\"', '"'))`;

/**
 * Deletes a person from the rows of imports. `spellings` are the address, in lower case, as it may stand in a
 * row that could not be read: "Ada <ada@example.org> (old)", "ada @example.org". That search takes some ms for
 * 100,000 such rows. The files that dry runs keep are deleted: any of them may hold the person.
 */
export async function forgetInImports(
  tx: Db,
  { subscriberId, key, spellings }: { subscriberId: string; key: string; spellings: readonly string[] },
): Promise<void> {
  await tx.change(
    `with kept as (update imports set file_kept_until = null where file_kept_until is not null returning id)
     delete from import_chunks c using kept where c.import_id = kept.id`,
  );
  await tx.change(
    `update import_rows set email = null, before = null, subscriber_id = null, subscription_id = null
     where subscriber_id = $1 or email = $2`,
    [subscriberId, key],
  );
  await tx.change(
    `update import_rows x set email = null,
       reasons = case when ${saidBy('x.reasons')} like any ($1) then null else x.reasons end
     where x.outcome = 'invalid' and (${saidBy('x.reasons')} like any ($1)
       or lower(regexp_replace(x.email, '[[:space:]\u00a0\u200b]+', '', 'g')) like any ($1))`,
    [spellings.map((text) => `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`)],
  );
}
