// In the middle of an issue, the packets of all established connections vanish: a failover, or a NAT that has
// forgotten them. New connections work.
import { minute } from '../../src/durations.js';
import { startDroppingProxy, type DroppingProxy } from '../support/dropping-proxy.js';
import { onEachQueue } from '../support/queues.js';
import { openScene, type Scene } from '../support/scene.js';

const readers = 1_500;
/** What operators may expect. TCP alone takes 16 minutes. */
const inTime = minute;

onEachQueue('established connections that fall silent', (backend) => {
  let scene: Scene;
  let proxies: DroppingProxy[];
  beforeAll(async () => {
    scene = await openScene({ backend, readers, pace: 200 });
  });
  afterAll(async () => {
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await scene.close();
  });

  test(
    'sending goes on in time, and nobody is missed or mailed twice',
    async () => {
      const database = await startDroppingProxy(scene.environment.databaseUrl);
      const { queueUrl } = scene.environment;
      const redis = queueUrl === undefined ? undefined : await startDroppingProxy(queueUrl);
      proxies = redis ? [database, redis] : [database];
      const urls = { databaseUrl: database.url, queueUrl: redis?.url };
      await Promise.all([scene.startWorker(urls), scene.startWorker(urls)]);
      await scene.taken(0.2);
      for (const proxy of proxies) expect(proxy.drop()).toBeGreaterThan(0);
      const dropped = performance.now();
      // Lots under way still reach the relay: two of each worker, of as many messages as it has connections.
      const before = scene.sink.messages.length;
      await scene.sink.waitFor(before + 100, inTime);
      expect(performance.now() - dropped).toBeLessThan(inTime);
      expect(scene.workers.map(({ running }) => running)).toEqual([true, true]);
      const counts = await scene.finish({ uncertainAtMost: 0, within: 3 * minute });
      expect(counts.accepted).toBe(readers);
    },
    8 * minute,
  );
});
