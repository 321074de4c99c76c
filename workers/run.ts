// The entrypoint of a worker process: one BullMQ worker for each queue, and the schedulers that wake them.
// Run as many as you like, on as many machines as you like.
import { getPriority, setPriority } from 'node:os';
import { readConfig, takesFeedbackIn, takesMailIn } from '../src/config/environment.js';
import { judgeClock, startClock, watchClock } from '../src/clock.js';
import { watchQueue } from '../src/check-queue.js';
import { workerConnections } from '../src/connection-budget.js';
import { openDatabase } from '../src/db.js';
import { createDomainPace } from '../src/providers/domain-pace.js';
import { createGuard } from '../src/delivery/guard-issue.js';
import { ranksOf, tellClock } from '../src/delivery/living-workers.js';
import { nobodysLinks, openLinks } from '../src/delivery/message.js';
import { heartbeat, registerWorker } from '../src/delivery/recover.js';
import { createVariantCache } from '../src/delivery/variant-cache.js';
import {
  createProgressRecorder,
  tellCircuits,
  tellConditions,
  tellWaits,
} from '../src/delivery/record-progress.js';
import { settleDeadWorkers } from '../src/delivery/settle-dead-workers.js';
import { createProgressWatch } from '../src/reports/watch-progress.js';
import { minute } from '../src/durations.js';
import { beatFile } from '../src/embedded/beat-file.js';
import { stopOrphanedPostgres } from '../src/embedded/postgres.js';
import { stopSending } from '../src/hold.js';
import { openKeys } from '../src/keys/open-keys.js';
import { beatNote } from '../src/lifeline/beat-note.js';
import { openJournal } from '../src/journal/write-journal.js';
import { createLifeline, installationOf } from '../src/lifeline/lifeline.js';
import { createLog } from '../src/log.js';
import { openDnsLookup } from '../src/mail/check-dns.js';
import { goesUnsigned, openDkim } from '../src/mail/dkim.js';
import { openRelays } from '../src/mail/relays.js';
import { createMailer } from '../src/mail/send.js';
import { openQueues, type QueueWorker } from '../src/queues.js';
import { startTelemetry } from '../src/telemetry/start.js';
import { deliveriesWorker } from './deliveries.js';
import { feedsWorker } from './feeds.js';
import { openMailboxReader } from '../src/feedback/mailbox/read-mailbox.js';
import { noteRefusals } from '../src/feedback/note-refusals.js';
import { hasTakenMail, putFeedback } from '../src/feedback/put.js';
import { feedbackWorker } from './feedback.js';
import { importsWorker } from './imports.js';
import { issuesWorker } from './issues.js';
import { subscriptionsWorker } from './subscriptions.js';
import { upkeepWorker } from './upkeep.js';
import { webhooksWorker } from './webhooks.js';

/**
 * Above 0: less of the processor than web processes get when both want it. Sending takes all that is left, and pages
 * and links answer at once.
 */
const niceness = 5;
const sweepEvery = 20_000;
const webhooksEvery = 5_000;
/**
 * Milliseconds for hand-overs under way. Those that have not reached the relay by then return to the queue.
 */
const drain = 7_000;
/** Milliseconds until this process gives up: its parent kills it after ten seconds. */
const patience = 9_000;
/** Milliseconds. The fan-out of ten million readers takes four minutes. */
const statementTimeout = 30 * minute;

const config = readConfig();
const log = createLog(config.logLevel, 'worker');
try {
  if (getPriority() < niceness) setPriority(niceness);
} catch (err) {
  // Some sandboxes forbid it.
  log.debug({ err }, 'worker: kept its priority');
}
const { secretKey, previousKeys } = config;
// A worker needs sessions: for its named statements, and for the queue that is in the database.
const databaseUrl = config.directUrl ?? config.databaseUrl;
if (!databaseUrl || !secretKey || !config.relays)
  throw new Error('a worker needs DATABASE_URL, SECRET_KEY and SMTP_URL: npm start supplies them');

const db = openDatabase({
  url: databaseUrl,
  max: workerConnections.statements,
  maxGeneric: workerConnections.turns,
  statementTimeout,
  onError: (err) => log.warn({ err }, 'database: connection lost'),
});
const clock = await startClock(db);
const { now } = clock;
const queues = openQueues({
  queueUrl: config.queueUrl,
  queuePrefix: config.queuePrefix,
  databaseUrl,
  connections: workerConnections.queue,
  log,
});
const secrets = await openKeys(db, { secretKey, previousKeys });
// A mail server that runs `feedback take` leaves its mails in the inbox.
const takesMail = takesMailIn(config) || (await hasTakenMail(db));
const links = openLinks(secrets, config.baseUrl, config.bounceDomain, takesMail);
const relays = openRelays(config.relays, {
  db,
  log,
  // The last rank, until the real one is known: no other rank has a smaller share.
  rank: { index: config.workers - 1, of: config.workers },
});
const signer = config.dkim.length === 0 ? undefined : openDkim(config.dkim, { now, log });
const envelopes = { keys: links.verpKey, domain: config.bounceDomain };
const mailer = createMailer({ relays, now, signer, envelopes });
const domains = createDomainPace({ db, log, now });
// The parent's argument (src/supervise.ts).
const [instance] = process.argv.slice(2);
const worker = await registerWorker(db, instance);
const telemetry = await startTelemetry(config.telemetry, { part: 'worker', instance: worker.instance, log });
const journal = await openJournal({ dataDir: config.dataDir, instance: worker.instance, log });
const progress = createProgressRecorder({ db, workerId: worker.id, log });
const progressWatch = createProgressWatch({ db, log });
const queueWatch = watchQueue({ server: queues.server, config, log }, () => installationOf(db));
const clockWatch = watchClock(clock, log);
let stopping = false;
/** Among the workers of all machines. */
let isFirst = false;
/** The workers of the queues whose jobs hand over mail, and the others. */
const mailing: QueueWorker[] = [];
const others: QueueWorker[] = [];

const lifeline = createLifeline({
  db,
  log,
  now,
  witnesses: [beatFile(config.dataDir), ...(queues.notes ? [beatNote(queues.notes)] : [])],
  stop: stopSending,
});

// Before any job runs, check that the database was not restored.
await lifeline.beat();
await checkQueue();
await takePlaces();

const isStopping = () => stopping;
const { enqueue } = queues;
const { baseUrl, allowPrivateFeeds, subscribeLimits, retention } = config;

others.push(
  queues.work('feeds', feedsWorker({ db, enqueue, log, now, secrets, baseUrl, allowPrivateFeeds }), 4),
  queues.work(
    'issues',
    issuesWorker({
      db,
      enqueue,
      now,
      hostAhead: clock.hostAhead,
      stopping: isStopping,
      mailer,
      secrets,
      baseUrl,
      nobodysLinks: nobodysLinks(links),
    }),
    2,
  ),
  queues.work('imports', importsWorker({ db, now, secrets, stopping: isStopping }), 1),
  queues.work('feedback', feedbackWorker({ db, log, now, secrets, stopping: isStopping }), 1),
  queues.work(
    'webhooks',
    webhooksWorker({ db, now, random: Math.random, secrets, baseUrl, allowPrivateFeeds }),
    2,
  ),
  queues.work(
    'upkeep',
    upkeepWorker({
      db,
      enqueue,
      log,
      now,
      retention,
      takesFeedback: takesFeedbackIn(config),
      dns: openDnsLookup(),
      dkim: config.dkim,
      bounceDomain: config.bounceDomain,
      goesUnsigned: (domain) => goesUnsigned(config, domain),
    }),
    1,
  ),
);
mailing.push(
  queues.work(
    'subscriptions',
    subscriptionsWorker({ db, now, mailer, secrets, baseUrl, subscribeLimits }),
    4,
  ),
  queues.work(
    'deliveries',
    deliveriesWorker({
      db,
      enqueue,
      log,
      now,
      random: Math.random,
      relays,
      domains,
      progress,
      noteRefusals: noteRefusals(now),
      journal,
      links,
      workerId: worker.id,
      guard: createGuard({ db, log }),
      variants: createVariantCache({ db, links, signer }),
      timeForBatch: 2_000,
      stopping: isStopping,
    }),
    // With two batches at once, the connections stay busy while one batch is recorded.
    2,
  ),
);
takeJobs();
const mailbox =
  config.feedbackMailbox &&
  openMailboxReader(
    {
      db,
      log,
      now,
      secrets,
      random: Math.random,
      reader: worker.instance,
      put: (feedback) => putFeedback({ db, enqueue, now }, feedback),
    },
    config.feedbackMailbox,
  );

async function beat(): Promise<void> {
  await lifeline.beat();
  await worker.beat();
  await settleDeadWorkers({ db, log, noteRefusals: noteRefusals(now), dataDir: config.dataDir });
  await tellCircuits(db, worker.id, relays.circuits());
  await tellConditions(db, worker.id, relays.conditions());
  clockWatch.look();
  await tellClock(db, worker.id, clock.hostAhead());
  await tellWaits(db, relays.takeWaits());
  await takePlaces();
  await progressWatch.look(isFirst);
}

async function takePlaces(): Promise<void> {
  const { everywhere, here } = await ranksOf(db, worker.id, config.workers);
  domains.share(everywhere);
  isFirst = everywhere.index === 0;
  relays.share(here);
  takeJobs();
}

/** Takes no jobs of another installation, and none that hand over mail without a share of any relay. */
function takeJobs(): void {
  for (const work of others) work.takesJobs(queueWatch.isOurs());
  for (const work of mailing) work.takesJobs(queueWatch.isOurs() && relays.hasShare());
}

/** When Redis is away, the last answer stays. */
async function checkQueue(): Promise<void> {
  await queueWatch
    .look()
    .catch((err: unknown) => log.warn({ err }, 'queue: could not check which installation uses it'));
  takeJobs();
}

/** Checks the queue and sets its schedulers again and again: an emptied Redis loses the owner and the schedulers. */
async function schedule(): Promise<void> {
  await checkQueue();
  if (!queueWatch.isOurs()) return;
  // A wrong clock would set them to wrong times, and then the other workers back again.
  const onlyMissing = judgeClock(clock.hostAhead()) === 'too-wrong';
  await queues.every('issues', { kind: 'plan' }, minute, onlyMissing);
  await queues.every('feeds', { kind: 'poll-due' }, minute, onlyMissing);
  await queues.every('feeds', { kind: 'measure-images' }, minute, onlyMissing);
  await queues.every('webhooks', { kind: 'send' }, webhooksEvery, onlyMissing);
  await queues.every('upkeep', { kind: 'sweep' }, sweepEvery, onlyMissing);
  // Finds mails whose wake-up was lost, and those that were put off.
  await queues.every('feedback', { kind: 'take' }, minute, onlyMissing);
}

function quietly(work: () => Promise<unknown>, what: string): () => void {
  return () => {
    work().catch((err: unknown) => log.warn({ err }, what));
  };
}

const scheduling = quietly(schedule, 'queue: could not set the schedulers; trying again');
const timers = [
  setInterval(scheduling, 10_000),
  setInterval(quietly(beat, 'database: could not write the heartbeat'), heartbeat),
  setInterval(quietly(clock.measure, 'database: could not read its time'), minute),
];
scheduling();
quietly(beat, 'database: could not count the workers')();
// Sweeps at once, so that work of a dead process does not wait for the next scheduled sweep.
void queues.enqueue('upkeep', { kind: 'sweep' });

/** Reports at least the end of this worker, so that its hand-overs need not wait for the missed heartbeat. */
function giveUp(): void {
  setTimeout(() => process.exit(1), 500);
  worker.end().then(
    () => process.exit(1),
    () => process.exit(1),
  );
}

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  for (const timer of timers) clearInterval(timer);
  setTimeout(() => relays.cut(), drain).unref();
  setTimeout(giveUp, patience).unref();
  await Promise.all([queues.close(), mailbox?.close()]);
  await relays.close();
  await progress.flush();
  await tellWaits(db, relays.takeWaits()).catch(() => undefined);
  journal.close();
  await worker.end();
  await telemetry.stop();
  await db.end();
  if (!process.connected) await stopOrphanedPostgres(config.dataDir, databaseUrl).catch(() => false);
  process.exit(0);
}

for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(signal, () => void stop());
process.send?.({ ready: true });
