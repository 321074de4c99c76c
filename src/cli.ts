#!/usr/bin/env node
// The command line. Results go to stdout, logs and remarks to stderr; exit status 0: done, 1: failed, 2: wrong usage.
import { CommandError, UsageError, type Command } from './cli/command.js';
import { commandsFor } from './cli/groups.js';
import { runProgram } from './cli/program.js';
import { ConfigError } from './config/values.js';
import { isDatabaseUnavailable } from './db.js';
import { EmbeddedError } from './embedded/failure.js';
import { KeyError } from './keys/open-keys.js';
import { redact } from './log.js';
import { MigrationError } from './migrate.js';

function isExpected(error: unknown): error is Error {
  return (
    error instanceof UsageError ||
    error instanceof CommandError ||
    error instanceof ConfigError ||
    error instanceof EmbeddedError ||
    error instanceof MigrationError ||
    error instanceof KeyError ||
    (error instanceof Error && isDatabaseUnavailable(error))
  );
}

function codeOf(error: unknown): string {
  if (error instanceof UsageError) return 'wrong-usage';
  if (error instanceof CommandError) return error.code;
  return isExpected(error) ? 'unavailable' : 'internal-error';
}

/** Reports an expected error in one line, and a bug with its stack. */
function report(error: unknown, json: boolean): void {
  const expected = isExpected(error);
  const text = expected
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`daily-digest: ${redact(text)}\n`);
  if (!json) return;
  const detail = expected ? redact(error.message) : 'The command failed unexpectedly. See stderr.';
  process.stdout.write(`${JSON.stringify({ error: { code: codeOf(error), detail } })}\n`);
}

/** The command whose name `argv` begins with, for the hint at its help. */
const commandIn = (commands: readonly Command[], argv: readonly string[]): string =>
  [argv.slice(0, 2).join(' '), argv[0]].find((words) => commands.some(({ name }) => name === words)) ??
  'COMMAND';

async function main(argv: readonly string[]): Promise<number> {
  const commands = await commandsFor(argv);
  try {
    return await runProgram(commands, argv);
  } catch (error) {
    report(error, argv.includes('--json'));
    if (!(error instanceof UsageError)) return 1;
    process.stderr.write(`Run "daily-digest ${commandIn(commands, argv)} --help" for the usage.\n`);
    return 2;
  }
}

// `… | head` closes the pipe when it has enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.exitCode = await main(process.argv.slice(2));
