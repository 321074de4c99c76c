// Migrates the database that the service uses, also an embedded one, whose tables belong to another role than
// the service's.
import { openDatabase } from '../db.js';
import { migrate } from '../migrate.js';
import { grantToApplication } from './application-role.js';
import type { Supplies } from './supply.js';

/** Returns the names of the migrations that were applied. `only`: applies only these. Throws MigrationError. */
export async function migrateSupplied(
  { config, ownerUrl }: Supplies,
  { only }: { only?: readonly string[] } = {},
): Promise<string[]> {
  const db = openDatabase({ url: ownerUrl ?? config.directUrl ?? config.databaseUrl, max: 1 });
  try {
    const applied = await migrate(db, { only });
    if (ownerUrl !== undefined) await grantToApplication(db);
    return applied;
  } finally {
    await db.end();
  }
}
