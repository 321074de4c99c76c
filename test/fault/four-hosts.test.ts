// Four hosts send one issue together while hosts are restarted, killed or cut off from PostgreSQL and Redis.
//
// npm run fault sends to 50,000 readers and cuts for a minute, on both queues. npm test sends to fewer and cuts for
// seconds: the links on the Redis queue, restarts and kills on the PostgreSQL queue.
import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase, type Database } from '../../src/db.js';
import { silence } from '../../src/delivery/recover.js';
import { minute, second } from '../../src/durations.js';
import { assembleNow } from '../../src/issues/assemble-now.js';
import { domainGroup, groupConnections } from '../../src/mail/domain-groups.js';
import { openQueues } from '../../src/queues.js';
import { ownCluster, type OwnCluster } from '../support/database.js';
import { openHost, type Host } from '../support/hosts.js';
import { openNetwork, type Network } from '../support/network.js';
import { assembleDeps, makeNewsletter, makePosts, makeReaders, quiet } from '../support/newsroom.js';
import { proveNobodyMissedNobodyTwice, waitForFinish } from '../support/proof.js';
import { onEachQueue, startQueueBackend, type TestQueueBackend } from '../support/queues.js';
import { letSilencePass } from '../support/signs-of-life.js';
import { startSink, type Sink, type Stage } from '../support/smtp-sink.js';
import { waitUntil } from '../support/wait.js';

const readers = Number(process.env['FAULT_READERS'] ?? 2_500);
const cutFor = Number(process.env['FAULT_CUT'] ?? 8) * second;
const isShort = cutFor < silence;

/** Of each host to the relay. Its workers divide them. */
const connections = 10;
/** Each worker has two lots under way, each at most as large as the worker's share of the connections. */
const uncertainPerHost = 2 * connections;
const workersPerHost = isShort ? 1 : 2;
/** Milliseconds that the relay takes for a message on average: the issue outlasts what happens to the hosts. */
const pace = isShort ? 500 : 130;
const within = 5 * minute + (readers * pace) / connections;

onEachQueue('four hosts', (backend) => {
  let network: Network;
  let cluster: OwnCluster;
  let queue: TestQueueBackend;
  let db: Database;
  let sink: Sink;
  const hosts: Host[] = [];

  beforeAll(async () => {
    network = await openNetwork();
    const { address } = network;
    cluster = await ownCluster({ address, connections: 400 });
    queue = await startQueueBackend(backend, address);
    sink = await startSink({ address, onlyCounts: true });
    db = openDatabase({ url: cluster.url, onError: () => undefined });
    const servers = {
      databaseUrl: cluster.url,
      queueUrl: queue.queueUrl,
      // Without namespaces, the workers of all hosts have one host name and divide the connections.
      smtpUrl: `${sink.url}?connections=${connections * (network.kind === 'proxies' ? 4 : 1)}`,
    };
    for (const name of ['host1', 'host2', 'host3', 'host4'])
      hosts.push(await openHost({ network: await network.addHost(name), servers, workers: workersPerHost }));
    await Promise.all(hosts.map((host) => host.start()));
  }, 5 * minute);

  afterAll(async () => {
    await Promise.all(hosts.map((host) => host.close()));
    await db.end();
    await sink.close();
    await queue.close();
    await cluster.close();
    await network.close();
  });

  const paced = (stage: Stage): number | undefined =>
    stage === 'rcpt' || stage === 'dot' ? Math.random() * pace : undefined;

  /** Starts an issue, and waits until a tenth of its readers have it. */
  async function startIssue(): Promise<string> {
    sink.clear();
    sink.onStage(paced);
    const { id: newsletterId } = await makeNewsletter(db);
    await makePosts(db, newsletterId, 3);
    await makeReaders(db, newsletterId, readers);
    const queues = openQueues({ queueUrl: queue.queueUrl, databaseUrl: cluster.url, log: quiet });
    const made = await assembleNow(assembleDeps(db, queues.enqueue), { newsletterId });
    await queues.close();
    if (made.status !== 'created') throw new Error(made.status);
    await sink.waitFor(readers / 10, 2 * minute);
    return made.issueId;
  }

  async function proveAll(issueId: string, uncertainAtMost: number): Promise<void> {
    // Otherwise nothing happened in the middle of an issue.
    expect(sink.messages.length).toBeLessThan(readers);
    if (isShort) sink.onStage(undefined);
    await waitForFinish(db, issueId, within).catch((error: Error) => {
      const said = hosts.map((host) => host.log()).join('\n');
      throw new Error(`${error.message}; the hosts said:\n${said}`, { cause: error });
    });
    const counts = await proveNobodyMissedNobodyTwice(db, issueId, sink, { readers, uncertainAtMost });
    const { accepted, uncertain } = counts;
    expect(accepted + uncertain).toBe(readers);
    if (!isShort)
      process.stdout.write(
        `${expect.getState().currentTestName} (${network.kind}): ${readers} readers, ` +
          `${sink.messages.length} messages, ${accepted} accepted, ${uncertain} uncertain\n`,
      );
  }

  /** Cuts the links of `some` for as long as `work` takes, and at least for `cutFor`. */
  async function whileCut(some: readonly Host[], work: () => Promise<unknown>): Promise<void> {
    const links = some.flatMap((host) => host.links);
    for (const link of links) link.cut();
    try {
      await Promise.all([delay(cutFor), work()]);
    } finally {
      for (const link of links) link.mend();
    }
  }

  async function restart(host: Host): Promise<void> {
    expect(await host.stop()).toBe(0);
    await host.start();
  }

  const limit = within + 5 * minute;
  // In the short form, each queue has half of the tests.
  const onRedis = !isShort || backend === 'redis';
  const onPostgres = !isShort || backend === 'postgres';

  (onPostgres ? test : test.skip)(
    'are restarted one after the other',
    async () => {
      const issueId = await startIssue();
      for (const host of hosts) await restart(host);
      await proveAll(issueId, 0);
    },
    limit,
  );

  (onRedis ? test : test.skip)(
    'two of them lose their links to the servers for a while',
    async () => {
      const issueId = await startIssue();
      await whileCut(hosts.slice(0, 2), async () => {
        // The others go on. The first messages are those that were on their way.
        await sink.waitFor(sink.messages.length + 4 * uncertainPerHost, minute);
      });
      await proveAll(issueId, 0);
    },
    limit,
  );

  (onRedis ? test : test.skip)(
    'all of them lose their links to the servers for a while',
    async () => {
      const issueId = await startIssue();
      await whileCut(hosts, () => Promise.resolve());
      await proveAll(issueId, 0);
    },
    limit,
  );

  (onPostgres ? test : test.skip)(
    'two of them are killed',
    async () => {
      const issueId = await startIssue();
      const killed = hosts.slice(2);
      const instances = killed.flatMap((host) => host.instances());
      const answer = await holdFinalReplies();
      await Promise.all(killed.map((host) => host.kill()));
      answer();
      if (isShort) await passSilence(instances);
      await proveAll(issueId, killed.length * uncertainPerHost);
    },
    limit,
  );

  /**
   * Holds the relay's answers to the final dot. Waits until all but one of the messages that the provider takes at
   * once wait for an answer: each host has some of them. The relay takes these messages although their hosts die, so
   * a host that sends them again is found out.
   */
  async function holdFinalReplies(): Promise<() => void> {
    let held = 0;
    let answer = (): void => undefined;
    const answered = new Promise<undefined>((resolve) => {
      answer = () => resolve(undefined);
    });
    sink.onStage((stage) => {
      if (stage !== 'dot') return undefined;
      held += 1;
      return answered;
    });
    const atOnce = groupConnections(domainGroup('reader@readers.example.org'));
    // A worker that is thought to live has a share of these until its silence is noticed.
    await waitUntil(() => held >= atOnce - 1, 2 * minute, 'the hosts to wait for replies');
    return () => {
      sink.onStage(paced);
      answer();
    };
  }

  async function passSilence(instances: readonly string[]): Promise<void> {
    expect(instances.length).toBe(2 * workersPerHost);
    await letSilencePass(db, instances);
  }
});
