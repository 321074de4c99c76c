// What a command of the CLI is, and how its arguments are read.
import { parseArgs } from 'node:util';
import type { Output } from './output.js';

export interface Option {
  /** Without a value it is a flag. */
  value?: string;
  help: string;
}

export interface Command {
  /** One or two words: 'issue send'. */
  name: string;
  summary: string;
  /** How many arguments beside options, and their names for the usage line. */
  args?: { usage: string; min: number; max: number };
  options: Record<string, Option>;
  /** Ends with the exit status; undefined is 0. */
  run(call: Call): Promise<number | undefined>;
}

export interface Call {
  args: string[];
  values: Readonly<Record<string, string | boolean | undefined>>;
  out: Output;
}

/** The command was called wrongly: exit status 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** The command could not do what it was asked to, for a reason that is no bug: exit status 1. */
export class CommandError extends Error {
  override name = 'CommandError';
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const everywhere: Record<string, Option> = {
  json: { help: 'print one JSON document on stdout' },
  help: { help: 'show this help' },
};

/** Reads what follows the command's name. Throws UsageError that names what is wrong. */
export function readArguments(
  command: Command,
  argv: readonly string[],
): { args: string[]; values: Record<string, string | boolean | undefined> } {
  const options = Object.fromEntries(
    Object.entries({ ...command.options, ...everywhere }).map(([name, { value }]) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  let parsed;
  try {
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    // node:util says which option it is; its advice about "--" is for other programs.
    const message = error instanceof Error ? (error.message.split('. To specify')[0] ?? '') : String(error);
    throw new UsageError(message);
  }
  const { min, max } = command.args ?? { min: 0, max: 0 };
  if (!parsed.values['help'] && (parsed.positionals.length < min || parsed.positionals.length > max))
    throw new UsageError(
      parsed.positionals.length < min
        ? `${command.name} needs ${command.args?.usage ?? ''}`
        : `${command.name} does not take "${parsed.positionals[max] ?? ''}"`,
    );
  return { args: parsed.positionals, values: parsed.values };
}

/** The help of one command. */
export function helpOf(command: Command): string {
  const usage = ['daily-digest', command.name, command.args?.usage, '[options]'].filter(Boolean).join(' ');
  const rows = Object.entries({ ...command.options, ...everywhere }).map(([name, { value, help }]) => [
    value === undefined ? `--${name}` : `--${name} ${value}`,
    help,
  ]);
  const width = Math.max(...rows.map(([left = '']) => left.length));
  return [
    `${command.summary}.`,
    '',
    `Usage: ${usage}`,
    '',
    ...rows.map(([left = '', right = '']) => `  ${left.padEnd(width)}  ${right}`),
    '',
  ].join('\n');
}

export function text(call: Pick<Call, 'values'>, name: string): string | undefined {
  const value = call.values[name];
  return typeof value === 'string' ? value : undefined;
}

export function needed(call: Pick<Call, 'values'>, name: string): string {
  const value = text(call, name);
  if (value === undefined || value === '') throw new UsageError(`--${name} is needed`);
  return value;
}

export function flag(call: Pick<Call, 'values'>, name: string): boolean {
  return call.values[name] === true;
}

export function choice<const T extends string>(
  call: Pick<Call, 'values'>,
  name: string,
  choices: readonly T[],
): T | undefined {
  const value = text(call, name);
  if (value === undefined) return undefined;
  const chosen = choices.find((one) => one === value);
  if (chosen === undefined) throw new UsageError(`--${name} is "${value}", but wants ${choices.join(', ')}`);
  return chosen;
}

export function wholeNumber(call: Pick<Call, 'values'>, name: string): number | undefined {
  const value = text(call, name);
  if (value === undefined) return undefined;
  if (!/^\d{1,9}$/.test(value)) throw new UsageError(`--${name} is "${value}", but wants a whole number`);
  return Number(value);
}
