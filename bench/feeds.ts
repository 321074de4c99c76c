// Measures polling over HTTP into the embedded PostgreSQL, by worker processes as `npm start` runs them.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '../src/db.js';
import { openSecrets } from '../src/secrets.js';
import { addFeed } from '../src/feeds/add-feed.js';
import { pollDueFeeds } from '../src/feeds/poll-due-feeds.js';
import { openQueues } from '../src/queues.js';
import { makeNewsletter, quiet } from '../test/support/newsroom.js';
import { startWorkers } from './deliver.js';
import { startFeedSite } from './feed-site.js';
import type { Figure } from './figure.js';
import { cpuSeconds, residentMegabytes } from './machine.js';
import type { Measurement } from './measurement.js';

const feeds = 200;
const postsOfEach = 100;
const posts = feeds * postsOfEach;

/** The feed site has a private address, which the product refuses unless it is listed here. */
const allowPrivateFeeds = ['127.0.0.1'];

/** Waits until every feed was polled successfully after `since`. Throws if one has failed. */
async function polledSince(db: Db, since: Date, look: () => void): Promise<void> {
  for (;;) {
    const { left, failed } = await db.one<{ left: number; failed: string | null }>(
      `select count(*) filter (where last_success_at is null or last_success_at < $1)::int as left,
         max(last_error ->> 'key') as failed from feeds`,
      [since],
    );
    look();
    if (failed !== null) throw new Error(failed);
    if (left === 0) return;
    await sleep(50);
  }
}

interface Counted {
  posts: number;
  edits: number;
}

const countPosts = (db: Db): Promise<Counted> =>
  db.one<Counted>(
    'select (select count(*)::int from posts) as posts, (select count(*)::int from post_edits) as edits',
  );

interface Round {
  seconds: number;
  megabytes: number;
  cpu: number;
  databaseCpu: number;
  posts: number;
  edits: number;
  site: Awaited<ReturnType<Awaited<ReturnType<typeof startFeedSite>>['answered']>>;
}

function figuresOf({ first, second, third }: Record<'first' | 'second' | 'third', Round>): Figure[] {
  return [
    { what: `${feeds} feeds, first poll: posts stored`, value: first.posts, unit: 'posts' },
    { what: 'their documents, decompressed', value: first.site.megabytes, unit: 'MB' },
    {
      what: 'first poll, from the first feed added to the last post stored',
      value: first.seconds,
      unit: 's',
    },
    { what: 'first poll', value: first.posts / first.seconds, unit: 'posts/s' },
    { what: 'first poll, CPU of a post in the workers', value: (first.cpu * 1000) / posts, unit: 'ms' },
    { what: 'the same in PostgreSQL', value: (first.databaseCpu * 1000) / posts, unit: 'ms' },
    {
      what: 'memory of a worker, at most',
      value: first.megabytes,
      unit: 'MB',
      bar: { atMost: 320, aim: 200 },
    },
    { what: 'second poll, nothing changed: answers of 304', value: second.site.notModified, unit: '' },
    { what: 'second poll', value: second.seconds, unit: 's' },
    {
      what: `third poll, ${feeds} new posts and ${feeds * 3} edited ones`,
      value: third.seconds,
      unit: 's',
    },
  ];
}

interface Polling {
  db: Db;
  site: Awaited<ReturnType<typeof startFeedSite>>;
  /** Ids of the worker processes. */
  pids: readonly number[];
  postgresPid: number;
}

/** Measures from `wake` until every feed has been polled. */
async function measureRound(
  { db, site, pids, postgresPid }: Polling,
  wake: () => Promise<void>,
): Promise<Round> {
  const cpu = (): number => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  await site.answered();
  const before = { cpu: cpu(), database: cpuSeconds(postgresPid), ...(await countPosts(db)) };
  let megabytes = 0;
  const since = new Date();
  const started = performance.now();
  await wake();
  await polledSince(db, since, () => {
    megabytes = Math.max(megabytes, ...pids.map(residentMegabytes));
  });
  const seconds = (performance.now() - started) / 1000;
  const after = await countPosts(db);
  return {
    seconds,
    megabytes,
    cpu: cpu() - before.cpu,
    databaseCpu: cpuSeconds(postgresPid) - before.database,
    posts: after.posts - before.posts,
    edits: after.edits - before.edits,
    site: await site.answered(),
  };
}

/** Polls the feeds three times: all posts new, all unchanged, and a few posts new or edited. */
async function pollThreeTimes(
  polling: Polling,
  {
    deps,
    newsletterId,
    say,
  }: { deps: Parameters<typeof addFeed>[0]; newsletterId: string; say: (line: string) => void },
): Promise<Figure[]> {
  const { db, site } = polling;
  const addAll = async (): Promise<void> => {
    for (const address of site.urls) {
      const added = await addFeed(deps, { newsletterId, url: address });
      if (added.status !== 'added') throw new Error(added.status);
    }
  };
  const again = async (): Promise<void> => {
    await db.query('update feeds set next_poll_at = now()');
    await pollDueFeeds(deps);
  };
  say(`${feeds} feeds with ${posts.toLocaleString('en-US')} posts`);
  const first = await measureRound(polling, addAll);
  say('the same again, nothing changed');
  const second = await measureRound(polling, again);
  await site.publish(2);
  say('again, each with a new post and three that were edited');
  const third = await measureRound(polling, again);
  check('posts', first.posts, posts);
  check('answers of 304', second.site.notModified, feeds);
  check('documents in the second round', second.site.whole, 0);
  check('new posts', third.posts, feeds);
  check('edits of news', third.edits, feeds * 3);
  return figuresOf({ first, second, third });
}

export const feedsPolled: Measurement = async ({ options, servers, sink, say }) => {
  const { db, url, close } = await servers.freshDatabase();
  const queues = openQueues({ queueUrl: servers.queueUrl, databaseUrl: url, log: quiet });
  const site = await startFeedSite(feeds, postsOfEach);
  const { id: newsletterId } = await makeNewsletter(db);
  const workers = await startWorkers(options.workers, {
    DATABASE_URL: url,
    QUEUE_URL: servers.queueUrl,
    SMTP_URL: `smtp://${sink.host}:${sink.port}`,
    ALLOW_PRIVATE_FEEDS: allowPrivateFeeds.join(','),
  });
  const secrets = openSecrets('a secret key of the bench, for no feed');
  const deps = { db, enqueue: queues.enqueue, now: () => new Date(), allowPrivateFeeds, secrets };
  const pids = workers.map(({ pid }) => pid ?? 0);
  try {
    const polling = { db, site, pids, postgresPid: servers.postgresPid };
    return await pollThreeTimes(polling, { deps, newsletterId, say });
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await queues.close();
    await site.close();
    await close();
  }
};

function check(what: string, found: number, wanted: number): void {
  if (found !== wanted) throw new Error(`${what}: ${found} instead of ${wanted}`);
}
