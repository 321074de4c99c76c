// The files of one PostgreSQL cluster. They are made once; the settings are written at each start.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { childEnvironment } from '../config/environment.js';
import { EmbeddedError } from './failure.js';
import { asAccount, type PostgresPlace } from './postgres-place.js';

export const role = 'daily_digest';

export interface Cluster extends PostgresPlace {
  /** False: commits do not wait for the disk. For tests and demonstrations, whose data may be lost. */
  durable: boolean;
  /** Connections that its users may open together. */
  connections: number;
}

export const dataOf = (cluster: PostgresPlace): string => path.join(cluster.folder, 'cluster');
export const logOf = (cluster: PostgresPlace): string => path.join(cluster.folder, 'postgres.log');

/** Runs one of PostgreSQL's programs. Throws with what it printed. */
export async function run(cluster: PostgresPlace, program: string, args: string[]): Promise<void> {
  const child = spawn(program, args, {
    ...asAccount(cluster.account),
    // The program would obey PGPORT, PGDATA and the like.
    env: childEnvironment({}, /^(PG|LC_|LANG|TZ$)/),
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (output += text.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0)
    throw new Error(
      `${path.basename(program)} failed (${code}): ${output.trim().split('\n').slice(-6).join('\n')}`,
    );
}

export function writeOwned(cluster: PostgresPlace, file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 });
  if (cluster.account) chownSync(file, cluster.account.uid, cluster.account.gid);
}

/** Makes the cluster if there is none. An interrupted start leaves no half-made cluster. */
export async function makeCluster(cluster: Cluster, password: string): Promise<void> {
  for (const name of readdirSync(cluster.folder))
    if (name.startsWith('new-')) rmSync(path.join(cluster.folder, name), { recursive: true, force: true });
  if (existsSync(dataOf(cluster))) return;
  const draft = path.join(cluster.folder, `new-${randomBytes(4).toString('hex')}`);
  const passwordFile = `${draft}.password`;
  writeOwned(cluster, passwordFile, `${password}\n`);
  // PostgreSQL's builtin C.UTF-8 is the same on every system and needs no locale of the machine.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = [`--username=${role}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  try {
    await run(cluster, cluster.programs.initdb, [
      `--pgdata=${draft}`,
      ...locale,
      ...access,
      ...(cluster.durable ? [] : ['--no-sync']),
    ]);
    const ownSettings = path.join(draft, 'postgresql.conf');
    writeOwned(cluster, ownSettings, `${readFileSync(ownSettings, 'utf8')}\ninclude 'daily-digest.conf'\n`);
    renameSync(draft, dataOf(cluster));
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw new EmbeddedError(`PostgreSQL cannot create its files in ${cluster.folder}: ${String(error)}`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** PostgreSQL's defaults: of max_connections, and of superuser_reserved_connections. */
const fewest = 100;
const reserved = 3;

export const settings = (
  port: number,
  { durable, connections }: Pick<Cluster, 'durable' | 'connections'>,
): string => `# Written at every start; change postgresql.conf below its include line.
listen_addresses = '127.0.0.1'
port = ${port}
unix_socket_directories = ''
max_connections = ${Math.max(fewest, connections + reserved)}
shared_buffers = '128MB'
work_mem = '8MB'
maintenance_work_mem = '64MB'
effective_cache_size = '512MB'
random_page_cost = 1.1
jit = off
max_wal_size = '1GB'
wal_compression = on
checkpoint_timeout = '15min'
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
log_checkpoints = off
# The record of who was mailed: a commit is on the disk, or without fsync at least with the system.
synchronous_commit = on
fsync = ${durable ? 'on' : 'off'}
full_page_writes = ${durable ? 'on' : 'off'}
`;
