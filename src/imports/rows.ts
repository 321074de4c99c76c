// Reads the rows of a stored body in lots, from any row on. The body comes in pieces, and at most one row is
// carried from one piece to the next: memory does not grow with the file. Pure.
//
// An invalid row never costs another one. An unclosed quotation mark would swallow the rest of the file. So a
// row spans several lines only if that gives a valid reader; otherwise its first line is the invalid row, and
// reading goes on with the next line.
import type { Message } from '../languages/messages.js';
import { readCsvRow } from './csv.js';
import { decodeField } from './encoding.js';
import { addAttributes, addValue, readReader, valuesOf, type ImportRow, type ReaderRules } from './reader.js';

/** The next row: its first byte in the stored body, and its line in the file. */
export interface FilePosition {
  byte: number;
  line: number;
}

export interface Lot {
  rows: ImportRow[];
  next: FilePosition;
}

/**
 * Bytes. A row has a few hundred, with attributes a few thousand. A longer one has an unclosed quotation
 * mark, or is no table.
 */
const longestRow = 64 * 1024;

const tooLong: Message = { key: 'imports.lineTooLong' };

interface Step {
  /** Undefined: a blank line. */
  row: ImportRow | undefined;
  end: number;
  lines: number;
}

function csvStep(text: string, at: number, line: number, rules: ReaderRules): Step | undefined {
  const found = readCsvRow(text, at, at + longestRow, rules.layout);
  if (found === undefined) return undefined;
  const firstEnd = text.indexOf('\n', at) + 1;
  if (found === 'unclosed') return { row: { line, reason: tooLong }, end: firstEnd, lines: 1 };
  const { fields, end, lines } = found;
  if (fields.every((field) => field.trim() === '')) return { row: undefined, end, lines };
  const values = { ...rules.blank };
  for (const [index, { target }] of rules.layout.columns.entries())
    if (target !== 'ignore') addValue(values, target, decodeField(fields[index] ?? ''));
  if (values.attributes !== undefined) addAttributes(values, rules.layout);
  const row = readReader(line, values, rules);
  return 'reason' in row && lines > 1 ? { row, end: firstEnd, lines: 1 } : { row, end, lines };
}

function jsonStep(text: string, at: number, line: number, rules: ReaderRules): Step | undefined {
  const end = text.indexOf('\n', at) + 1;
  if (end === 0) return undefined;
  const json = decodeField(text.slice(at, end)).trim();
  if (json === '') return { row: undefined, end, lines: 1 };
  let object: unknown;
  try {
    object = JSON.parse(json);
  } catch {
    // The check below reports it.
  }
  if (typeof object !== 'object' || object === null || Array.isArray(object))
    return { row: { line, reason: { key: 'imports.lineNotJson' } }, end, lines: 1 };
  const values = valuesOf(object, rules.layout);
  if (values.attributes !== undefined) addAttributes(values, rules.layout);
  return { row: readReader(line, values, rules), end, lines: 1 };
}

/** The pieces, with a line end after the last row. */
async function* ended(pieces: AsyncIterable<Buffer>): AsyncGenerator<{ piece: string; last: boolean }> {
  let last = 10;
  for await (const piece of pieces) {
    if (piece.length === 0) continue;
    last = piece.at(-1) ?? last;
    yield { piece: piece.toString('latin1'), last: false };
  }
  yield { piece: last === 10 ? '' : '\n', last: true };
}

/** Reads the body from `from`, where `pieces` begin. Lots have `size` rows; the last has fewer. */
export async function* readLots(
  pieces: AsyncIterable<Buffer>,
  { rules, from, size }: { rules: ReaderRules; from: FilePosition; size: number },
): AsyncGenerator<Lot> {
  const stepOf = rules.layout.format === 'csv' ? csvStep : jsonStep;
  let text = '';
  let { byte, line } = from;
  let rows: ImportRow[] = [];
  /** Inside a line that is too long. */
  let discarding = false;
  for await (const { piece, last } of ended(pieces)) {
    text += piece;
    let at = 0;
    const pass = (end: number, lines: number): void => {
      byte += end - at;
      at = end;
      line += lines;
    };
    for (;;) {
      if (discarding) {
        const end = text.indexOf('\n', at) + 1;
        if (end === 0) {
          pass(text.length, 0);
          break;
        }
        rows.push({ line, reason: tooLong });
        pass(end, 1);
        discarding = false;
      } else {
        const rest = text.length - at;
        let step = stepOf(text, at, line, rules);
        // The quotation mark is not closed yet: the rest may be in the next piece.
        if (step?.row && 'reason' in step.row && step.row.reason === tooLong && rest < longestRow && !last)
          step = undefined;
        else if (step && step.end - at > longestRow)
          step = { row: { line, reason: tooLong }, end: text.indexOf('\n', at) + 1, lines: 1 };
        if (!step) {
          if (rest <= longestRow) break;
          discarding = true;
          continue;
        }
        if (step.row) rows.push(step.row);
        pass(step.end, step.lines);
      }
      if (rows.length >= size) {
        yield { rows, next: { byte, line } };
        rows = [];
      }
    }
    text = text.slice(at);
  }
  if (rows.length > 0) yield { rows, next: { byte, line } };
}
