// Runs one import in a separate process, whose memory bench/import.ts watches.
import { once } from 'node:events';
import { openDatabase } from '../src/db.js';
import { runImport } from '../src/imports/run-import.js';
import { secrets, type ImportTask } from './import.js';

const [{ url, importId }] = (await once(process, 'message')) as [ImportTask];
const db = openDatabase({ url });
const result = await runImport({ db, secrets: secrets(), now: () => new Date() }, { importId });
await db.end();
process.exit(result === 'finished' ? 0 : 1);
