// `npm start` during an issue: the parent replaces a worker that dies, and a dying parent ends its children.
// The next start continues where they stopped.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/embedded/ports.js';
import { temporaryFolder } from '../support/database.js';
import { baseUrl, secretKey } from '../support/newsroom.js';
import { onEachQueue } from '../support/queues.js';
import { openScene, uncertainPerDeath, type Scene } from '../support/scene.js';
import { waitUntil } from '../support/wait.js';

const readers = 1_500;
const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

onEachQueue('a killed parent', (backend) => {
  let scene: Scene;
  let dataDir: string;
  let parent: ChildProcess | undefined;
  beforeAll(async () => {
    dataDir = await temporaryFolder();
    scene = await openScene({ backend, readers, pace: 200 });
  });
  afterAll(async () => {
    if (parent) await end(parent, 'SIGTERM');
    await scene.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function start(): Promise<ChildProcess> {
    const { databaseUrl, queueUrl, smtpUrl } = scene.environment;
    const child = spawn(process.execPath, [cli, 'start'], {
      env: {
        PATH: process.env['PATH'],
        DATABASE_URL: databaseUrl,
        ...(queueUrl === undefined ? {} : { QUEUE_URL: queueUrl }),
        SMTP_URL: smtpUrl,
        SECRET_KEY: secretKey,
        BASE_URL: baseUrl,
        DATA_DIR: dataDir,
        HOST: '127.0.0.1',
        PORT: String(await freePort()),
        WORKERS: '2',
        LOG_LEVEL: 'warn',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    child.stdout.on('data', (text: Buffer) => (printed += text.toString()));
    await waitUntil(() => printed.includes('is running') || child.exitCode !== null, 120_000, 'the start');
    return child;
  }

  async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  const workers = () =>
    scene.db.query<{ id: string; pid: number; endedAt: Date | null }>(
      'select id, pid, ended_at from delivery_workers order by id',
    );

  test('and a killed worker before: every reader gets one mail', async () => {
    parent = await start();
    await scene.taken(0.2);
    const [first] = await workers();
    if (!first) throw new Error('no worker');
    process.kill(first.pid, 'SIGKILL');
    // The parent reports the death and starts another worker.
    await waitUntil(async () => (await workers())[0]?.endedAt, 10_000, 'the death to be reported');
    await waitUntil(async () => (await workers()).length === 3, 20_000, 'another worker');

    await scene.taken(0.4);
    await end(parent, 'SIGKILL');
    const all = await workers();
    await waitUntil(() => !all.some(({ pid }) => isRunning(pid)), 15_000, 'the children to end');
    expect(scene.sink.messages.length).toBeLessThan(readers);
    expect((await workers()).filter(({ endedAt }) => endedAt === null)).toEqual([]);

    parent = await start();
    const counts = await scene.finish({ uncertainAtMost: uncertainPerDeath });
    expect(counts.accepted).toBeGreaterThanOrEqual(readers - uncertainPerDeath);
  }, 480_000);
});
