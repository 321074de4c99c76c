import { isId, type Db } from '../db.js';
import { importById, type ImportRecord } from './store-import.js';

/** How an import stands; undefined: there is none. */
export async function getImport({ db }: { db: Db }, id: string): Promise<ImportRecord | undefined> {
  return isId(id) ? importById(db, id) : undefined;
}
