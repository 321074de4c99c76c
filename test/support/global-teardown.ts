// Runs after all tests: destroys the run's embedded PostgreSQL.
import { rm } from 'node:fs/promises';
import { destroyPostgres } from '../../src/embedded/postgres.js';

export default async function tearDown(): Promise<void> {
  const folder = process.env['TEST_DATA_DIR'];
  if (!folder) return;
  await destroyPostgres(folder);
  await rm(folder, { recursive: true, force: true });
}
