// PostgreSQL ends as in a power cut and comes back, in mid-issue. Workers live on; what they knew of hand-overs when it went
// away is written when it is back, so that what is uncertain is only what nobody knows: nothing.
import { setTimeout as delay } from 'node:timers/promises';
import { ownCluster, type OwnCluster } from '../support/database.js';
import { onEachQueue } from '../support/queues.js';
import { openScene, type Scene } from '../support/scene.js';

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
