// SIGTERM during an issue: the worker finishes its lots, leaves the rest to other workers, and signs off.
import { setTimeout as delay } from 'node:timers/promises';
import { onEachQueue } from '../support/queues.js';
import { openScene, type Scene } from '../support/scene.js';
import type { WorkerProcess } from '../support/worker-process.js';

const readers = 500;
/** Milliseconds that a worker has for stopping. */
const drain = 10_000;

onEachQueue('a stopped worker', (backend) => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await openScene({ backend, readers, pace: 200 });
  });
  afterEach(() => scene.close());

  async function proveStopped(worker: WorkerProcess): Promise<void> {
    const asked = performance.now();
    await worker.end('SIGTERM');
    expect(performance.now() - asked).toBeLessThan(drain);
    expect(worker.exitCode).toBe(0);
    const [row] = await scene.db.query<{ endedAt: Date | null }>(
      'select ended_at from delivery_workers where pid = $1',
      [worker.pid],
    );
    expect(row?.endedAt).toBeInstanceOf(Date);
    const sending = await scene.db.query("select 1 as held from deliveries where state = 'sending'");
    expect(sending).toEqual([]);
  }

  test('ends its lots within ten seconds, gives its leases back, and leaves nothing uncertain', async () => {
    const worker = await scene.startWorker();
    await scene.taken(0.1);
    await proveStopped(worker);
    await scene.startWorker();
    const counts = await scene.finish({ uncertainAtMost: 0 });
    expect(counts.accepted).toBe(readers);
  });

  test('does not wait longer for a relay that has fallen silent: those readers are queued again', async () => {
    const worker = await scene.startWorker();
    await scene.taken(0.1);
    scene.sink.onStage((stage) => (stage === 'rcpt' ? new Promise(() => {}) : undefined));
    await delay(500);
    await proveStopped(worker);
    await scene.startWorker();
    const counts = await scene.finish({ uncertainAtMost: 0 });
    expect(counts.accepted).toBe(readers);
  });
});
