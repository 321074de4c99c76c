// The name of whoever edited an issue last.
import type { Db } from '../db.js';
import { nameSubjects } from './name-subjects.js';

/** The address of an account, or the name of an API key. `editedBy`: the actor as in the audit log, 'account:1'. */
export async function editorName(deps: { db: Db }, editedBy: string): Promise<string> {
  if (editedBy === 'cli') return 'The operator at the command line';
  const subject = editedBy.replace(/^key:/, 'api-key:');
  return (await nameSubjects(deps, [subject])).get(subject)?.name ?? editedBy;
}
