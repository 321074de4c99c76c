// The entrypoint of the process that takes mail that comes back (FEEDBACK_LISTEN). It stores the mail; workers read it.
import { readFile } from 'node:fs/promises';
import { startClock } from '../../clock.js';
import { readConfig } from '../../config/environment.js';
import { listenerConnections } from '../../connection-budget.js';
import { openDatabase } from '../../db.js';
import { minute } from '../../durations.js';
import { listenForFeedback } from '../../feedback/listen.js';
import { putFeedback } from '../../feedback/put.js';
import { openKeys } from '../../keys/open-keys.js';
import { createLog } from '../../log.js';
import { openQueues } from '../../queues.js';

const config = readConfig();
const log = createLog(config.logLevel, 'feedback');
const { databaseUrl, directUrl, secretKey, previousKeys, feedbackListen, queueUrl, queuePrefix } = config;
if (!databaseUrl || !secretKey || !feedbackListen)
  throw new Error('the listener needs DATABASE_URL, SECRET_KEY and FEEDBACK_LISTEN: npm start supplies them');

const db = openDatabase({
  url: databaseUrl,
  max: listenerConnections.statements,
  pooled: directUrl !== undefined,
  statementTimeout: minute,
  onError: (err) => log.warn({ err }, 'database: connection lost'),
});
const { now } = await startClock(db);
const queues = openQueues({
  queueUrl,
  queuePrefix,
  databaseUrl: directUrl ?? databaseUrl,
  connections: listenerConnections.queue,
  log,
});
const secrets = await openKeys(db, { secretKey, previousKeys });
const { tls, ...address } = feedbackListen;
const listener = await listenForFeedback(
  {
    log,
    verpKeys: secrets.derive('verp'),
    put: (feedback) => putFeedback({ db, enqueue: queues.enqueue, now }, feedback),
  },
  {
    ...address,
    tls: tls && { cert: await readFile(tls.cert, 'utf8'), key: await readFile(tls.key, 'utf8') },
  },
);
log.info({ ...address, starttls: tls !== undefined }, 'feedback: listening');
process.send?.({ ready: true });

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await listener.close();
  await queues.close();
  await db.end();
  process.exit(0);
}

for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(signal, () => void stop());
