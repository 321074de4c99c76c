// A command's output: its result on stdout, everything else on stderr. And questions to a person at the terminal.
import { cursorTo, clearLine } from 'node:readline';
import { createInterface } from 'node:readline/promises';

export interface Progress {
  /** Shows `done` of `total`, followed by `note`. */
  update(done: number, total: number, note?: string): void;
  end(): void;
}

export interface Output {
  json: boolean;
  /** Prints the result: `document` with --json, otherwise `lines`. Once per command, or for each file of a list. */
  result(document: unknown, lines: string | readonly string[]): void;
  /** Prints a remark on stderr. */
  note(text: string): void;
  progress(label: string): Progress;
}

const barWidth = 30;
/** Without a terminal: the shortest time between two lines of progress, in ms. */
const quietFor = 2_000;

function bar(done: number, total: number): string {
  const share = total === 0 ? 0 : Math.min(1, done / total);
  const filled = Math.round(share * barWidth);
  return `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${Math.floor(share * 100)} %`;
}

function terminalProgress(stream: NodeJS.WriteStream, label: string): Progress {
  let drawn = false;
  return {
    update(done, total, note = '') {
      const line = `${label} ${bar(done, total)}  ${done}/${total}  ${note}`;
      cursorTo(stream, 0);
      stream.write(line.slice(0, Math.max(20, (stream.columns ?? 80) - 1)));
      clearLine(stream, 1);
      drawn = true;
    },
    end() {
      if (drawn) stream.write('\n');
    },
  };
}

function plainProgress(stream: NodeJS.WritableStream, label: string): Progress {
  let printedAt = 0;
  let last = '';
  return {
    update(done, total, note = '') {
      const line = `${label} ${done}/${total}${note === '' ? '' : `  ${note}`}`;
      if (line === last || (Date.now() - printedAt < quietFor && done < total)) return;
      printedAt = Date.now();
      last = line;
      stream.write(`${line}\n`);
    },
    end() {},
  };
}

export function createOutput(json: boolean): Output {
  return {
    json,
    result(document, lines) {
      const text = typeof lines === 'string' ? lines : lines.join('\n');
      process.stdout.write(json ? `${JSON.stringify(document)}\n` : text === '' ? '' : `${text}\n`);
    },
    note(text) {
      process.stderr.write(`${text}\n`);
    },
    progress(label) {
      return process.stderr.isTTY
        ? terminalProgress(process.stderr, label)
        : plainProgress(process.stderr, label);
    },
  };
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Repeats the question until the answer is not empty. The question goes to stderr: stdout holds results only. */
export async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    for (;;) {
      const answer = (await terminal.question(question)).trim();
      if (answer !== '') return answer;
    }
  } finally {
    terminal.close();
  }
}
