#!/usr/bin/env node
// The command line. Results go to stdout, logs and remarks to stderr; exit status 0: done, 1: failed, 2: wrong usage.
import { accountCommands } from './cli/account-commands.js';
import { CommandError, UsageError, type Command } from './cli/command.js';
import { auditCommand } from './cli/audit-command.js';
import { completionCommand } from './cli/completion.js';
import { doctorCommand } from './cli/doctor.js';
import { domainCommands } from './cli/domain-commands.js';
import { feedCommands } from './cli/feed-commands.js';
import { readCommand } from './cli/feedback/read.js';
import { reportsCommand } from './cli/feedback/reports.js';
import { takeCommand } from './cli/feedback/take.js';
import { testCommand } from './cli/feedback/test.js';
import { checkCommand } from './cli/issue-check.js';
import { issueCommands } from './cli/issue-commands.js';
import { reviewCommands } from './cli/issue-review.js';
import { sendCommand } from './cli/issue-send.js';
import { archiveCommand, listingCommand } from './cli/newsletter-archive.js';
import { contentCommands } from './cli/newsletter-content.js';
import { issueTestCommand } from './cli/mail/test-issue.js';
import { createCommand } from './cli/newsletter-create.js';
import { newsletterCommands } from './cli/newsletters/commands.js';
import { readerCommands } from './cli/readers/commands.js';
import { formCommand } from './cli/newsletter-form.js';
import { keysCommand } from './cli/keys-command.js';
import { lookCommand } from './cli/newsletter-look.js';
import { postCommands } from './cli/post-commands.js';
import { runProgram } from './cli/program.js';
import { runCommands } from './cli/run-commands.js';
import { sendingCommands } from './cli/sending-commands.js';
import { statisticsCommands } from './cli/statistics/commands.js';
import { countCommand, exportCommand, showReaderCommand } from './cli/subscribers-commands.js';
import { importCommand } from './cli/subscribers-import.js';
import { templateCommands } from './cli/template-commands.js';
import { ConfigError } from './config/values.js';
import { isDatabaseUnavailable } from './db.js';
import { EmbeddedError } from './embedded/failure.js';
import { KeyError } from './keys/open-keys.js';
import { redact } from './log.js';
import { MigrationError } from './migrate.js';

const commands: readonly Command[] = [
  ...runCommands,
  ...accountCommands,
  ...newsletterCommands,
  createCommand,
  formCommand,
  ...contentCommands,
  archiveCommand,
  listingCommand,
  lookCommand,
  ...templateCommands,
  ...feedCommands,
  ...postCommands,
  ...issueCommands,
  issueTestCommand,
  checkCommand,
  sendCommand,
  ...reviewCommands,
  ...statisticsCommands,
  ...sendingCommands,
  ...domainCommands,
  readCommand,
  takeCommand,
  testCommand,
  reportsCommand,
  importCommand,
  ...readerCommands,
  showReaderCommand,
  exportCommand,
  countCommand,
  auditCommand,
  keysCommand,
  doctorCommand,
  completionCommand(() => commands),
];

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
const commandIn = (argv: readonly string[]): string =>
  [argv.slice(0, 2).join(' '), argv[0]].find((words) => commands.some(({ name }) => name === words)) ??
  'COMMAND';

async function main(argv: readonly string[]): Promise<number> {
  try {
    return await runProgram(commands, argv);
  } catch (error) {
    report(error, argv.includes('--json'));
    if (!(error instanceof UsageError)) return 1;
    process.stderr.write(`Run "daily-digest ${commandIn(argv)} --help" for the usage.\n`);
    return 2;
  }
}

// `… | head` closes the pipe when it has enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.exitCode = await main(process.argv.slice(2));
