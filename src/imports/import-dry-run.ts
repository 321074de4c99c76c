// Imports the file of a dry run, so that nobody uploads it twice. The dry run keeps its stored body for a day.
import type { Db } from '../db.js';
import { day } from '../durations.js';
import { isId } from '../ids.js';
import type { Message } from '../languages/messages.js';
import { inEnglish } from '../languages/translate.js';
import type { Enqueue } from '../queues.js';
import { basisNeeded, cutBasis } from './start-import.js';
import * as store from './store.js';

/** How long a dry run keeps the file, which holds addresses. */
export const fileKeptMs = day;

export type ImportDryRunResult =
  /** `fresh` is false if the file was imported before. */
  | { status: 'accepted'; fresh: boolean; id: string }
  | { status: 'not-found' }
  | { status: 'refused'; code: 'no-basis' | 'not-a-dry-run' | 'file-gone'; detail: string; reason: Message };

type Refusal = Extract<ImportDryRunResult, { status: 'refused' }>;

const refused = (code: Refusal['code'], reason: Message): Refusal => ({
  status: 'refused',
  code,
  detail: inEnglish(reason),
  reason,
});

/** Makes an import of a dry run that has finished, and enqueues it. `basis` replaces that of the dry run. */
export async function importDryRun(
  { db, enqueue, now }: { db: Db; enqueue: Enqueue; now: () => Date },
  { importId, basis }: { importId: string; basis?: string | undefined },
): Promise<ImportDryRunResult> {
  const dry = isId(importId) ? await store.importById(db, importId) : undefined;
  if (!dry) return { status: 'not-found' };
  if (dry.importedAs !== null) return { status: 'accepted', fresh: false, id: dry.importedAs };
  if (!dry.dryRun || dry.state !== 'finished') return refused('not-a-dry-run', { key: 'imports.notADryRun' });
  const stated = cutBasis(basis ?? dry.basis);
  if (stated === '') return refused('no-basis', basisNeeded);
  const id = await db.transaction((tx) => store.takeOverFile(tx, importId, { basis: stated, now: now() }));
  if (id === undefined) {
    const again = await store.importById(db, importId);
    if (again && again.importedAs !== null) return { status: 'accepted', fresh: false, id: again.importedAs };
    return refused('file-gone', { key: 'imports.fileGone' });
  }
  await enqueue('imports', { kind: 'import', importId: id });
  return { status: 'accepted', fresh: true, id };
}
