// start, demo, migrate: runs or migrates the installation.
import { readConfig } from '../config/environment.js';
import { demo } from '../demo/demo.js';
import { createLog } from '../log.js';
import { appliedMigrations } from '../migrate.js';
import { start } from '../server.js';
import { flag, type Command } from './command.js';
import { withContext } from './context.js';

const startCommand: Command = {
  name: 'start',
  summary: 'Run web and workers; servers that the environment does not configure are embedded',
  options: { web: { help: 'run only web', conflicts: 'workers' }, workers: { help: 'run only the workers' } },
  async run(call) {
    const config = readConfig();
    const only = flag(call, 'web') ? 'web' : flag(call, 'workers') ? 'workers' : undefined;
    await start({ config, log: createLog(config.logLevel, 'start'), only });
    return 0;
  },
};

const demoCommand: Command = {
  name: 'demo',
  summary: 'Show the way from a feed to three inboxes, with embedded servers',
  options: { once: { help: 'exit after the result: with 0 if every digest was accepted and caught' } },
  run: (call) => demo({ config: readConfig(), once: flag(call, 'once') }),
};

const migrateCommand: Command = {
  name: 'migrate',
  summary: 'Migrate the database to the newest schema',
  options: {},
  async run({ out }) {
    // withContext runs the migrations, so that every command finds the schema that its code expects.
    const applied = await withContext(({ db }) => appliedMigrations(db));
    out.result(
      { migrations: applied },
      applied.length === 0
        ? 'The database has no migrations.'
        : `The database is at migration ${applied.at(-1)}.`,
    );
    return 0;
  },
};

export const runCommands = [startCommand, demoCommand, migrateCommand];
