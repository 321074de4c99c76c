// Hosts that run the workers of `npm start`, each with its DATA_DIR and its links to the servers.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { journalFolders } from '../../src/journal/folder.js';
import { readMark } from '../../src/journal/read-journal.js';
import { temporaryFolder } from './database.js';
import type { HostNetwork, Link } from './network.js';
import { baseUrl, secretKey } from './newsroom.js';
import { waitUntil } from './wait.js';

const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

export interface HostOptions {
  network: HostNetwork;
  /** As the test reaches them. */
  servers: { databaseUrl: string; queueUrl: string | undefined; smtpUrl: string };
  workers: number;
}

export interface Host {
  /** To PostgreSQL, and to Redis if it is the queue. */
  links: readonly Link[];
  /** The identities of its workers, which are in delivery_workers. */
  instances(): string[];
  /** Resolves when the workers work. */
  start(): Promise<void>;
  /** Sends SIGTERM, and resolves with the exit status. */
  stop(): Promise<number | null>;
  /** Kills all processes of the host at once. */
  kill(): Promise<void>;
  /** The last lines that its processes wrote. */
  log(): string;
  close(): Promise<void>;
}

export async function openHost({ network, servers, workers }: HostOptions): Promise<Host> {
  const dataDir = await temporaryFolder();
  const { databaseUrl, queueUrl, smtpUrl } = servers;
  const database = await network.linkTo(databaseUrl);
  const redis = queueUrl === undefined ? undefined : await network.linkTo(queueUrl);
  const relay = await network.linkTo(smtpUrl);
  const [program, ...args] = [...network.command, process.execPath, cli, 'start', '--workers'];
  let child: ChildProcess | undefined;
  let printed = '';

  async function start(): Promise<void> {
    let output = '';
    const starting = spawn(program, args, {
      env: {
        PATH: process.env['PATH'],
        DATABASE_URL: database.url,
        ...(redis === undefined ? {} : { QUEUE_URL: redis.url }),
        SMTP_URL: relay.url,
        SECRET_KEY: secretKey,
        BASE_URL: baseUrl,
        DATA_DIR: dataDir,
        WORKERS: String(workers),
        LOG_LEVEL: 'warn',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group, which `kill` ends as a whole where the host has no pid namespace.
      detached: true,
    });
    child = starting;
    for (const stream of [starting.stdout, starting.stderr])
      stream.on('data', (text: Buffer) => {
        output += text.toString();
        printed = `${printed}${text.toString()}`.slice(-20_000);
      });
    await waitUntil(
      () => output.includes('is running') || hasEnded(starting),
      120_000,
      'the start of a host',
    );
    if (hasEnded(starting)) throw new Error(`the host did not start:\n${output}`);
  }

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (child === undefined || hasEnded(child)) return child?.exitCode ?? null;
    const ended = once(child, 'exit');
    for (const pid of targets(child.pid ?? 0, signal)) process.kill(pid, signal);
    await ended;
    return child.exitCode;
  }

  /** unshare ignores SIGTERM: its child is the host's first process. */
  function targets(pid: number, signal: NodeJS.Signals): number[] {
    if (network.command.length === 0) return [signal === 'SIGKILL' ? -pid : pid];
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  }

  return {
    links: redis === undefined ? [database] : [database, redis],
    instances: () => journalFolders(dataDir).flatMap((folder) => readMark(folder)?.instance ?? []),
    start,
    stop: () => end('SIGTERM'),
    kill: async () => void (await end('SIGKILL')),
    log: () => printed.slice(-4_000),
    async close() {
      await end('SIGKILL');
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;
