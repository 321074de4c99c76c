// Makes newsletters with readers and posts, through the product's use cases where there are any.
import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase, type Db } from '../../src/db.js';
import { nobodysLinks, openLinks } from '../../src/delivery/message.js';
import { createDomainPace } from '../../src/providers/domain-pace.js';
import { createGuard } from '../../src/delivery/guard-issue.js';
import { sendBatch, type SendDeps } from '../../src/delivery/send-batch.js';
import { createProgressRecorder } from '../../src/delivery/record-progress.js';
import { createVariantCache } from '../../src/delivery/variant-cache.js';
import { noJournal } from '../../src/journal/write-journal.js';
import { recover, registerWorker } from '../../src/delivery/recover.js';
import { noteRefusals } from '../../src/feedback/note-refusals.js';
import { hour } from '../../src/durations.js';
import { assembleNow } from '../../src/issues/assemble-now.js';
import { assemble, type AssembleDeps } from '../../src/issues/assemble.js';
import { createLog, type Log } from '../../src/log.js';
import type { Timeouts } from '../../src/mail/connection.js';
import { openRelays, type Relays } from '../../src/mail/relays.js';
import type { Pauses } from '../../src/mail/circuit.js';
import type { Rank } from '../../src/mail/share.js';
import { createNewsletter } from '../../src/newsletters/create-newsletter.js';
import type { Newsletter, NewsletterInput } from '../../src/newsletters/schema.js';
import { recordPosts } from '../../src/posts/record-posts.js';
import type { Enqueue, Payload, QueueName } from '../../src/queues.js';
import { openSecrets } from '../../src/secrets.js';
import type { Evidence } from '../../src/subscribers/suppressions.js';
import { updateSubscriber, type UpdateSubscriberInput } from '../../src/subscribers/update-subscriber.js';
import { readConfig } from '../../src/config/environment.js';

/** The clock of helpers whose caller names none. */
const present = (): Date => new Date();

export const baseUrl = 'https://digest.example.org';
export const secretKey = 'a secret key for tests, long enough for them';
export const links = openLinks(openSecrets(secretKey), baseUrl);
export const quiet = createLog('silent', 'test');
export const noted = noteRefusals(present);

/** A queue that only records its jobs. */
export function rememberingQueue(): {
  enqueue: Enqueue;
  jobs: { queue: QueueName; payload: Payload<QueueName> }[];
} {
  const jobs: { queue: QueueName; payload: Payload<QueueName> }[] = [];
  return {
    jobs,
    enqueue: (queue, payload) => {
      jobs.push({ queue, payload });
      return Promise.resolve(true);
    },
  };
}

/** Dependencies of the assembler. The default queue discards the jobs. */
export function assembleDeps(db: Db, enqueue = rememberingQueue().enqueue, now = present): AssembleDeps {
  return { db, enqueue, now, baseUrl, nobodysLinks: nobodysLinks(links) };
}

/** Makes a newsletter at `now`: the planner looks for slots from then on. */
export async function makeNewsletter(
  db: Db,
  { now = present, ...input }: Partial<NewsletterInput> & { now?: () => Date } = {},
): Promise<Newsletter> {
  const made = await createNewsletter(
    { db, now },
    {
      name: 'The Daily Test',
      siteUrl: 'https://news.example.org',
      from: { name: 'The Daily Test', address: 'digest@news.example.org' },
      postalAddress: '1 Test Street, 12345 Testville',
      // Twelve hours away, because the next issue gives up deferred deliveries.
      schedule: { sendTime: new Date(Date.now() + 12 * hour).toISOString().slice(11, 16) },
      ...input,
    },
  );
  if (!made.ok) throw new Error(made.code);
  return made.newsletter;
}

/** A server said so, in a message of no issue. */
export const evidence = (reply: string): Evidence => ({
  issueId: '0',
  what: { key: 'delivery.kindHard' },
  reply,
});

let postNumber = 0;

/** Makes new posts that arrive at `now`, each with a separate arrival. */
export async function makePosts(
  db: Db,
  newsletterId: string,
  posts: number | { title: string; topics?: string[] }[],
  now = present,
): Promise<string[]> {
  const wanted = typeof posts === 'number' ? Array.from({ length: posts }, () => ({})) : posts;
  const incoming = wanted.map((post) => {
    postNumber += 1;
    const url = `https://news.example.org/posts/${postNumber}`;
    return {
      guid: url,
      url,
      title: `Post number ${postNumber}`,
      html: `<p>All about ${postNumber}.</p>`,
      ...post,
    };
  });
  return (await recordPosts({ db, now }, { newsletterId, feed: null, posts: incoming })).postIds;
}

/** A newsletter that has a post, so that the front page and other newsletters offer it. */
export async function makeListedNewsletter(
  db: Db,
  input: Partial<NewsletterInput> = {},
): Promise<Newsletter> {
  const newsletter = await makeNewsletter(db, input);
  await makePosts(db, newsletter.id, 1);
  return { ...newsletter, listed: true };
}

/**
 * Makes `count` readers who confirmed at `now`, reader1@readers.example.org and so on, in one statement for
 * speed.
 */
export async function makeReaders(
  db: Db,
  newsletterId: string,
  count: number,
  {
    topics = null,
    prefix = 'reader',
    domain = 'readers.example.org',
    now = present,
  }: { topics?: string[] | null; prefix?: string; domain?: string; now?: () => Date } = {},
): Promise<void> {
  await db.query(
    `with made as (
       insert into subscribers (address, address_key, address_hash, domain)
       select a, a, sha256(convert_to(a, 'UTF8')), $5
       from (select $2 || n || '@' || $5 as a from generate_series(1, $3::int) n) addresses
       on conflict (address_key) do update set domain = excluded.domain
       returning id
     )
     insert into subscriptions (newsletter_id, subscriber_id, requested_at, confirmed_at, confirmation_sent_at, topics)
     select $1::bigint, id, $6, $6, $6, $4::text[] from made`,
    [newsletterId, prefix, count, topics, domain, now()],
  );
}

/** An admin changes what the reader with this address chose, such as a pause, or ends the subscription. */
export async function changeReader(
  db: Db,
  { address, newsletterId }: { address: string; newsletterId: string },
  changes: Pick<UpdateSubscriberInput, 'pausedUntil' | 'status'>,
  now = present,
): Promise<void> {
  const { id } = await db.one<{ id: string }>('select id from subscribers where address_key = $1', [address]);
  const done = await updateSubscriber({ db, now }, { id, via: 'api', newsletterId, ...changes });
  if (!done.ok) throw new Error(done.code);
}

/** Assembles the newsletter's next issue, fans it out, and returns its id. */
export async function fanOutNext(
  deps: AssembleDeps,
  newsletterId: string,
  input: Partial<Parameters<typeof assembleNow>[1]> = {},
): Promise<string> {
  const made = await assembleNow(deps, { newsletterId, ...input });
  if (made.status !== 'created') throw new Error(made.status);
  await assemble(deps, made.issueId);
  return made.issueId;
}

export interface FannedOut {
  issueId: string;
  newsletterId: string;
  /** The address of the reader with this number, counted from 1. */
  address(number: number): string;
}

/** Fans an issue of a new newsletter out at `now` to `readers`: a total, or a number for each domain. */
export async function issueFor(
  db: Db,
  readers: number | Record<string, number>,
  {
    posts = 1,
    enqueue,
    now = present,
    ...newsletter
  }: Partial<NewsletterInput> & {
    posts?: Parameters<typeof makePosts>[2];
    enqueue?: Enqueue;
    now?: () => Date;
  } = {},
): Promise<FannedOut> {
  const { id } = await makeNewsletter(db, { ...newsletter, now });
  await makePosts(db, id, posts, now);
  const prefix = `n${id}-`;
  const domains = typeof readers === 'number' ? { 'readers.example.org': readers } : readers;
  for (const [domain, count] of Object.entries(domains))
    await makeReaders(db, id, count, { prefix, domain, now });
  const issueId = await fanOutNext(assembleDeps(db, enqueue, now), id);
  const [first] = Object.keys(domains);
  return { issueId, newsletterId: id, address: (number) => `${prefix}${number}@${first}` };
}

/** Runs the sweep: it enqueues jobs for all rows with unfinished work. */
export const sweep = (db: Db, enqueue = rememberingQueue().enqueue, now = present): Promise<void> =>
  recover({ db, enqueue, log: quiet, now });

export interface RelayOptions {
  /** A relay with a rate needs it. */
  db?: Db;
  /** Connections of each relay whose URL does not set them. */
  connections?: number;
  /** The rank among workers. Undefined: the only worker. */
  rank?: Rank;
  timeouts?: Timeouts;
  pauses?: Pauses;
  now?: () => Date;
  /** The clock that measures durations. */
  clock?: () => number;
  log?: Pick<Log, 'warn' | 'info'>;
}

/** Short, so that a test soon retries a relay that has recovered. */
const shortPauses: Pauses = { first: 20, longest: 40 };

/** Opens the relays of these URLs, in the format of SMTP_URL. */
export function testRelays(smtpUrl: string, options: RelayOptions = {}): Relays {
  const { relays = [] } = readConfig({ SMTP_URL: smtpUrl });
  const { connections = 5, db = openDatabase({ url: 'postgres://nowhere.invalid/none' }) } = options;
  return openRelays(
    relays.map((relay) => (smtpUrl.includes('connections=') ? relay : { ...relay, connections })),
    { db, log: quiet, rank: { index: 0, of: 1 }, pauses: shortPauses, ...options },
  );
}

export interface Bench extends SendDeps {
  relays: Relays;
  close(): Promise<void>;
}

/** The dependencies of a delivery worker with the relays at `smtpUrl`. */
export async function deliveryDeps(
  db: Db,
  smtpUrl: string,
  { enqueue, ...options }: RelayOptions & { enqueue?: Enqueue } = {},
): Promise<Bench> {
  const relays = testRelays(smtpUrl, { ...options, db });
  const worker = await registerWorker(db);
  const asked = enqueue ?? rememberingQueue().enqueue;
  const progress = createProgressRecorder({ db, workerId: worker.id, log: quiet });
  return {
    db,
    enqueue: asked,
    now: options.now ?? present,
    random: () => 0.5,
    log: quiet,
    relays,
    domains: createDomainPace({ db, log: quiet, now: options.now ?? present }),
    guard: createGuard({ db, log: quiet }),
    journal: noJournal,
    links,
    workerId: worker.id,
    stopping: () => false,
    variants: createVariantCache({ db, links }),
    timeForBatch: Infinity,
    progress,
    noteRefusals: noteRefusals(options.now ?? present),
    async close() {
      await relays.close();
      await progress.flush();
    },
  };
}

/** Sends an issue's batches in this process, once a relay accepts messages or is due for a retry. */
export async function sendAll(deps: Bench, issueId: string): Promise<void> {
  const { batches } = await deps.db.one<{ batches: number }>('select batches from issues where id = $1', [
    issueId,
  ]);
  while (Object.values(deps.relays.circuits()).every((state) => state === 'open')) await delay(5);
  for (let batch = 1; batch <= batches; batch += 1) await sendBatch(deps, { issueId, batch });
}

/** Counts an issue's deliveries by state. */
export async function ledger(db: Db, issueId: string): Promise<Record<string, number>> {
  const rows = await db.query<{ state: string; count: number }>(
    'select state, count(*)::int as count from deliveries where issue_id = $1 group by state',
    [issueId],
  );
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}
