// SIGKILL hits delivery workers within lots, repeatedly, while another worker continues. No reader gets two
// messages, and every delivery ends in a named state, also where the relay takes texts in chunks. FAULT_KILLS sets the
// number for each queue (npm run fault: 100).
import { setTimeout as delay } from 'node:timers/promises';
import { onEachQueue, queueBackends } from '../support/queues.js';
import { openScene, uncertainPerDeath, type Scene, type SceneOptions } from '../support/scene.js';
import { startSink } from '../support/smtp-sink.js';

const allKills = Number(process.env['FAULT_KILLS'] ?? 6);
/** More than the survivors can send between kills, so that every kill hits an unfinished issue. */
const readersFor = (kills: number): number => 1_500 + 200 * kills;

onEachQueue('a killed delivery worker', (backend) => {
  proveAfterKills({ backend, readers: readersFor(allKills), pace: 120 });
});

describe('a killed delivery worker, and a relay with CHUNKING', () => {
  const [backend = 'postgres'] = queueBackends();
  // Without domainLimits, both lots of a process are under way, so that messages go out behind others.
  const relayOptions = '&domainLimits=off';
  const kills = Math.ceil(allKills / 3);
  const options = { backend, readers: readersFor(kills), pace: 120, relayOptions };
  const scene = proveAfterKills(options, { chunking: true, kills });
  test('which got most texts in chunks', () => {
    expect(scene().sink.chunked()).toBeGreaterThan(scene().readers / 2);
  });
});

/** Kills workers, and proves that nobody was missed or mailed twice. */
function proveAfterKills(options: SceneOptions, { chunking = false, kills = allKills } = {}): () => Scene {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ ...options, sink: await startSink({ chunking }) });
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
      expect(scene.sink.messages.length).toBeLessThan(options.readers);
      const counts = await scene.finish({ uncertainAtMost: kills * uncertainPerDeath, within: 240_000 });
      expect(counts.accepted).toBeGreaterThanOrEqual(options.readers - kills * uncertainPerDeath);
    },
    300_000 + kills * 15_000,
  );
  return () => scene;
}
