// During an issue, Redis loses its data, restarts or freezes. The queue only carries wake-ups: the schedulers
// and the sweep recover without help, and the rows say which work remains.
import { setTimeout as delay } from 'node:timers/promises';
import { queueBackends } from '../support/queues.js';
import { hasRedis } from '../support/redis.js';
import { openScene, uncertainPerDeath, type Scene } from '../support/scene.js';

const readers = 2_000;
/** Milliseconds within which an issue continues after the loss of its queue. */
const recovery = 120_000;

const wanted = hasRedis && queueBackends().includes('redis');
const name = `a queue that is lost in mid-issue${wanted ? '' : ' (redis-server is not installed, or not asked for)'}`;

(wanted ? describe : describe.skip)(name, () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await openScene({ backend: 'redis', readers, pace: 120 });
    await scene.startWorker();
    await scene.startWorker();
    await scene.taken(0.1);
  });
  afterEach(() => scene.close());

  const redis = () => {
    if (!scene.queue.redis) throw new Error('no redis');
    return scene.queue.redis;
  };

  test('FLUSHALL twice: schedulers and batches come back, and no delivery is uncertain', async () => {
    for (const pause of [0, 300, 1_000]) {
      await delay(pause);
      await redis().flush();
    }
    const counts = await scene.finish({ uncertainAtMost: 0, within: recovery });
    expect(counts.accepted).toBe(readers);
  });

  test('a restart that loses everything', async () => {
    await redis().stop();
    await delay(3_000);
    await redis().start();
    const counts = await scene.finish({ uncertainAtMost: 0, within: recovery });
    expect(counts.accepted).toBe(readers);
  });

  test('standing still for longer than a job may be silent', async () => {
    redis().freeze();
    await delay(12_000);
    redis().thaw();
    const counts = await scene.finish({ uncertainAtMost: 0, within: recovery });
    expect(counts.accepted).toBe(readers);
  });

  test('lost together with a worker', async () => {
    const [worker] = scene.workers;
    if (worker) await Promise.all([scene.kill(worker), redis().flush()]);
    const counts = await scene.finish({ uncertainAtMost: uncertainPerDeath, within: recovery });
    expect(counts.accepted).toBeGreaterThanOrEqual(readers - uncertainPerDeath);
  });
});
