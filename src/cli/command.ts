// Describes a command of the CLI as data. program.ts passes it to commander, which parses the arguments and
// prints the help.
import type { Output } from './output.js';

export interface Option {
  /** The value's name in the help. An option without a value and without choices is a flag. */
  value?: string;
  help: string;
  /** The values that the option accepts. */
  choices?: readonly string[];
  /** The option takes a whole number within these limits. */
  range?: readonly [min: number, max: number];
  needed?: true;
  /** The name of an option that excludes this one. */
  conflicts?: string;
}

export interface Command {
  /** One or two words: 'issue send'. */
  name: string;
  /** A sentence without its full stop. */
  summary: string;
  /** In commander's notation: '<file>' is required, '[file]' is optional, '[file...]' is a list. */
  args?: string;
  /** What the argument is, for the help. */
  argsHelp?: string;
  options: Record<string, Option>;
  /** Resolves to the exit status; undefined means 0. */
  run(call: CommandCall): Promise<number | undefined>;
}

export interface CommandCall {
  args: readonly string[];
  /** The key is the option's name, with its hyphens. */
  values: Readonly<Record<string, string | number | boolean | undefined>>;
  out: Output;
}

type Values = Pick<CommandCall, 'values'>;

/** The arguments or options are wrong: exit status 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** The command failed, but not because of a bug: exit status 1. */
export class CommandError extends Error {
  override name = 'CommandError';
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** For options whose range a schema checks later. */
export const anyNumber = [0, 999_999_999] as const;

/** The number of rows that a list command prints. */
export const limitOption: Option = { value: 'N', help: 'how many to list (default: 20)', range: [1, 200] };

export function text({ values }: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** The value of an option that is `needed`. */
export function needed(call: Values, name: string): string {
  const value = text(call, name);
  if (value === undefined || value === '') throw new UsageError(`--${name} needs a value.`);
  return value;
}

export function flag({ values }: Values, name: string): boolean {
  return values[name] === true;
}

/** The value of an option that has these `choices`. */
export function choice<const T extends string>(
  call: Values,
  name: string,
  choices: readonly T[],
): T | undefined {
  const value = text(call, name);
  return choices.find((one) => one === value);
}

/** The value of an option that has a `range`. */
export function wholeNumber({ values }: Values, name: string): number | undefined {
  const value = values[name];
  return typeof value === 'number' ? value : undefined;
}

/** "A, B" as a list; an empty value is an empty list. */
export function list(call: Values, name: string): string[] | undefined {
  return text(call, name)
    ?.split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
