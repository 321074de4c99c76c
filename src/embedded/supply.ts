// Supplies what the environment does not configure: PostgreSQL, a mail catcher, SECRET_KEY.
import type { Config } from '../config/environment.js';
import { readRelays } from '../config/relays.js';
import { maskUrl } from '../config/values.js';
import { connectionsNeeded } from '../connection-budget.js';
import type { Log } from '../log.js';
import { findMailCatcher, startMailCatcher } from './mail-catcher.js';
import { startPostgres } from './postgres.js';
import { secretKeysOf } from './secret-key.js';

/** A configuration with nothing left to supply. */
export interface SuppliedConfig extends Config {
  databaseUrl: string;
  secretKey: string;
}

export interface Supplies {
  config: SuppliedConfig;
  /** The catcher's SMTP URL, if mail is caught. */
  smtpUrl?: string;
  /** The page that shows caught mail, if mail is caught. */
  caughtMailUrl?: string;
  /** True: the embedded PostgreSQL is in use. */
  embeddedDatabase: boolean;
  /** The embedded PostgreSQL's URL for the role that owns the tables. */
  ownerUrl?: string;
  stop(): Promise<void>;
}

export interface SupplyOptions {
  config: Config;
  log: Log;
  /** Without a relay: 'start' starts a catcher; 'find' only uses one that runs, as a single command does. */
  catcher: 'start' | 'find';
  /** False: the data may be lost with the machine (demonstrations). */
  durable?: boolean;
}

async function supplyCatcher({ config, log, catcher }: SupplyOptions) {
  if (config.relays) return undefined;
  const running = findMailCatcher(config.dataDir);
  if (running) return { ...running, stop: () => Promise.resolve() };
  return catcher === 'start' ? startMailCatcher({ dataDir: config.dataDir, log }) : undefined;
}

/** Starts or finds what is missing. If a part fails, stops the others and throws EmbeddedError. */
export async function supply(options: SupplyOptions): Promise<Supplies> {
  const { config, log, durable = true } = options;
  const [postgres, catcher, secretKey] = await Promise.allSettled([
    config.databaseUrl === undefined
      ? startPostgres({
          dataDir: config.dataDir,
          log,
          durable,
          connections: connectionsNeeded({
            web: true,
            workers: config.workers,
            listener: config.feedbackListen !== undefined,
            queueInDatabase: config.queueUrl === undefined,
          }),
          keep: options.catcher === 'start',
        })
      : undefined,
    supplyCatcher(options),
    config.secretKey === undefined ? secretKeysOf(config.dataDir) : [config.secretKey],
  ]);
  const stop = async (): Promise<void> => {
    // The catcher first: no worker hands over mail any more, and PostgreSQL has the record.
    if (catcher.status === 'fulfilled') await catcher.value?.stop();
    if (postgres.status === 'fulfilled') await postgres.value?.stop();
  };
  if (postgres.status === 'rejected' || catcher.status === 'rejected' || secretKey.status === 'rejected') {
    await stop();
    throw [postgres, catcher, secretKey].find((result) => result.status === 'rejected')?.reason;
  }
  const [current = '', ...previous] = secretKey.value;
  const databaseUrl = config.databaseUrl ?? postgres.value?.applicationUrl ?? '';
  log.debug({ database: maskUrl(databaseUrl) }, 'supplied');
  return {
    config: {
      ...config,
      databaseUrl,
      secretKey: current,
      previousKeys: [...config.previousKeys, ...previous],
      ...(catcher.value ? { relays: readRelays(catcher.value.smtpUrl) } : {}),
    },
    ...(catcher.value ? { smtpUrl: catcher.value.smtpUrl, caughtMailUrl: catcher.value.webUrl } : {}),
    embeddedDatabase: config.databaseUrl === undefined,
    ...(postgres.value ? { ownerUrl: postgres.value.url } : {}),
    stop,
  };
}
