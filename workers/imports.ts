// The imports queue: what a publisher brings along from elsewhere, and takes back.
import type { Payload } from '../src/queues.js';
import { runImport, type RunImportDeps } from '../src/imports/run-import.js';
import { undoImport } from '../src/people/undo-import.js';

export function importsWorker(deps: Omit<RunImportDeps, 'onProgress'>) {
  return async (payload: Payload<'imports'>): Promise<void> => {
    // An undo that is asked for stops the import, and follows it in the same job.
    if ((await runImport(deps, payload)) !== 'finished') await undoImport(deps, payload);
  };
}
