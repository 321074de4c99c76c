// One import, in a process of its own.
import { openDatabase } from '../src/db.js';
import { runImport } from '../src/subscribers/run-import.js';
import { secrets, type ImportTask } from './import.js';

process.once('message', (task: ImportTask) => {
  const db = openDatabase({ url: task.url });
  runImport({ db, secrets: secrets(), now: () => new Date() }, { importId: task.importId })
    .then(async (result) => {
      await db.end();
      process.exit(result === 'finished' ? 0 : 1);
    })
    .catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    });
});
