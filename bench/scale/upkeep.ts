// Each step of the upkeep queue: once now, when little has expired, and the steps that forget once more three years later,
// when much has.
import { defaultRetention } from '../../src/config/retention.js';
import type { Db } from '../../src/db.js';
import { day } from '../../src/durations.js';
import { forgetting } from '../../src/people/forget.js';
import { quiet, rememberingQueue } from '../../test/support/newsroom.js';
import { openDnsLookup } from '../../src/mail/check-dns.js';
import { upkeepSteps, type UpkeepDeps } from '../../workers/upkeep.js';
import type { Figure } from '../figure.js';
import { seconds } from '../issues.js';

const shown = 4;
/** No step should hold up the others for longer. */
const bar = { atMost: 5 };
const later = 1_100 * day;

type Steps = Readonly<Record<string, (deps: UpkeepDeps) => Promise<unknown>>>;

async function timeSteps(steps: Steps, deps: UpkeepDeps, when: string): Promise<Figure[]> {
  const took: { step: string; value: number }[] = [];
  for (const [step, work] of Object.entries(steps))
    took.push({ step, value: await seconds(() => work(deps)) });
  const slowest = took.toSorted((one, other) => other.value - one.value).slice(0, shown);
  return [
    { what: `upkeep ${when}, all steps`, value: took.reduce((sum, { value }) => sum + value, 0), unit: 's' },
    ...slowest.map(({ step, value }) => ({ what: `upkeep ${when}, ${step}`, value, unit: 's', bar })),
  ];
}

const countForgotten = async (db: Db): Promise<number> => {
  const { count } = await db.one<{ count: number }>(
    'select coalesce(sum(count), 0)::int as count from delivery_totals',
  );
  return count;
};

export async function upkeep(db: Db): Promise<Figure[]> {
  const deps = (now: () => Date): UpkeepDeps => ({
    db,
    enqueue: rememberingQueue().enqueue,
    log: quiet,
    now,
    retention: defaultRetention,
    takesFeedback: true,
    dns: openDnsLookup(),
    dkim: [],
    bounceDomain: undefined,
    goesUnsigned: () => false,
  });
  const first = await timeSteps(
    upkeepSteps,
    deps(() => new Date()),
    'now',
  );
  const after = await timeSteps(
    forgetting,
    deps(() => new Date(Date.now() + later)),
    'three years later',
  );
  const forgotten = await countForgotten(db);
  return [...first, ...after, { what: 'deliveries forgotten in that sweep', value: forgotten, unit: '' }];
}
