// The imports queue: runs imports, and undoes them.
import type { Payload } from '../src/queues.js';
import { runImport, type RunImportDeps } from '../src/imports/run-import.js';
import { undoImport } from '../src/people/undo-import.js';

export function importsWorker(deps: Omit<RunImportDeps, 'onProgress'>) {
  return async (payload: Payload<'imports'>): Promise<void> => {
    // A requested undo stops the import, and runs in the same job.
    if ((await runImport(deps, payload)) !== 'finished') await undoImport(deps, payload);
  };
}
