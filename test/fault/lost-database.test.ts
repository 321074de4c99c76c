// During an issue, PostgreSQL stops as in a power cut and returns. The workers keep running and remember the
// results of their hand-overs. They record these results afterwards, so no delivery is uncertain.
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase } from '../../src/db.js';
import { destroyPostgres, startPostgres } from '../../src/embedded/postgres.js';
import { ownCluster, temporaryFolder, type OwnCluster } from '../support/database.js';
import { quiet } from '../support/newsroom.js';
import { onEachQueue } from '../support/queues.js';
import { openScene, type Scene } from '../support/scene.js';
import { waitUntil } from '../support/wait.js';

const readers = 2_000;
const outages = Math.max(2, Math.round(Number(process.env['FAULT_KILLS'] ?? 0) / 10));

onEachQueue('a database that is lost in mid-issue', (backend) => {
  let cluster: OwnCluster;
  let scene: Scene;
  beforeAll(async () => {
    cluster = await ownCluster();
    scene = await openScene({ backend, readers, pace: 150, databaseUrl: cluster.url });
  });
  afterAll(async () => {
    await scene.close();
    await cluster.close();
  });

  test(
    `${outages} immediate shutdowns: no worker ends, and nobody is uncertain`,
    async () => {
      await Promise.all([scene.startWorker(), scene.startWorker()]);
      for (let outage = 1; outage <= outages; outage += 1) {
        await scene.taken((0.6 * outage) / outages);
        cluster.kill();
        await delay(3_000);
        await cluster.restart();
      }
      const counts = await scene.finish({ uncertainAtMost: 0, within: 90_000 });
      expect(counts.accepted).toBe(readers);
      expect(scene.workers.map(({ running }) => running)).toEqual([true, true]);
    },
    180_000 + outages * 30_000,
  );
});

test('the embedded server of npm start is started again where it was', async () => {
  const dataDir = await temporaryFolder();
  const server = await startPostgres({ dataDir, log: quiet, durable: false, keep: true });
  const db = openDatabase({ url: server.url, max: 1, onError: () => undefined });
  process.kill(server.pid, 'SIGQUIT');
  const answers = () =>
    db.query('select 1 as one').then(
      () => true,
      () => false,
    );
  await waitUntil(async () => !(await answers()), 10_000, 'the end');
  await waitUntil(answers, 30_000, 'another server');
  await db.end();
  await server.stop();
  expect(await startPostgres({ dataDir, log: quiet }).then(({ url, stop }) => stop().then(() => url))).toBe(
    server.url,
  );
  await destroyPostgres(dataDir);
  await rm(dataDir, { recursive: true, force: true });
});
