// Builds commander's tree of commands: a leaf for each command, and a group for a first word that several
// commands share. Commander parses and checks the arguments and prints the help.
import { CommanderError, InvalidArgumentError, Option as ProgramOption, Command as Program } from 'commander';
import { readFileSync } from 'node:fs';
import { packageRoot } from '../config/environment.js';
import { UsageError, type Command, type Option } from './command.js';
import { createOutput } from './output.js';

const isHelp = (arg: string): boolean => arg === '--help' || arg === '-h';

const { version } = JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8')) as {
  version: string;
};

/** The full name of a leaf, such as "issue send". */
function fullName(program: Program): string {
  const above = program.parent?.parent ? `${fullName(program.parent)} ` : '';
  return above + program.name();
}

const leavesOf = (program: Program): Program[] =>
  program.commands.length === 0 ? [program] : program.commands.flatMap(leavesOf);

function wholeNumberIn([min, max]: readonly [number, number]): (value: string) => number {
  return (value) => {
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

function optionOf(name: string, { value, help, choices, range, needed, conflicts }: Option): ProgramOption {
  const shown = value ?? choices?.join('|');
  const option = new ProgramOption(shown === undefined ? `--${name}` : `--${name} <${shown}>`, help);
  if (choices) option.choices(choices);
  if (range) option.argParser(wholeNumberIn(range));
  if (needed) option.makeOptionMandatory();
  if (conflicts !== undefined) option.conflicts(conflicts);
  return option;
}

/**
 * The values by the options' names as typed. Commander uses camel case instead, and turns "--no-wait" into
 * `wait: false`.
 */
function valuesOf(leaf: Program): Record<string, string | number | boolean | undefined> {
  const given: Record<string, string | number | boolean | undefined> = leaf.opts();
  return Object.fromEntries(
    leaf.options.map((option) => {
      const value = given[option.attributeName()];
      const isGiven = option.negate ? value === false : value !== false;
      return [option.long?.slice(2) ?? '', isGiven ? (option.negate ? true : value) : undefined];
    }),
  );
}

function addLeaf(parent: Program, word: string, command: Command, end: (status: number) => void): void {
  const leaf = parent
    .command(word)
    .summary(command.summary)
    .description(`${command.summary}.`)
    .helpOption('-h, --help', 'show this help')
    .allowExcessArguments(false)
    .action(async () => {
      const json = leaf.optsWithGlobals()['json'] === true;
      const call = { args: leaf.args, values: valuesOf(leaf), out: createOutput(json) };
      end((await command.run(call)) ?? 0);
    });
  const { args, argsHelp } = command;
  if (args !== undefined)
    void (argsHelp === undefined ? leaf.arguments(args) : leaf.argument(args, argsHelp));
  for (const [name, option] of Object.entries(command.options)) leaf.addOption(optionOf(name, option));
  leaf.option('--json', 'print one JSON document on stdout');
}

/** The action of the root and of a group: shows its commands, or reports an unknown command. */
function showCommands(group: Program): void {
  const word = group.args.find((arg) => !arg.startsWith('-'));
  if (word === undefined && group.args.some(isHelp)) return group.outputHelp();
  const isRoot = group.parent === null;
  if (word === undefined && isRoot) {
    group.outputHelp({ error: true });
    throw new UsageError('Name a command.');
  }
  const called = [isRoot ? '' : group.name(), word ?? ''].filter((part) => part !== '').join(' ');
  const known = leavesOf(group).map(fullName);
  throw new UsageError(`Unknown command "${called}". Commands: ${known.join(', ')}`);
}

/** Turns off commander's checks, which would report a wrong option instead of the unknown command. */
const asGroup = (program: Program): Program =>
  program
    .allowUnknownOption()
    .allowExcessArguments()
    .helpOption(false)
    .action(() => showCommands(program));

function buildProgram(commands: readonly Command[], end: (status: number) => void): Program {
  const root = asGroup(new Program('daily-digest'))
    .usage('COMMAND [options]')
    .version(version, '--version', 'print the version')
    .option('--json', 'print one JSON document on stdout')
    .enablePositionalOptions()
    .exitOverride()
    // Silent here, because cli.ts reports errors, also as JSON.
    .configureOutput({ outputError: () => {} })
    .configureHelp({
      visibleCommands: (program) => (program.commands.length === 0 ? [] : leavesOf(program)),
      subcommandTerm: fullName,
      optionDescription: ({ description, mandatory }) =>
        mandatory ? `${description} (required)` : description,
    })
    .addHelpText('after', '\nRun "daily-digest COMMAND --help" for the options of a command.');
  const groups = new Map<string, Program>();
  for (const command of commands) {
    const [first = '', second] = command.name.split(' ');
    if (second === undefined) {
      addLeaf(root, first, command, end);
      continue;
    }
    const group = groups.get(first) ?? asGroup(root.command(first));
    groups.set(first, group);
    addLeaf(group, second, command, end);
  }
  return root;
}

/** "error: missing required argument 'url'" → "Missing required argument 'url'." */
function sentenceOf({ message }: CommanderError): string {
  const said = message.replace(/^error: /, '').replace(/\s+/g, ' ');
  return said.charAt(0).toUpperCase() + said.slice(1) + (/[.)]$/.test(said) ? '' : '.');
}

/** Runs the command that `argv` names, and resolves to its exit status. Throws UsageError for wrong usage. */
export async function runProgram(commands: readonly Command[], argv: readonly string[]): Promise<number> {
  let status = 0;
  const root = buildProgram(commands, (ended) => {
    status = ended;
  });
  const asked = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv;
  try {
    await root.parseAsync(asked, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // For help and version, commander throws an error with the exit code 0.
    if (error.exitCode !== 0) throw new UsageError(sentenceOf(error));
  }
  return status;
}
