// A separate, real Redis for a test file. Without redis-server, tests are skipped and their names say why.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { freePort } from '../../src/embedded/ports.js';
import { waitUntil } from './wait.js';
import { allowSlowTests } from './time-limit.js';

allowSlowTests();

export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

export interface TestRedis {
  /** redis://127.0.0.1:port, in the format of QUEUE_URL. */
  url: string;
  /** Stops it as a crash would: its data is lost. */
  stop(): Promise<void>;
  /** Starts it again on the same port, empty. */
  start(): Promise<void>;
  /** Deletes all its data. */
  flush(): Promise<void>;
  /** Sends one command in Redis's inline form and returns the first line of the reply. */
  command(line: string): Promise<string>;
  /** Sends SIGSTOP: Redis keeps its connections and stops answering. */
  freeze(): void;
  /** Sends SIGCONT. */
  thaw(): void;
  /** Stops it for good. Call this in afterAll. */
  close(): Promise<void>;
}

/**
 * Starts a Redis on a free port of 127.0.0.1, and of `address` for hosts in other network namespaces. Undefined if
 * redis-server is not installed.
 */
export async function startRedis(address = '127.0.0.1'): Promise<TestRedis | undefined> {
  if (!hasRedis) return undefined;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'daily-digest-redis-'));
  const port = await freePort();
  let server: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    const options = [
      '--port',
      String(port),
      '--bind',
      ...new Set(['127.0.0.1', address]),
      // It would refuse clients of another address.
      '--protected-mode',
      'no',
      '--dir',
      folder,
      '--save',
      '',
      '--appendonly',
      'no',
    ];
    server = spawn('redis-server', options, { stdio: 'ignore' });
    await waitUntil(() => ask(port, 'PING').catch(() => undefined), 10_000, 'redis-server');
  };
  const stop = async (): Promise<void> => {
    if (server === undefined) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    server = undefined;
    await ended;
  };
  const endWithUs = (): void => void server?.kill('SIGKILL');
  process.on('exit', endWithUs);
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    stop,
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    flush: async () => void (await ask(port, 'FLUSHALL')),
    command: (line) => ask(port, line),
    async close() {
      await stop();
      process.off('exit', endWithUs);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Sends one command in Redis's inline form and returns the first line of the reply. */
export async function ask(port: number, command: string, password?: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const say = async (line: string): Promise<string> => {
    socket.write(`${line}\r\n`);
    const [reply] = (await once(socket, 'data')) as [Buffer];
    return reply.toString().trim();
  };
  try {
    await once(socket, 'connect');
    if (password !== undefined) await say(`AUTH ${password}`);
    return await say(command);
  } finally {
    socket.destroy();
  }
}
