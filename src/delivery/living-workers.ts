import type { Db } from '../db.js';
import { silence } from './recover.js';
import { countLivingWorkers } from './store.js';

/** How many processes deliver right now, on any machine. */
export function livingWorkers(db: Db): Promise<number> {
  return countLivingWorkers(db, silence);
}
