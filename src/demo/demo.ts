// `npm run demo`: embedded servers, a sample site, three readers and today's digest, in some seconds. Its data folder is
// DATA_DIR/demo, emptied at each start. Of the environment it reads only DATA_DIR and the preferred ports.
import { randomBytes } from 'node:crypto';
import { closeSync, createWriteStream, mkdirSync, openSync, rmSync } from 'node:fs';
import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import path from 'node:path';
import { createApiKey } from '../accounts/api-keys.js';
import type { Config } from '../config/environment.js';
import { openDatabase } from '../db.js';
import { openClient } from './client.js';
import { openScreen, type Screen } from './screen.js';
import { openSampleSite, type SampleSite } from './site.js';
import { walk } from './walk.js';
import { holdDataDir } from '../embedded/hold.js';
import { freePort } from '../embedded/ports.js';
import { destroyPostgres } from '../embedded/postgres.js';
import { createLog } from '../log.js';
import { startService, untilSignal, type Service } from '../server.js';

const adminEmail = 'publisher@tidewater.example';

const onPort = (config: Config, port: number): Config => ({
  ...config,
  port,
  baseUrl: `http://localhost:${port}`,
});

/** Drops all settings for real work: the demo must never touch a real database, queue or relay. */
async function demoConfig(given: Config): Promise<Config> {
  const { databaseUrl: _, directUrl: _____, queueUrl: __, relays: ___, secretKey: ____, ...config } = given;
  const settings: Config = {
    ...config,
    dkim: [],
    host: '127.0.0.1',
    dataDir: path.join(given.dataDir, 'demo'),
    workers: 1,
    trustProxy: false,
    allowPrivateFeeds: ['localhost', '127.0.0.1'],
    adminEmail,
    adminPassword: randomBytes(9).toString('base64url'),
  };
  return onPort(settings, await freePort([given.port || 3000]));
}

const logFile = ({ dataDir }: Config): string => path.join(dataDir, 'demo.log');

async function clear(dataDir: string): Promise<void> {
  holdDataDir(dataDir).release();
  await destroyPostgres(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
}

async function makeApiKey(databaseUrl: string): Promise<string> {
  const db = openDatabase({ url: databaseUrl, max: 1 });
  try {
    return (await createApiKey({ db }, { name: 'demo', role: 'owner' })).apiKey;
  } finally {
    await db.end();
  }
}

function showAddresses(screen: Screen, { config, caughtMailUrl }: Service, site: SampleSite): void {
  const rows = [
    ['Sample site', site.url],
    ['Subscribe page', `${config.baseUrl}/n/tidewater`],
    ['Console', `${config.baseUrl}/console`],
    ['', `${config.adminEmail}, password ${config.adminPassword}`],
    ['Caught mail', caughtMailUrl ?? ''],
  ];
  for (const [name = '', value = ''] of rows) screen.line(`  ${name.padEnd(16)}${value}`);
}

/**
 * Runs the demo. With `once` it ends after the result; otherwise it stays open until a signal. Resolves to the exit
 * status: 0 if every reader's digest was accepted and caught.
 */
export async function demo({ config: given, once }: { config: Config; once: boolean }): Promise<number> {
  // The default of 250 ms for a connection to localhost is too little on a busy machine.
  setDefaultAutoSelectFamilyAttemptTimeout(5_000);
  const screen = openScreen(process.stdout);
  const config = await demoConfig(given);
  const undo: (() => unknown)[] = [];
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopped ??= (async () => {
      for (const step of undo.splice(0).toReversed()) await step();
    })());
  const signalled = untilSignal(stop);
  try {
    const { service, site } = await show({ screen, config, undo });
    if (!once) {
      showAddresses(screen, service, site);
      screen.line('\nThese addresses work until you press Ctrl-C.');
      await signalled;
    }
    await stop();
    await clear(config.dataDir);
    return 0;
  } catch {
    // The screen has shown the failed step and its reason.
    await stop();
    screen.line(`\nThe demo failed. The log of its processes: ${logFile(config)}`);
    return 1;
  }
}

interface Showing {
  screen: Screen;
  config: Config;
  /** Stops each started thing; in the order of the starts. */
  undo: (() => unknown)[];
}

async function show({ screen, config, undo }: Showing): Promise<{ service: Service; site: SampleSite }> {
  const began = Date.now();
  screen.line();
  const { service, site } = await screen.step('Start the embedded servers', async () => {
    const started = await startAll(config, undo);
    return { told: 'PostgreSQL, queue, mail catcher, web, worker, sample site', value: started };
  });
  const { baseUrl, databaseUrl } = service.config;
  const client = openClient(baseUrl, await makeApiKey(databaseUrl));
  await walk({ screen, site, client, baseUrl, caughtMailUrl: service.caughtMailUrl ?? '' });
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  screen.line(`\nEvery reader’s digest was accepted and caught in ${seconds} s.\n`);
  return { service, site };
}

async function startAll(
  config: Config,
  undo: Showing['undo'],
): Promise<{ service: Service; site: SampleSite }> {
  await clear(config.dataDir);
  mkdirSync(config.dataDir, { recursive: true });
  const output = openSync(logFile(config), 'a');
  undo.push(() => closeSync(output));
  const site = await openSampleSite(await freePort([4000]));
  undo.push(() => site.close());
  const log = createLog(config.logLevel, 'demo', createWriteStream(logFile(config), { flags: 'a' }));
  const start = async (at: Config): Promise<Service> => {
    const starting = startService({ config: at, log, durable: false, output });
    // Registered before the start has finished, in case a signal comes in between.
    undo.push(async () => (await starting.catch(() => undefined))?.stop());
    return starting;
  };
  // Another process may take the port in the seconds until the web process listens on it.
  const service = await start(config).catch(async () => start(onPort(config, await freePort())));
  return { service, site };
}
