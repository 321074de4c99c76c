// Runs commands in this process, through the real program: a process of its own takes two seconds to load.
import type { Command } from '../../src/cli/command.js';
import { runProgram } from '../../src/cli/program.js';
import { holdDataDir } from '../../src/embedded/hold.js';
import { temporaryFolder } from '../support/database.js';
import { secretKey } from '../support/newsroom.js';

/** Gives all tests of a file the environment of a command on this database. */
export function useCommandEnvironment(env: () => Record<string, string>): void {
  const before = { ...process.env };
  let hold: ReturnType<typeof holdDataDir>;
  beforeAll(async () => {
    const folder = await temporaryFolder();
    hold = holdDataDir(folder);
    Object.assign(process.env, { DATA_DIR: folder, SECRET_KEY: secretKey, ...env() });
  });
  afterAll(() => {
    hold.release();
    process.env = before;
  });
}

/** Runs a command with --json: its exit status, and its document. */
export async function runHere(
  commands: readonly Command[],
  args: readonly string[],
): Promise<{ status: number; document: unknown }> {
  const pieces: string[] = [];
  const { write } = process.stdout;
  process.stdout.write = (piece: string | Uint8Array) => pieces.push(String(piece)) > 0;
  try {
    const status = await runProgram(commands, [...args, '--json']);
    return { status, document: JSON.parse(pieces.join('')) };
  } finally {
    process.stdout.write = write;
  }
}
