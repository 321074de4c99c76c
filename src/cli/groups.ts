// The commands, by their first word. Only the group of the command that is called is loaded: loading all of them takes
// about a second.
import type { Command } from './command.js';

type Commands = Promise<readonly Command[]>;

const run = async (): Commands => (await import('./run-commands.js')).runCommands;
const accounts = async (): Commands => (await import('./account-commands.js')).accountCommands;
const statistics = async (word: string): Commands =>
  (await import('./statistics/commands.js')).statisticsCommands.filter(({ name }) => name.startsWith(word));

async function newsletter(): Commands {
  const [create, newsletters, form, content, archive, look] = await Promise.all([
    import('./newsletter-create.js'),
    import('./newsletters/commands.js'),
    import('./newsletter-form.js'),
    import('./newsletter-content.js'),
    import('./newsletter-archive.js'),
    import('./newsletter-look.js'),
  ]);
  return [
    create.createCommand,
    ...newsletters.newsletterCommands,
    form.formCommand,
    ...content.contentCommands,
    archive.archiveCommand,
    archive.listingCommand,
    look.lookCommand,
    ...(await statistics('newsletter ')),
  ];
}

async function issue(): Commands {
  const [issues, test, check, send, review] = await Promise.all([
    import('./issue-commands.js'),
    import('./mail/test-issue.js'),
    import('./issue-check.js'),
    import('./issue-send.js'),
    import('./issue-review.js'),
  ]);
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
  const [read, take, test, reports] = await Promise.all([
    import('./feedback/read.js'),
    import('./feedback/take.js'),
    import('./feedback/test.js'),
    import('./feedback/reports.js'),
  ]);
  return [read.readCommand, take.takeCommand, test.testCommand, reports.reportsCommand];
}

async function subscribers(): Commands {
  const [imports, readers, others] = await Promise.all([
    import('./subscribers-import.js'),
    import('./readers/commands.js'),
    import('./subscribers-commands.js'),
  ]);
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
  keys: async () => [(await import('./keys-command.js')).keysCommand],
  doctor: async () => [(await import('./doctor.js')).doctorCommand],
  completion,
};

/** Each group once, although several words may name it. */
const loadAll = async (loads: readonly (() => Commands)[]): Commands =>
  (await Promise.all([...new Set(loads)].map((load) => load()))).flat();

/** The commands of the group that `argv` names. All, if it names none: for the help, and for a word that is wrong. */
export async function commandsFor(argv: readonly string[]): Commands {
  const word = argv.find((one) => !one.startsWith('-') && one !== 'help') ?? '';
  const load = Object.hasOwn(groups, word) ? groups[word] : undefined;
  return load === undefined ? loadAll(Object.values(groups)) : load();
}
