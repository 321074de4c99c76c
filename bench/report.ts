// Prints the table, and puts it between two marks of bench/results.md. The rest of that file is handwritten.
import { readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { packageRoot } from '../src/config/environment.js';
import { reaches, showBar, showNumber, type Figure } from './figure.js';
import type { Options } from './options.js';

const file = new URL('bench/results.md', packageRoot);
const marks = ['<!-- figures -->', '<!-- end of figures -->'] as const;

function cells(figure: Figure): string[] {
  const reached = reaches(figure);
  const verdict = reached === undefined ? '' : reached ? 'yes' : 'NO';
  return [figure.what, `${showNumber(figure.value)} ${figure.unit}`.trim(), showBar(figure), verdict];
}

const titles = ['figure', 'measured', 'bar', 'reached'];

export function showTable(figures: readonly Figure[]): string {
  const rows = [titles, ...figures.map(cells)];
  const widths = titles.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function describeRun(options: Options, date: Date): string {
  const { readers, workers, connections, queue } = options;
  return (
    `${date.toISOString().slice(0, 10)}, ${os.availableParallelism()} cores for everything (sink, PostgreSQL, ` +
    `queue, workers), Node ${process.versions.node}: ${readers.toLocaleString('en-US')} readers, ` +
    `${workers} worker processes, ${connections} connections, queue on ${queue}.`
  );
}

/** Writes the figures into bench/results.md. */
export async function writeResults(figures: readonly Figure[], options: Options, date: Date): Promise<void> {
  const text = await readFile(file, 'utf8');
  const [start, end] = marks.map((mark) => text.indexOf(mark)) as [number, number];
  if (start < 0 || end < start) throw new Error(`bench/results.md has lost its marks ${marks.join(' and ')}`);
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  const table = [
    line(titles),
    line(titles.map(() => '---')),
    ...figures.map((figure) => line(cells(figure))),
  ];
  const inside = `${marks[0]}\n\n${describeRun(options, date)}\n\n${table.join('\n')}\n\n`;
  await writeFile(file, text.slice(0, start) + inside + text.slice(end));
}
