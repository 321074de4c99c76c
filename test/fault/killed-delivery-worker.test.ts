// SIGKILL hits delivery workers within lots, repeatedly, while another worker continues. No reader gets two
// messages, and every delivery ends in a named state. FAULT_KILLS sets the number for each queue
// (npm run fault: 100).
import { setTimeout as delay } from 'node:timers/promises';
import { onEachQueue } from '../support/queues.js';
import { openScene, uncertainPerDeath, type Scene } from '../support/scene.js';

const kills = Number(process.env['FAULT_KILLS'] ?? 6);
/** More than the survivors can send between kills, so that every kill hits an unfinished issue. */
const readers = 1_500 + 200 * kills;

onEachQueue('a killed delivery worker', (backend) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ backend, readers, pace: 120 });
  });
  afterAll(() => scene.close());

  test(
    `mails nobody twice and misses nobody, killed ${kills} times`,
    async () => {
      await Promise.all([scene.startWorker(), scene.startWorker()]);
      for (let kill = 0; kill < kills; kill += 1) {
        const next = scene.startWorker();
        await scene.sink.waitFor(scene.sink.messages.length + 1, 60_000);
        await delay(Math.random() * 300);
        // Kill the oldest worker, because the youngest may not have a batch yet.
        const [oldest] = scene.workers;
        if (oldest) await scene.kill(oldest);
        await next;
      }
      expect(scene.sink.messages.length).toBeLessThan(readers);
      const counts = await scene.finish({ uncertainAtMost: kills * uncertainPerDeath, within: 240_000 });
      expect(counts.accepted).toBeGreaterThanOrEqual(readers - kills * uncertainPerDeath);
    },
    300_000 + kills * 15_000,
  );
});
