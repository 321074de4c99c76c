// Makes sure that a command that waits for a send has a worker. If none is running, the command starts one.
import { childEnvironment } from '../config/environment.js';
import { livingWorkers } from '../delivery/living-workers.js';
import { supervise } from '../supervise.js';
import { CommandError, type CommandCall } from './command.js';
import type { Context } from './context.js';

/** Runs `work` while at least one worker is running. */
export async function withWorker<T>(context: Context, call: CommandCall, work: () => Promise<T>): Promise<T> {
  const { config, db, log } = context;
  if ((await livingWorkers(db)) > 0) return work();
  const [relay] = config.relays ?? [];
  if (!relay)
    throw new CommandError(
      'no-relay',
      'No worker is running, and there is no relay to send with. Set SMTP_URL.',
    );
  call.out.note('No worker is running. Starting one for this command.');
  const env = childEnvironment({
    DATABASE_URL: config.databaseUrl,
    DATABASE_DIRECT_URL: config.directUrl,
    SECRET_KEY: config.secretKey,
    SECRET_KEY_PREVIOUS: config.previousKeys.join(','),
    LOG_LEVEL: log.level,
    WORKERS: '1',
    ...(context.smtpUrl === undefined ? {} : { SMTP_URL: context.smtpUrl }),
  });
  const worker = supervise({ name: 'worker', program: 'dist/workers/run.js', env, log });
  try {
    await worker.ready;
    return await work();
  } finally {
    await worker.stop();
  }
}
