// Measures an issue before its first hand-over: the planner's minute, then freeze and fan-out with many topic
// choices. A million readers (or --readers) in a separate database, after vacuum and analyze.
import type { Db } from '../src/db.js';
import { assembleNow } from '../src/issues/assemble-now.js';
import { assemble } from '../src/issues/assemble.js';
import { minute } from '../src/durations.js';
import { plan } from '../src/issues/plan.js';
import {
  assembleDeps,
  makeNewsletter,
  makePosts,
  makeReaders,
  rememberingQueue,
} from '../test/support/newsroom.js';
import type { Figure } from './figure.js';
import type { Measurement } from './measurement.js';

const schedules = 400;
const topicChoices = 500;
const topics = Array.from({ length: 40 }, (_, index) => `Topic ${index}`);
const posts = 60;

export const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
};

/** Spreads the readers evenly over some 400 reading times in the world's time zones. */
async function spreadOverSchedules(db: Db, newsletterId: string): Promise<void> {
  const zones = Intl.supportedValuesOf('timeZone').slice(0, schedules);
  await db.query(
    `with made as (
       insert into reading_times (newsletter_id, frequency, send_time, timezone)
       select $1, 'daily', lpad((n % 24)::text, 2, '0') || ':30', zone
       from unnest($2::text[]) with ordinality as z (zone, n) returning id
     ), numbered as (select array_agg(id) as ids from made)
     update subscriptions set reading_time_id = ids[1 + id % array_length(ids, 1)] from numbered
     where newsletter_id = $1`,
    [newsletterId, zones],
  );
  await db.query('vacuum analyze');
}

/** Runs one minute of the planner. Returns its duration and its number of queries. */
async function minuteAt(db: Db, now: Date): Promise<{ ms: number; queries: number }> {
  let queries = 0;
  const counted: Db = {
    ...db,
    query: (...asked) => ((queries += 1), db.query(...asked)),
    one: (...asked) => ((queries += 1), db.one(...asked)),
    maybeOne: (...asked) => ((queries += 1), db.maybeOne(...asked)),
    change: (...asked) => ((queries += 1), db.change(...asked)),
  };
  const ms = await seconds(() => plan(assembleDeps(counted, rememberingQueue().enqueue, () => now)));
  return { ms: ms * 1000, queries };
}

/**
 * Ten minutes with nobody due after the given full hour, and one with a slot. The first minute, which fills Temporal's
 * cache of time zones, does not count.
 */
export async function planMinutes(db: Db, hour: number): Promise<Figure[]> {
  const start = hour + minute;
  await db.query('update newsletters set planned_through = $1', [new Date(start)]);
  await minuteAt(db, new Date(start + minute));
  const quiet: { ms: number; queries: number }[] = [];
  for (let n = 2; n <= 11; n += 1) quiet.push(await minuteAt(db, new Date(start + n * minute)));
  const due = await minuteAt(db, new Date(start + 29 * minute));
  return [
    {
      what: 'planner, a minute with nobody due',
      value: Math.max(...quiet.map(({ ms }) => ms)),
      unit: 'ms',
      bar: { atMost: 500 },
    },
    {
      what: 'planner, queries of that minute beside its transaction',
      value: Math.max(...quiet.map(({ queries }) => queries)),
      unit: '',
    },
    { what: 'planner, a minute with a slot', value: due.ms, unit: 'ms', bar: { atMost: 1000 } },
  ];
}

export const planner: Measurement = async ({ options, servers, say }) => {
  const { db, close } = await servers.freshDatabase();
  try {
    say(`${options.large.toLocaleString('en-US')} readers in ${schedules} schedules`);
    const { id } = await makeNewsletter(db, { schedule: { sendTime: '23:59' } });
    await makeReaders(db, id, options.large);
    await spreadOverSchedules(db, id);
    await makePosts(db, id, 5);
    return await planMinutes(db, Date.UTC(2026, 5, 1, 6));
  } finally {
    await close();
  }
};

/** Gives each reader one of 500 combinations of three topics. */
async function chooseTopics(db: Db, newsletterId: string): Promise<void> {
  const choices = Array.from({ length: topicChoices }, (_, index) => [
    topics[index % 40],
    topics[(index * 7 + 3 + Math.floor(index / 40)) % 40],
    topics[(index * 11 + 5 + Math.floor(index / 40) * 3) % 40],
  ]);
  await db.query(
    `update subscriptions s set topics = array(select jsonb_array_elements_text($2::jsonb->(s.id % $3)::int))
     where newsletter_id = $1`,
    [newsletterId, JSON.stringify(choices), topicChoices],
  );
  await db.query('vacuum analyze');
  await db.query('checkpoint');
}

export const byTopics: Measurement = async ({ options, servers, say }) => {
  const { db, close } = await servers.freshDatabase();
  try {
    const readers = options.large.toLocaleString('en-US');
    say(`${readers} readers with ${topicChoices} choices of topics`);
    const { id } = await makeNewsletter(db, { topics: topics.slice(0, 40) });
    await makeReaders(db, id, options.large);
    await chooseTopics(db, id);
    await makePosts(
      db,
      id,
      Array.from({ length: posts }, (_, index) => ({
        title: `Post ${index}`,
        topics: [topics[index % 40] ?? ''],
      })),
    );
    const deps = assembleDeps(db, rememberingQueue().enqueue);
    let issueId = '';
    const frozen = await seconds(async () => {
      const made = await assembleNow(deps, { newsletterId: id });
      if (made.status !== 'created') throw new Error(made.status);
      ({ issueId } = made);
    });
    const fannedOut = await seconds(() => assemble(deps, issueId));
    const { deliveries, variants } = await db.one<{ deliveries: number; variants: number }>(
      `select (select count(*)::int from deliveries where issue_id = $1) as deliveries,
         (select count(*)::int from variants where issue_id = $1) as variants`,
      [issueId],
    );
    if (deliveries !== options.large)
      throw new Error(`${deliveries} deliveries for ${options.large} readers`);
    const figures: Figure[] = [
      { what: `variants of ${topicChoices} choices of topics`, value: variants, unit: '' },
      { what: `freeze for ${readers} readers of these`, value: frozen, unit: 's' },
      { what: 'fan-out of these', value: fannedOut, unit: 's' },
      {
        what: 'freeze and fan-out',
        value: frozen + fannedOut,
        unit: 's',
        ...(options.large === 1_000_000 ? { bar: { atMost: 60, aim: 15 } } : {}),
      },
    ];
    return figures;
  } finally {
    await close();
  }
};
