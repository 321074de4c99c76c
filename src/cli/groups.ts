// The commands, by their first word. Only the group of the command that is called is loaded: loading all of them takes
// about a second.
import type { Command } from './command.js';

type Commands = Promise<readonly Command[]>;

const run = async (): Commands => (await import('./run-commands.js')).runCommands;
const accounts = async (): Commands => (await import('./account-commands.js')).accountCommands;
const statistics = async (word: string): Commands =>
  (await import('./statistics/commands.js')).statisticsCommands.filter(({ name }) => name.startsWith(word));

async function newsletter(): Commands {
  const create = await import('./newsletter-create.js');
  const newsletters = await import('./newsletters/commands.js');
  const ghost = await import('./newsletters/ghost.js');
  const form = await import('./newsletter-form.js');
  const content = await import('./newsletter-content.js');
  const archive = await import('./newsletter-archive.js');
  const look = await import('./newsletter-look.js');
  return [
    create.createCommand,
    ...newsletters.newsletterCommands,
    ghost.ghostCommand,
    form.formCommand,
    ...content.contentCommands,
    archive.archiveCommand,
    archive.listingCommand,
    look.lookCommand,
    ...(await statistics('newsletter ')),
  ];
}

async function issue(): Commands {
  const issues = await import('./issue-commands.js');
  const test = await import('./mail/test-issue.js');
  const check = await import('./issue-check.js');
  const send = await import('./issue-send.js');
  const review = await import('./issue-review.js');
  return [
    ...issues.issueCommands,
    test.issueTestCommand,
    check.checkCommand,
    send.sendCommand,
    ...review.reviewCommands,
    ...(await statistics('issue ')),
  ];
}

async function feedback(): Commands {
  const read = await import('./feedback/read.js');
  const take = await import('./feedback/take.js');
  const test = await import('./feedback/test.js');
  const reports = await import('./feedback/reports.js');
  return [read.readCommand, take.takeCommand, test.testCommand, reports.reportsCommand];
}

async function subscribers(): Commands {
  const imports = await import('./subscribers-import.js');
  const readers = await import('./readers/commands.js');
  const others = await import('./subscribers-commands.js');
  return [
    imports.importCommand,
    ...readers.readerCommands,
    others.showReaderCommand,
    others.exportCommand,
    others.countCommand,
  ];
}

async function completion(): Commands {
  const { completionCommand } = await import('./completion.js');
  const others = Object.values(groups).filter((load) => load !== completion);
  const commands = await loadAll(others);
  const own: Command = completionCommand(() => [...commands, own]);
  return [own];
}

const groups: Readonly<Record<string, () => Commands>> = {
  start: run,
  demo: run,
  migrate: run,
  account: accounts,
  'api-key': accounts,
  newsletter,
  template: async () => (await import('./template-commands.js')).templateCommands,
  feed: async () => (await import('./feed-commands.js')).feedCommands,
  post: async () => (await import('./post-commands.js')).postCommands,
  issue,
  sending: async () => (await import('./sending-commands.js')).sendingCommands,
  domain: async () => (await import('./domain-commands.js')).domainCommands,
  feedback,
  subscribers,
  audit: async () => [(await import('./audit-command.js')).auditCommand],
  backup: async () => [(await import('./backup/commands.js')).backupCommand],
  restore: async () => [(await import('./backup/commands.js')).restoreCommand],
  webhook: async () => (await import('./webhooks/commands.js')).webhookCommands,
  keys: async () => [(await import('./keys-command.js')).keysCommand],
  doctor: async () => [(await import('./doctor.js')).doctorCommand],
  completion,
};

/** Each group once, although several words may name it. */
async function loadAll(loads: readonly (() => Commands)[]): Commands {
  const all: Command[] = [];
  for (const load of new Set(loads)) all.push(...(await load()));
  return all;
}

/** The commands of the group that `argv` names. All, if it names none: for the help, and for a word that is wrong. */
export async function commandsFor(argv: readonly string[]): Commands {
  const word = argv.find((one) => !one.startsWith('-') && one !== 'help') ?? '';
  const load = Object.hasOwn(groups, word) ? groups[word] : undefined;
  return load === undefined ? loadAll(Object.values(groups)) : load();
}
