// The entrypoint of a web process: public pages, console and API. Run as many as you like.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createApp } from './app.js';
import { startClock } from './clock.js';
import { readConfig } from './config/environment.js';
import { listeningInWords } from './config/listening.js';
import { webConnections } from './connection-budget.js';
import { openDatabase } from './db.js';
import { minute, hour } from './durations.js';
import { stopOrphanedPostgres } from './embedded/postgres.js';
import { openKeys } from './keys/open-keys.js';
import { createLog } from './log.js';
import { openDkim } from './mail/dkim.js';
import { findMailCatcher } from './embedded/mail-catcher.js';
import { openRelays } from './mail/relays.js';
import { createMailer } from './mail/send.js';
import { noRank } from './mail/share.js';
import { openQueues } from './queues.js';
import { startTelemetry } from './telemetry/start.js';
import { openClickRecorder } from './tracking/record-clicks.js';

/** Milliseconds. An import may have a gigabyte and come over a slow line; body-deadline.ts ends all others sooner. */
const importComesIn = 3 * hour;
const headersCome = 20_000;
/** Milliseconds for answers under way when the process ends. A page that follows an issue would never end. */
const drain = 3_000;
/** Milliseconds. */
const statementTimeout = 5 * minute;

const config = readConfig();
const log = createLog(config.logLevel, 'web');
const telemetry = await startTelemetry(config.telemetry, { part: 'web', instance: randomUUID(), log });
const { databaseUrl, directUrl, secretKey, previousKeys, relays } = config;
if (!databaseUrl || !secretKey || !relays)
  throw new Error('a web process needs DATABASE_URL, SECRET_KEY and SMTP_URL: npm start supplies them');

const db = openDatabase({
  url: databaseUrl,
  max: webConnections.statements,
  pooled: directUrl !== undefined,
  statementTimeout,
  onError: (err) => log.warn({ err }, 'database: connection lost'),
});
const clock = await startClock(db);
const { now } = clock;
const measureClock = (): Promise<void> =>
  clock.measure().catch((err: unknown) => log.debug({ err }, 'database: could not read its time'));
setInterval(() => void measureClock(), minute).unref();

const queues = openQueues({
  queueUrl: config.queueUrl,
  queuePrefix: config.queuePrefix,
  databaseUrl: directUrl ?? databaseUrl,
  connections: webConnections.queue,
  log,
});
// The web process sends only test mails, one at a time.
const mailRelays = openRelays(relays, { db, log, rank: noRank });
const signer = config.dkim.length === 0 ? undefined : openDkim(config.dkim, { now, log });
const secrets = await openKeys(db, { secretKey, previousKeys });
const envelopes = { keys: secrets.derive('verp'), domain: config.bounceDomain };
const mailer = createMailer({ relays: mailRelays, now, signer, envelopes });
// `npm start` names its mail catcher in SMTP_URL, like a relay.
const catcher = findMailCatcher(config.dataDir);
const isCaught = relays.some(({ name }) => catcher?.smtpUrl.endsWith(`//${name}`));
const caughtMailUrl = isCaught ? catcher?.webUrl : undefined;
const clicks = openClickRecorder({ db, log });
const { exportMetrics } = telemetry;
const app = createApp({
  db,
  queues,
  config,
  log,
  secrets,
  mailer,
  now,
  clicks,
  caughtMailUrl,
  exportMetrics,
});
const server = createServer(
  // Node looks for headers that are late only now and then: by default each 30 seconds.
  { headersTimeout: headersCome, requestTimeout: importComesIn, connectionsCheckingInterval: 5_000 },
  app,
);
server.listen(config.port, config.host, () => {
  log.info(listeningInWords(config), 'web: listening');
  process.send?.({ ready: true });
});

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  setTimeout(() => server.closeAllConnections(), drain).unref();
  await new Promise((resolve) => server.close(resolve));
  await clicks.close();
  await queues.close();
  await mailRelays.close();
  // While the database is there: the last metrics are read from it.
  await telemetry.stop();
  await db.end();
  if (!process.connected) await stopOrphanedPostgres(config.dataDir, databaseUrl).catch(() => false);
  process.exit(0);
}

for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(signal, () => void stop());
