// One PostgreSQL cluster: made, started, stopped. Who may do so and when is decided in postgres.ts.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  chownSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { childEnvironment } from '../config.js';
import { EmbeddedError } from './failure.js';
import { asAccount, type PostgresPlace } from './postgres-place.js';
import { pidExists } from './processes.js';

export const role = 'daily_digest';

export interface Cluster extends PostgresPlace {
  /** False: nothing waits for the disk. For tests and demonstrations, whose data may be lost. */
  durable: boolean;
}

const dataOf = (cluster: PostgresPlace): string => path.join(cluster.folder, 'cluster');
const logOf = (cluster: PostgresPlace): string => path.join(cluster.folder, 'postgres.log');

/** Runs one of PostgreSQL's programs. Throws with what it printed. */
async function run(cluster: PostgresPlace, program: string, args: string[]): Promise<void> {
  const child = spawn(program, args, {
    ...asAccount(cluster.account),
    // PGPORT, PGDATA and the like would be taken for ours.
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

function writeOwned(cluster: PostgresPlace, file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 });
  if (cluster.account) chownSync(file, cluster.account.uid, cluster.account.gid);
}

/** Makes the cluster if there is none. A start that was cut off leaves no half-made one. */
export async function makeCluster(cluster: Cluster, password: string): Promise<void> {
  for (const name of readdirSync(cluster.folder))
    if (name.startsWith('new-')) rmSync(path.join(cluster.folder, name), { recursive: true, force: true });
  if (existsSync(dataOf(cluster))) return;
  const draft = path.join(cluster.folder, `new-${randomBytes(4).toString('hex')}`);
  const passwordFile = `${draft}.password`;
  writeOwned(cluster, passwordFile, `${password}\n`);
  // PostgreSQL's own C.UTF-8 is the same on every system and needs no locale of the machine.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = [`--username=${role}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  try {
    await run(cluster, cluster.programs.initdb, [
      `--pgdata=${draft}`,
      ...locale,
      ...access,
      ...(cluster.durable ? [] : ['--no-sync']),
    ]);
    const settings = path.join(draft, 'postgresql.conf');
    writeOwned(cluster, settings, `${readFileSync(settings, 'utf8')}\ninclude 'daily-digest.conf'\n`);
    renameSync(draft, dataOf(cluster));
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw new EmbeddedError(`PostgreSQL cannot make its files in ${cluster.folder}: ${String(error)}`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

const settings = (
  port: number,
  durable: boolean,
): string => `# Written at every start; change postgresql.conf below its include line.
listen_addresses = '127.0.0.1'
port = ${port}
unix_socket_directories = ''
max_connections = 100
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

interface Postmaster {
  pid: number;
  port: number;
  status: string;
}

/** What postmaster.pid says (PostgreSQL's miscadmin.h: pid, folder, start, port, socket, address, shared memory, status). */
function readPostmaster(cluster: PostgresPlace): Postmaster | undefined {
  let lines: string[];
  try {
    lines = readFileSync(path.join(dataOf(cluster), 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0 || !isPostmaster(pid, dataOf(cluster))) return undefined;
  return { pid, port: Number(lines[3]), status: lines[7]?.trim() ?? 'starting' };
}

/** After a crash another process may have the old server's pid. */
function isPostmaster(pid: number, data: string): boolean {
  if (!pidExists(pid)) return false;
  if (process.platform !== 'linux') return true;
  try {
    const [program = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return path.basename(program).startsWith('postgres') && args.includes(data);
  } catch {
    return true;
  }
}

/** The server that runs on this cluster, once it is ready; undefined if none does. */
export async function runningServer(
  cluster: PostgresPlace,
): Promise<{ pid: number; port: number } | undefined> {
  for (let waited = 0; waited < 60_000; waited += 50) {
    const postmaster = readPostmaster(cluster);
    if (!postmaster) return undefined;
    if (postmaster.status === 'ready') return postmaster;
    await sleep(50);
  }
  throw new EmbeddedError(
    `PostgreSQL in ${dataOf(cluster)} has not become ready for a minute. ${lastLines(cluster)}`,
  );
}

function lastLines(cluster: PostgresPlace, from = 0): string {
  try {
    const lines = readFileSync(logOf(cluster)).subarray(from).toString().trim().split('\n').slice(-8);
    return `The end of ${logOf(cluster)}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
  } catch {
    return 'It wrote no log.';
  }
}

/** How long the log is already; a long one is put aside first. */
function logLength(cluster: PostgresPlace): number {
  const size = statSync(logOf(cluster), { throwIfNoEntry: false })?.size ?? 0;
  if (size < 5_000_000) return size;
  renameSync(logOf(cluster), `${logOf(cluster)}.1`);
  return 0;
}

/** Starts the server and waits until it takes connections (after a crash it first repairs itself). */
export async function startServer(cluster: Cluster, port: number): Promise<void> {
  const logged = logLength(cluster);
  // Left by a crash; PostgreSQL itself would mistake another process with that pid for a server.
  rmSync(path.join(dataOf(cluster), 'postmaster.pid'), { force: true });
  writeOwned(cluster, path.join(dataOf(cluster), 'daily-digest.conf'), settings(port, cluster.durable));
  try {
    // pg_ctl gives the server a session of its own: a terminal's Ctrl-C reaches us, and never it.
    await run(cluster, cluster.programs.pgCtl, [
      'start',
      '--wait',
      '--timeout=300',
      `--pgdata=${dataOf(cluster)}`,
      `--log=${logOf(cluster)}`,
    ]);
  } catch {
    throw new EmbeddedError(`PostgreSQL did not start in ${dataOf(cluster)}. ${lastLines(cluster, logged)}`);
  }
}

/** Ends every connection and waits until the server is gone. */
export async function stopServer(cluster: PostgresPlace): Promise<void> {
  if (readPostmaster(cluster) === undefined) return;
  await run(cluster, cluster.programs.pgCtl, [
    'stop',
    '--wait',
    '--timeout=60',
    '--mode=fast',
    `--pgdata=${dataOf(cluster)}`,
  ]);
}
