import type { Db } from '../db.js';
import type { Translator } from '../languages/translate.js';
import { csvField } from './export-subscribers.js';
import { reasonsInWords } from './get-import.js';
import { importRows } from './store-lot.js';

const atOnce = 5_000;

/** All stored rows with errors as CSV, in pieces: line,email,reason. The reasons are in the language of `words`. */
export async function* importErrorsCsv(
  { db }: { db: Db },
  importId: string,
  words: Translator,
): AsyncGenerator<string> {
  yield 'line,email,reason\r\n';
  for (let after = 0; ;) {
    const { rows } = await importRows(db, importId, { outcome: 'invalid', after, limit: atOnce });
    if (rows.length === 0) return;
    yield rows
      .map(
        ({ line, email, reasons }) =>
          `${line},${csvField(email)},${csvField(reasonsInWords(reasons, words))}\r\n`,
      )
      .join('');
    after = rows.at(-1)?.line ?? after;
  }
}
