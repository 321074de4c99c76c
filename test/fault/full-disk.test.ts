// The disk of the embedded PostgreSQL fills up during an issue. The service reports it in words, loses
// nothing, and continues when there is room again.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/embedded/ports.js';
import { destroyPostgres } from '../../src/embedded/postgres.js';
import { temporaryFolder } from '../support/database.js';
import { baseUrl, secretKey } from '../support/newsroom.js';
import { openScene, type Scene } from '../support/scene.js';
import { startSink } from '../support/smtp-sink.js';
import { waitUntil } from '../support/wait.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

const readers = 1_000;
const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

const dataDir = await temporaryFolder();
/** A separate disk that a test may fill. */
const mounted =
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=160m,mode=755', 'tmpfs', dataDir]).status === 0;
const why = mounted ? '' : ' (this user may not mount a disk to fill)';

afterAll(async () => {
  if (mounted) {
    await destroyPostgres(dataDir);
    spawnSync('umount', ['--lazy', dataDir]);
  }
  await rm(dataDir, { recursive: true, force: true });
});

(mounted ? describe : describe.skip)(`a full disk${why}`, () => {
  let scene: Scene | undefined;
  let parent: ChildProcess | undefined;
  let printed = '';
  afterAll(async () => {
    if (parent?.exitCode === null) {
      const ended = once(parent, 'exit');
      parent.kill('SIGTERM');
      await ended;
    }
    await scene?.close();
  });

  async function start(smtpUrl: string): Promise<string> {
    const child = spawn(process.execPath, [cli, 'start'], {
      env: {
        PATH: process.env['PATH'],
        SMTP_URL: smtpUrl,
        SECRET_KEY: secretKey,
        BASE_URL: baseUrl,
        DATA_DIR: dataDir,
        HOST: '127.0.0.1',
        PORT: String(await freePort()),
        WORKERS: '1',
        LOG_LEVEL: 'warn',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    parent = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => (printed += text.toString()));
    await waitUntil(() => printed.includes('is running') || child.exitCode !== null, 60_000, 'the start');
    const { port, password } = JSON.parse(readFileSync(path.join(dataDir, 'postgres.json'), 'utf8')) as {
      port: number;
      password: string;
    };
    return `postgres://daily_digest:${password}@127.0.0.1:${port}/daily_digest`;
  }

  /** Fills the disk to the last byte. */
  function fill(): void {
    const piece = Buffer.alloc(64 * 1024);
    for (const size of [piece.length, 512])
      try {
        for (;;) writeFileSync(path.join(dataDir, 'full'), piece.subarray(0, size), { flag: 'a' });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
  }

  test('is reported, loses nothing, and the issue continues when there is room', async () => {
    const sink = await startSink();
    const databaseUrl = await start(`${sink.url}?connections=10`);
    scene = await openScene({ backend: 'postgres', readers, pace: 150, databaseUrl, sink });
    await scene.taken(0.1);
    fill();
    // Use up the room that PostgreSQL has reserved in its files too.
    const { db } = scene;
    await db
      .query(`create table ballast as select repeat('x', 1000) as x, n from generate_series(1, 200000) n`)
      .catch(() => undefined);
    await waitUntil(
      () => /No space left on device|disk is full/.test(printed),
      60_000,
      'words about the disk',
    );
    expect(scene.sink.messages.length).toBeLessThan(readers);
    await delay(5_000);
    rmSync(path.join(dataDir, 'full'));
    await waitUntil(
      () =>
        db.query('drop table if exists ballast').then(
          () => true,
          () => false,
        ),
      60_000,
      'room',
    );
    const counts = await scene.finish({ uncertainAtMost: 0, within: 90_000 });
    expect(counts.accepted).toBe(readers);
  }, 300_000);
});
