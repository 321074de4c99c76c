#!/usr/bin/env node
// The command line. Results go to stdout, logs and remarks to stderr; exit status 0: done, 1: failed, 2: wrong usage.
import { accountCommands } from './cli/account-commands.js';
import { CommandError, helpOf, readArguments, UsageError, type Command } from './cli/command.js';
import { digestCommands } from './cli/digest-commands.js';
import { domainCommands } from './cli/domain-commands.js';
import { doctorCommands } from './cli/doctor-command.js';
import { feedCommands } from './cli/feed-commands.js';
import { archiveCommands } from './cli/archive-command.js';
import { formCommands } from './cli/form-command.js';
import { checkCommands } from './cli/check-command.js';
import { issueCommands } from './cli/issue-commands.js';
import { newsletterCommands } from './cli/newsletter-commands.js';
import { lookCommands } from './cli/look-commands.js';
import { createOutput } from './cli/output.js';
import { postCommands } from './cli/post-commands.js';
import { reviewCommands } from './cli/review-commands.js';
import { runCommands } from './cli/run-commands.js';
import { sendingCommands } from './cli/sending-commands.js';
import { exportCommand } from './cli/export-command.js';
import { importCommand } from './cli/import-command.js';
import { ConfigError } from './config/values.js';
import { isDatabaseUnavailable } from './db.js';
import { EmbeddedError } from './embedded/failure.js';
import { redact } from './log.js';
import { MigrationError } from './migrate.js';

const commands: readonly Command[] = [
  ...runCommands,
  ...accountCommands,
  ...newsletterCommands,
  ...formCommands,
  ...digestCommands,
  ...archiveCommands,
  ...lookCommands,
  ...feedCommands,
  ...postCommands,
  ...issueCommands,
  ...checkCommands,
  ...reviewCommands,
  ...sendingCommands,
  ...domainCommands,
  importCommand,
  exportCommand,
  ...doctorCommands,
];

function overview(): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'Usage: daily-digest COMMAND [options]',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'daily-digest COMMAND --help tells more.',
    '',
  ].join('\n');
}

/** The command whose words `argv` begins with, and what follows them. */
function find(argv: readonly string[]): { command: Command; rest: string[] } {
  const [first = '', second = ''] = argv;
  const command =
    commands.find(({ name }) => name === `${first} ${second}`) ?? commands.find(({ name }) => name === first);
  if (command) return { command, rest: argv.slice(command.name.split(' ').length) };
  const below = commands.filter(({ name }) => name.startsWith(`${first} `)).map(({ name }) => name);
  if (below.length > 0) throw new UsageError(`${first} is one of: ${below.join(', ')}`);
  throw new UsageError(`"${first}" is not a command`);
}

function isExpected(error: unknown): error is Error {
  return (
    error instanceof CommandError ||
    error instanceof ConfigError ||
    error instanceof EmbeddedError ||
    error instanceof MigrationError ||
    (error instanceof Error && isDatabaseUnavailable(error))
  );
}

/** One line for what is expected; everything that is known of a bug. */
function report(error: unknown, json: boolean): void {
  const expected = isExpected(error);
  const text = expected
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`daily-digest: ${redact(text)}\n`);
  if (!json) return;
  const code = error instanceof CommandError ? error.code : expected ? 'unavailable' : 'internal-error';
  const detail = expected ? redact(error.message) : 'Something went wrong; stderr has it.';
  process.stdout.write(`${JSON.stringify({ error: { code, detail } })}\n`);
}

async function main(argv: readonly string[]): Promise<number> {
  if (argv.length === 0 || argv[0] === 'help' || argv[0] === '--help' || argv[0] === '-h') {
    (argv.length === 0 ? process.stderr : process.stdout).write(overview());
    return argv.length === 0 ? 2 : 0;
  }
  const json = argv.includes('--json');
  try {
    const { command, rest } = find(argv);
    const { args, values } = readArguments(command, rest);
    if (values['help'] === true) {
      process.stdout.write(helpOf(command));
      return 0;
    }
    return (await command.run({ args, values, out: createOutput(values['json'] === true) })) ?? 0;
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`daily-digest: ${error.message}\nSee daily-digest --help\n`);
      return 2;
    }
    report(error, json);
    return 1;
  }
}

// `… | head` closes the pipe when it has enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.exitCode = await main(process.argv.slice(2));
