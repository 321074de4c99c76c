// A Redis Cluster of three nodes without replicas, for a test file.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { forLocalhost, relayKey } from './certificates.js';
import { temporaryFolder } from './database.js';
import { freePort } from '../../src/embedded/ports.js';
import { ask } from './redis.js';
import { waitUntil } from './wait.js';

export interface TestRedisCluster {
  /** In the format of QUEUE_URL. */
  url: string;
  /** The same nodes with TLS, by the name localhost, which is the only one of their certificate. */
  tlsUrl: string;
  /** The file with the authority of the certificate. */
  authorityFile: string;
  /** How many keys each node has. */
  keys(): Promise<number[]>;
  close(): Promise<void>;
}

/** The number of hash slots of a cluster. */
const slots = 16_384;

interface Node {
  port: number;
  tlsPort: number;
  /** Where the nodes talk to each other. */
  bus: number;
  process: ChildProcess;
}

async function startNode(folder: string, certificate: string, key: string): Promise<Node> {
  const [port, tlsPort, bus] = [await freePort(), await freePort(), await freePort()];
  const options = {
    port,
    'tls-port': tlsPort,
    'tls-cluster': 'yes',
    'tls-cert-file': certificate,
    'tls-key-file': key,
    'tls-ca-cert-file': certificate,
    'tls-auth-clients': 'no',
    bind: '127.0.0.1 -::1',
    save: '',
    dir: folder,
    'cluster-enabled': 'yes',
    'cluster-port': bus,
    'cluster-config-file': `nodes-${port}.conf`,
    'cluster-announce-hostname': 'localhost',
    'cluster-preferred-endpoint-type': 'hostname',
  };
  const file = path.join(folder, `${port}.conf`);
  const lines = Object.entries(options).map(([name, value]) => `${name} ${value === '' ? '""' : value}\n`);
  await writeFile(file, lines.join(''));
  const process = spawn('redis-server', [file], { stdio: 'ignore' });
  await waitUntil(() => ask(port, 'PING').catch(() => undefined), 20_000, 'redis-server');
  return { port, tlsPort, bus, process };
}

/** Needs redis-server 7. */
export async function startRedisCluster(): Promise<TestRedisCluster> {
  const folder = await temporaryFolder();
  const [certificate, key] = [path.join(folder, 'certificate.pem'), path.join(folder, 'key.pem')];
  await writeFile(certificate, forLocalhost);
  await writeFile(key, relayKey);
  const start = () => startNode(folder, certificate, key);
  const nodes = await Promise.all([start(), start(), start()]);
  const endWithUs = (): void => nodes.forEach((node) => node.process.kill('SIGKILL'));
  process.on('exit', endWithUs);
  const [first] = nodes;
  for (const [index, node] of nodes.entries()) {
    const from = Math.ceil((slots * index) / nodes.length);
    const to = Math.ceil((slots * (index + 1)) / nodes.length) - 1;
    await ask(node.port, `CLUSTER ADDSLOTSRANGE ${from} ${to}`);
    await ask(node.port, `CLUSTER SET-CONFIG-EPOCH ${index + 1}`);
    if (node !== first) await ask(node.port, `CLUSTER MEET 127.0.0.1 ${first.tlsPort} ${first.bus}`);
  }
  for (const { port } of nodes)
    await waitUntil(
      async () => (await ask(port, 'CLUSTER INFO')).includes('cluster_state:ok'),
      60_000,
      'the cluster',
    );
  return {
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    tlsUrl: `rediss+cluster://${nodes.map(({ tlsPort }) => `localhost:${tlsPort}`).join(',')}`,
    authorityFile: certificate,
    keys: () => Promise.all(nodes.map(async ({ port }) => Number((await ask(port, 'DBSIZE')).slice(1)))),
    async close() {
      const ended = nodes.map((node) => once(node.process, 'exit'));
      endWithUs();
      await Promise.all(ended);
      process.off('exit', endWithUs);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
