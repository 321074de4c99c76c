// Readers change zone, hour, weekday, frequency and pauses at random, over weeks in which clocks change. Each
// reader gets each post once, and at most one digest a day.
import { hour, day } from '../../src/durations.js';
import { plan } from '../../src/issues/plan.js';
import { assemble } from '../../src/issues/assemble.js';
import { dateAt } from '../../src/newsletters/due.js';
import { updateSubscriber } from '../../src/subscribers/update-subscriber.js';
import { generator } from '../formats/generated-feeds.js';
import { useDatabase } from '../support/fixture.js';
import {
  assembleDeps,
  makeNewsletter,
  makePosts,
  makeReaders,
  rememberingQueue,
} from '../support/newsroom.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

const database = useDatabase();

// Clocks went back on 25 October in Europe, and on 1 November in America.
const start = Date.parse('2020-10-20T00:00:00Z');
const moving = 15 * day;
/** Days after the last change, in which weekly readers get their remaining posts. */
const settled = 9 * day;
const readers = 10;
const home = 'Europe/Berlin';
const zones = [
  home,
  'America/New_York',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
];
const hours = ['00:00', '02:30', '07:00', '12:45', '23:30'];

test.each([1, 2])(
  'each post once, one digest a day (seed %s)',
  async (seed) => {
    const { db } = database;
    const random = generator(seed);
    const { id: newsletterId } = await makeNewsletter(db, {
      timezone: home,
      schedule: { sendTime: '07:00', frequencies: ['daily', 'weekly'], maxPosts: 100, lateAfterMinutes: 600 },
      now: () => new Date(start),
    });
    await makeReaders(db, newsletterId, readers, { prefix: `moving-${seed}-` });
    const subscribers = await db.query<{ id: string }>(
      'select subscriber_id::text as id from subscriptions where newsletter_id = $1 order by 1',
      [newsletterId],
    );
    const zoneSince = new Map(subscribers.map(({ id }) => [id, [{ at: start, zone: home }]]));
    const posts: string[] = [];
    let changes = 0;

    async function move(id: string, now: number): Promise<void> {
      const timezone = random.pick(zones);
      const change = random.pick([
        { timezone },
        { sendTime: random.pick(hours) },
        { frequency: random.pick(['daily', 'weekly'] as const), weekday: 1 + random.below(7) },
        { pausedUntil: random.chance(0.5) ? new Date(now + random.below(60) * hour) : null },
      ]);
      const changed = await updateSubscriber(
        { db, now: () => new Date(now) },
        { id, via: 'api', newsletterId, ...change },
      );
      expect(changed).toMatchObject({ ok: true });
      if ('timezone' in change) zoneSince.get(id)?.push({ at: now, zone: timezone });
      changes += 1;
    }

    for (let now = start + hour; now <= start + moving + settled; now += hour) {
      // The planner's minute runs some seconds late.
      const clock = () => new Date(now + 7_000);
      if (now <= start + moving) {
        if (random.chance(0.2)) posts.push(...(await makePosts(db, newsletterId, 1)));
        for (const { id } of subscribers) if (random.chance(0.02)) await move(id, now - 20 * 60_000);
      }
      const queue = rememberingQueue();
      const deps = assembleDeps(db, queue.enqueue, clock);
      await plan(deps);
      for (const { payload } of queue.jobs)
        if (payload.kind === 'assemble') await assemble(deps, payload.issueId);
    }

    const deliveries = await db.query<{ id: string; slot: Date; posts: string[] }>(
      `select d.subscriber_id::text as id, i.slot, v.post_ids::text[] as posts
     from deliveries d join issues i on i.id = d.issue_id join variants v on v.id = d.variant_id
     where i.newsletter_id = $1 order by d.subscriber_id, i.slot`,
      [newsletterId],
    );
    expect(changes).toBeGreaterThan(20);
    for (const { id } of subscribers) {
      const own = deliveries.filter((delivery) => delivery.id === id);
      const got = own.flatMap((delivery) => delivery.posts);
      expect({ id, got: got.toSorted() }).toEqual({ id, got: posts.toSorted() });
      const twice = own.slice(1).filter(({ slot }, at) => {
        const zone = zoneSince.get(id)?.findLast((since) => since.at <= slot.getTime())?.zone ?? home;
        return dateAt(slot, zone) === dateAt(own[at]?.slot ?? slot, zone);
      });
      expect({ id, twice }).toEqual({ id, twice: [] });
    }
  },
  300_000,
);
