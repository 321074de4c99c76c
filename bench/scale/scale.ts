// `npm run bench -- --only scale`: what an installation with 10,000,000 readers (or --readers) does, on one machine.
//
//   1. Fill the database by SQL: readers, posts, 1,000 issues, two of them to every reader (console/fill.ts).
//   2. Vacuum, freeze and fan out the last issue. Its rows are counted.
//   3. Measure the sizes, the planner, a minute of delivery, the pages, and each step of upkeep.
//   4. In a database of its own: forget an issue's deliveries as the product does, and by dropping a partition.
//
// Each figure is printed when it is known, so that a run that is stopped has not been in vain.
import type { Database, Db } from '../../src/db.js';
import { hour } from '../../src/durations.js';
import { assembleNow } from '../../src/issues/assemble-now.js';
import { assemble } from '../../src/issues/assemble.js';
import { rollBackWith } from '../../src/db.js';
import { listRoutes } from '../../test/support/list-routes.js';
import { assembleDeps } from '../../test/support/newsroom.js';
import { fillConsole, type Filled } from '../console/fill.js';
import { askPages } from '../console/measure.js';
import { showNumber, type Figure } from '../figure.js';
import { planMinutes } from '../issues.js';
import type { Measurement, Setting } from '../measurement.js';
import { costFigures, costOf, type Server } from './cost.js';
import { deliverForAMinute } from './deliver-a-minute.js';
import { forgettingByPartition } from './partitions.js';
import { sizes } from './sizes.js';
import { upkeep } from './upkeep.js';

/** Deliveries of the comparison with partitions. */
const compared = 1_000_000;

/** Throws unless each active reader has one delivery or is counted as excluded. */
async function checkFanOut(db: Db, issueId: string): Promise<number> {
  const { deliveries, excluded, candidates, active } = await db.one<Record<string, number>>(
    `select (select count(*)::int from deliveries where issue_id = i.id) as deliveries, candidates,
       (select sum(value::int)::int from jsonb_each_text(excluded)) as excluded,
       (select count(*)::int from subscriptions s where s.newsletter_id = i.newsletter_id and confirmed_at is not null
         and unsubscribed_at is null) as active
     from issues i where id = $1`,
    [issueId],
  );
  if (deliveries === undefined || deliveries + (excluded ?? 0) !== candidates || candidates !== active)
    throw new Error(`of ${active} readers ${candidates} are candidates, ${deliveries} get mail`);
  return deliveries;
}

type Add = (...figures: Figure[]) => void;

async function vacuumMeasured(server: Server, what: string, add: Add): Promise<void> {
  add(...costFigures(what, await costOf(server, () => server.db.query('vacuum analyze'))));
  await server.db.query('checkpoint');
}

/** Vacuums what the filling left behind, and measures the freeze and fan-out of an issue to every reader. */
async function fanOutMeasured(
  server: Server,
  { newsletterId, say, add }: { newsletterId: string; say: Setting['say']; add: Add },
): Promise<string> {
  const { db } = server;
  say('vacuum analyze');
  await vacuumMeasured(server, 'vacuum analyze, after the filling', add);
  say('freeze and fan-out');
  const deps = assembleDeps(db);
  let issueId = '';
  const freeze = await costOf(server, async () => {
    const made = await assembleNow(deps, { newsletterId });
    if (made.status !== 'created') throw new Error(made.status);
    ({ issueId } = made);
  });
  const fanOut = await costOf(server, () => assemble(deps, issueId));
  const deliveries = await checkFanOut(db, issueId);
  add(
    { what: 'deliveries of an issue to all', value: deliveries, unit: '' },
    ...costFigures('freeze', freeze),
    ...costFigures('fan-out', fanOut),
  );
  return issueId;
}

/** Rolled back, so that the workers find no issues in their way. */
const planned = (db: Db): Promise<Figure[]> =>
  db.transaction(async (tx) => {
    const nextHour = Math.ceil(Date.now() / hour) * hour;
    return rollBackWith(await planMinutes(tx, nextHour));
  });

async function checkReaders(db: Db, readers: number): Promise<void> {
  const { count } = await db.one<{ count: number }>('select count(*)::int as count from subscribers');
  if (count !== readers) throw new Error(`${count} subscribers instead of ${readers}`);
}

async function measureFilled(
  setting: Setting,
  { db, url, filled }: { db: Database; url: string; filled: Filled },
  add: Add,
): Promise<void> {
  const { say } = setting;
  await db.query('analyze');
  say('sizes');
  add(...(await sizes(db)));
  say('the planner');
  add(...(await planned(db)));
  say('a minute of delivery');
  add(...(await deliverForAMinute(setting, { db, url, issueId: filled.sending })));
  await vacuumMeasured({ db, postgresPid: setting.servers.postgresPid }, 'vacuum analyze, after it', add);
  say('pages');
  const declared = await listRoutes({ db, url });
  add(...(await askPages(setting, { db, url, filled, declared, name: 'pages', briefly: true })));
  say('upkeep');
  add(...(await upkeep(db)));
}

export const scale: Measurement = async (setting) => {
  const { readers } = setting.options;
  const figures: Figure[] = [];
  const started = performance.now();
  const say = (text: string): void =>
    setting.say(`${((performance.now() - started) / 1000).toFixed(0)} s: ${text}`);
  const add: Add = (...more) => {
    figures.push(...more);
    for (const { what, value, unit } of more)
      setting.say(`  ${what}: ${showNumber(value)} ${unit}`.trimEnd());
  };
  const { db, url, close } = await setting.servers.freshDatabase();
  try {
    say(`filling ${readers.toLocaleString('en-US')} readers`);
    const fanOutLast = (newsletterId: string): Promise<string> =>
      fanOutMeasured({ db, postgresPid: setting.servers.postgresPid }, { newsletterId, say, add });
    const filling = performance.now();
    const filled = await fillConsole(db, { readers, say, fanOutLast });
    add({ what: 'filling, with the fan-outs', value: (performance.now() - filling) / 1000, unit: 's' });
    await checkReaders(db, readers);
    await measureFilled({ ...setting, say }, { db, url, filled }, add);
  } finally {
    await close();
  }
  say('forgetting the deliveries of an issue');
  add(...(await forgettingByPartition(setting.servers, Math.min(readers, compared), say)));
  return figures;
};
