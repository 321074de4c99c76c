// completion: prints a script that completes commands, options and their values in a shell. The script holds
// all names itself, so that a press of Tab does not start Node.
import { UsageError, type Command } from './command.js';

export const shells = ['bash', 'zsh', 'fish'] as const;

const quoted = (words: string): string => `'${words.replaceAll("'", String.raw`'\''`)}'`;

/** The options of a command, including those that every command has. */
const optionsOf = ({ options }: Command) =>
  Object.entries<Command['options'][string]>({
    ...options,
    json: { help: 'print one JSON document on stdout' },
    help: { help: 'show this help' },
  });

/** Each first word of a command, with the second words that may follow it. */
function wordsOf(commands: readonly Command[]): Map<string, Set<string>> {
  const words = new Map<string, Set<string>>();
  for (const { name } of commands) {
    const [first = '', second] = name.split(' ');
    const after = words.get(first) ?? new Set();
    words.set(first, second === undefined ? after : after.add(second));
  }
  return words;
}

/** bash: the script looks up the next word by the words before it. Otherwise bash completes file names. */
function bash(commands: readonly Command[]): string {
  const words = wordsOf(commands);
  const row = (context: string, offered: Iterable<string>): string =>
    `    ${quoted(context)}) words=${quoted([...offered].join(' '))} ;;`;
  const groups = [...words].filter(([, after]) => after.size > 0);
  const values = commands.flatMap((command) =>
    optionsOf(command).flatMap(([name, { choices }]) =>
      choices ? [row(`${command.name} --${name}`, choices)] : [],
    ),
  );
  // After an option with a free value, bash must complete file names, not options.
  const free = commands.flatMap((command) =>
    optionsOf(command).flatMap(([name, { value, choices }]) =>
      value !== undefined && !choices ? [row(`${command.name} --${name}`, [])] : [],
    ),
  );
  return `_daily_digest() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command words=''
  command="\${COMP_WORDS[1]}"
  case "$command" in
    ${groups.map(([first]) => first).join('|')}) (( COMP_CWORD > 2 )) && command="$command \${COMP_WORDS[2]}" ;;
  esac
  (( COMP_CWORD == 1 )) && command=''
  case "$command" in
${row('', words.keys())}
${groups.map(([first, after]) => row(first, after)).join('\n')}
${commands
  .map((command) =>
    row(
      command.name,
      optionsOf(command).map(([name]) => `--${name}`),
    ),
  )
  .join('\n')}
  esac
  case "$command $previous" in
${[...values, ...free].join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _daily_digest daily-digest
`;
}

/** zsh runs bash's script through its own bashcompinit. */
const zsh = (commands: readonly Command[]): string =>
  `autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`;

/** fish: one line for each command, option or value, with its description. */
function fish(commands: readonly Command[]): string {
  const words = wordsOf(commands);
  const complete = (condition: string, rest: string, description: string): string =>
    `complete -c daily-digest -n ${quoted(condition)} ${rest} -d ${quoted(description)}`;
  return [
    '# Whether the words before the cursor are "daily-digest" and then exactly these.',
    'function __daily_digest_after',
    '    set -l words (commandline -opc)',
    '    set -e words[1]',
    '    test "$words" = "$argv"',
    'end',
    '# Whether the command line begins with this command.',
    'function __daily_digest_in',
    '    set -l words (commandline -opc)',
    '    set -e words[1]',
    '    string match -q -- "$argv *" "$words "',
    'end',
    ...[...words].map(([first, after]) =>
      complete(
        '__fish_use_subcommand',
        `-f -a ${quoted(first)}`,
        commands.find(({ name }) => name === first)?.summary ?? [...after].join(', '),
      ),
    ),
    ...commands.flatMap(({ name, summary }) => {
      const [first = '', second] = name.split(' ');
      return second === undefined
        ? []
        : [complete(`__daily_digest_after ${first}`, `-f -a ${quoted(second)}`, summary)];
    }),
    ...commands.flatMap((command) =>
      optionsOf(command).map(([name, { value, choices, help }]) => {
        const values = choices ? ` -x -a ${quoted(choices.join(' '))}` : value === undefined ? '' : ' -r';
        return complete(`__daily_digest_in ${command.name}`, `-l ${name}${values}`, help);
      }),
    ),
    '',
  ].join('\n');
}

const scripts = { bash, zsh, fish };

/** `all` is a function, because the list also contains this command. */
export const completionCommand = (all: () => readonly Command[]): Command => ({
  name: 'completion',
  summary: 'Print a script that completes commands and options in your shell',
  args: `<${shells.join('|')}>`,
  options: {},
  run({ args: [name], out }) {
    const shell = shells.find((one) => one === name);
    if (shell === undefined) throw new UsageError(`Unknown shell "${name}". Shells: ${shells.join(', ')}`);
    const script = scripts[shell](all());
    out.result({ shell, script }, script);
    return Promise.resolve(0);
  },
});
