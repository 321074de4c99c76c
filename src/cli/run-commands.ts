// start, demo, migrate: running the installation.
import { readConfig } from '../config/environment.js';
import { demo } from '../demo/demo.js';
import { createLog } from '../log.js';
import { appliedMigrations } from '../migrate.js';
import { start } from '../server.js';
import { flag, UsageError, type Command } from './command.js';
import { withContext } from './context.js';

const startCommand: Command = {
  name: 'start',
  summary: 'Run web and workers, with what the environment configures and embedded servers for the rest',
  options: { web: { help: 'the web process alone' }, workers: { help: 'the workers alone' } },
  async run(call) {
    if (flag(call, 'web') && flag(call, 'workers'))
      throw new UsageError('--web and --workers exclude each other; without either, both run');
    const config = readConfig();
    const only = flag(call, 'web') ? 'web' : flag(call, 'workers') ? 'workers' : undefined;
    await start({ config, log: createLog(config.logLevel, 'start'), only });
    return 0;
  },
};

const demoCommand: Command = {
  name: 'demo',
  summary: 'Show the whole way from a feed to three inboxes, with everything embedded',
  options: { once: { help: 'end after the verdict: 0 if every digest was accepted and caught' } },
  run: (call) => demo({ config: readConfig(), once: flag(call, 'once') }),
};

const migrateCommand: Command = {
  name: 'migrate',
  summary: 'Bring the database to the newest schema',
  options: {},
  async run({ out }) {
    // Opening the context migrates: a command never works on an older schema than its code.
    const applied = await withContext(({ db }) => appliedMigrations(db));
    out.result({ migrations: applied }, `The database is at ${applied.at(-1) ?? 'no migration'}.`);
    return 0;
  },
};

export const runCommands = [startCommand, demoCommand, migrateCommand];
