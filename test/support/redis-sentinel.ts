// A Redis, a replica of it, and a Sentinel that watches them, for a test file.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { forLocalhost, relayKey } from './certificates.js';
import { temporaryFolder } from './database.js';
import { freePort } from '../../src/embedded/ports.js';
import { ask } from './redis.js';
import { waitUntil } from './wait.js';

export interface TestRedisSentinel {
  /** In the format of QUEUE_URL. */
  url: string;
  /** The file with the authority of the certificates. */
  authorityFile: string;
  /** Kills the server that the Sentinel names. The Sentinel then names the replica. */
  killMaster(): void;
  close(): Promise<void>;
}

const serverPassword = 'server-secret';
const sentinelPassword = 'sentinel-secret';

/** Starts redis-server with a configuration, which a Sentinel changes. */
async function start(file: string, lines: string[], ...args: string[]): Promise<ChildProcess> {
  await writeFile(file, lines.map((line) => `${line}\n`).join(''));
  return spawn('redis-server', [file, ...args], { stdio: 'ignore' });
}

/** With `tls`, by the name localhost, which is the only one of the certificate, and without a replica. */
export async function startRedisSentinel({ tls = false } = {}): Promise<TestRedisSentinel> {
  const folder = await temporaryFolder();
  const at = (name: string): string => path.join(folder, name);
  await writeFile(at('certificate.pem'), forLocalhost);
  await writeFile(at('key.pem'), relayKey);
  const host = tls ? 'localhost' : '127.0.0.1';
  // The plain port of a server with TLS is for this file.
  const listen = async (): Promise<{ port: number; plain: number; lines: string[] }> => {
    const [port, plain] = [await freePort(), await freePort()];
    const lines = tls
      ? [
          `tls-port ${port}`,
          `port ${plain}`,
          `tls-cert-file ${at('certificate.pem')}`,
          `tls-key-file ${at('key.pem')}`,
          `tls-ca-cert-file ${at('certificate.pem')}`,
          'tls-auth-clients no',
          'tls-replication yes',
        ]
      : [`port ${port}`];
    return { port, plain: tls ? plain : port, lines: [...lines, 'bind 127.0.0.1 -::1', `dir ${folder}`] };
  };
  const [master, replica, sentinel] = [await listen(), await listen(), await listen()];
  const server = ['save ""', `requirepass ${serverPassword}`, `masterauth ${serverPassword}`];
  const masterProcess = await start(at('master.conf'), [...master.lines, ...server]);
  const processes = [masterProcess];
  if (!tls)
    processes.push(
      await start(at('replica.conf'), [...replica.lines, ...server, `replicaof ${host} ${master.port}`]),
    );
  await waitUntil(() => ask(master.plain, 'PING').catch(() => undefined), 20_000, 'redis-server');
  const watch = [
    'sentinel resolve-hostnames yes',
    'sentinel announce-hostnames yes',
    `sentinel monitor digest ${host} ${master.port} 1`,
    `sentinel auth-pass digest ${serverPassword}`,
    'sentinel down-after-milliseconds digest 1000',
    'sentinel failover-timeout digest 5000',
    `requirepass ${sentinelPassword}`,
  ];
  processes.push(await start(at('sentinel.conf'), [...sentinel.lines, ...watch], '--sentinel'));
  const askSentinel = (command: string) => ask(sentinel.plain, command, sentinelPassword).catch(() => '');
  const replicas = tls ? '*0' : '*1';
  await waitUntil(
    async () => (await askSentinel('SENTINEL REPLICAS digest')).startsWith(replicas),
    60_000,
    'the Sentinel',
  );
  const endWithUs = (): void => processes.forEach((each) => each.kill('SIGKILL'));
  process.on('exit', endWithUs);
  const silent = await freePort();
  return {
    // Nothing listens at the first address, so the second is asked.
    url:
      `${tls ? 'rediss' : 'redis'}+sentinel://:${serverPassword}@${host}:${silent},${host}:${sentinel.port}/digest` +
      `?sentinelPassword=${sentinelPassword}`,
    authorityFile: at('certificate.pem'),
    killMaster: () => void masterProcess.kill('SIGKILL'),
    async close() {
      const running = processes.filter(
        ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
      );
      const ended = running.map((each) => once(each, 'exit'));
      endWithUs();
      await Promise.all(ended);
      process.off('exit', endWithUs);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
