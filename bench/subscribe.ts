// Compares POST /n/:slug/subscribe, with all checks on, with a bare route that only inserts the row.
import { openSync, closeSync } from 'node:fs';
import { childEnvironment } from '../src/config/environment.js';
import type { Db } from '../src/db.js';
import { freePort } from '../src/embedded/ports.js';
import { supervise } from '../src/supervise.js';
import { makeNewsletter, quiet, secretKey } from '../test/support/newsroom.js';
import { askLoad } from './ask-load.js';
import type { LoadResult } from './load-process.js';
import { cpuSeconds } from './machine.js';
import type { Servers } from './servers.js';
import type { Sink } from './sink.js';

export interface Subscribed extends LoadResult {
  rate: number;
  /** Milliseconds of CPU per request: in the web process, and in PostgreSQL. */
  webCpu: number;
  databaseCpu: number;
}

interface Route {
  program: string;
  /** Environment variables besides DATABASE_URL and PORT. */
  env: Record<string, string>;
  path: string;
  challenges: string | undefined;
}

export interface Subscribing {
  /** Measures one process with one of the two routes. Each call uses new addresses. */
  ours(): Promise<Subscribed>;
  bare(): Promise<Subscribed>;
  close(): Promise<void>;
}

/** Concurrent requests: high, because our answer takes 60 ms on purpose (SUBSCRIBE_ANSWER_MS). */
const connections = 400;
const warmUpSeconds = 3;
const seconds = 10;
/** More than a run uses, with one challenge for each request. */
const challenges = 60_000;

/** Every limit is counted but too high to be reached. Every request brings a solved challenge. */
const checks = {
  CHALLENGE: 'always',
  CHALLENGE_WORK: '1',
  SUBSCRIBE_PER_NEWSLETTER: '100000000/1h',
  SUBSCRIBE_ALL: '100000000/1h',
  SUBSCRIBE_PER_DOMAIN: '100000000/1h',
};

/** Makes a newsletter's readers, who confirmed long ago, with their consent records. */
async function makeReaders(db: Db, newsletterId: string, readers: number): Promise<void> {
  await db.query(
    `with made as (
       insert into subscribers (address, address_key, address_hash, domain)
       select a, a, sha256(convert_to(a, 'UTF8')), split_part(a, '@', 2)
       from (select 'known-' || n || '@readers' || n % 1000 || '.example.org' as a from generate_series(1, $2::int) n) named
       returning id
     ), subscribed as (
       insert into subscriptions (newsletter_id, subscriber_id, requested_at, confirmed_at, confirmation_sent_at)
       select $1::bigint, id, now() - interval '90 days', now() - interval '90 days', now() - interval '90 days' from made
       returning id
     )
     insert into consents (subscription_id, event, at, via)
     select id, event, now() - interval '90 days', 'form' from subscribed, unnest('{requested,confirmed}'::text[]) event`,
    [newsletterId, readers],
  );
}

function ourRoute(servers: Servers, sink: Sink, slug: string): Route {
  const page = `/n/${slug}`;
  return {
    program: 'dist/src/web.js',
    env: {
      ...(servers.queueUrl === undefined ? {} : { QUEUE_URL: servers.queueUrl }),
      ...checks,
      SMTP_URL: `smtp://${sink.host}:${sink.port}`,
      SECRET_KEY: secretKey,
      TRUST_PROXY: 'loopback',
    },
    path: `${page}/subscribe`,
    challenges: `${page}/challenge`,
  };
}

const bare: Route = {
  program: 'dist/bench/bare-process.js',
  env: {},
  path: '/subscribe',
  challenges: undefined,
};

/** Prepares a database with this many subscribers for the measurements. */
export async function startSubscribing(servers: Servers, sink: Sink, readers: number): Promise<Subscribing> {
  const { db, url, close } = await servers.freshDatabase();
  const newsletter = await makeNewsletter(db);
  await makeReaders(db, newsletter.id, readers);
  await db.query(
    `create table bare_requests (id bigint generated always as identity primary key, email text not null unique,
       ip inet, user_agent text, at timestamptz not null default now())`,
  );
  await db.query('vacuum analyze');
  const nowhere = openSync('/dev/null', 'w');
  let runs = 0;

  async function measure({ program, env, path, challenges: challengePath }: Route): Promise<Subscribed> {
    await db.query('checkpoint');
    const port = await freePort();
    const variables = childEnvironment({ ...env, DATABASE_URL: url, PORT: String(port), HOST: '127.0.0.1' });
    const server = supervise({ name: path, program, env: variables, log: quiet, output: nowhere });
    await server.ready;
    const used = () => [cpuSeconds(server.pid ?? 0), cpuSeconds(servers.postgresPid)] as const;
    try {
      const stored = await countStored(db);
      const task = { port, path, connections, warmUpSeconds, seconds, wanted: 202, run: `run${(runs += 1)}` };
      const challengesOf =
        challengePath === undefined ? undefined : { path: challengePath, count: challenges };
      let before = used();
      const result = await askLoad({ ...task, challenges: challengesOf }, () => (before = used()));
      const after = used();
      if ((await countStored(db)) - stored !== result.taken)
        throw new Error(`${result.taken} requests were answered, and not as many rows are there`);
      const cpu = (at: 0 | 1) => ((after[at] - before[at]) * 1000) / result.taken;
      return { ...result, rate: result.answers / result.seconds, webCpu: cpu(0), databaseCpu: cpu(1) };
    } finally {
      await server.stop();
    }
  }

  const ours = ourRoute(servers, sink, newsletter.slug);
  return {
    ours: () => measure(ours),
    bare: () => measure(bare),
    async close() {
      closeSync(nowhere);
      await close();
    },
  };
}

/** Counts the stored requests of both routes. Ours is stored when its row and its consent record exist. */
async function countStored(db: Db): Promise<number> {
  const { count } = await db.one<{ count: number }>(
    `select ((select count(*) from bare_requests) + (select count(*) from consents c
       join subscriptions s on s.id = c.subscription_id where c.event = 'requested' and s.confirmed_at is null))::int as count`,
  );
  return count;
}
