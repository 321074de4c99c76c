// The server of one cluster: found, started, stopped. Who may do so and when is decided in postgres.ts.
import { existsSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { minute } from '../durations.js';
import { EmbeddedError } from './failure.js';
import { dataOf, logOf, run, settings, writeOwned, type Cluster } from './postgres-cluster.js';
import type { PostgresPlace } from './postgres-place.js';
import { pidExists } from './processes.js';

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
  for (let waited = 0; waited < minute; waited += 50) {
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

/** After the server was killed, its children end a moment later: until then nobody else may touch the files. */
async function untilOrphansEnd(data: string): Promise<void> {
  if (process.platform !== 'linux') return;
  const isOrphan = (pid: string): boolean => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`) === data;
    } catch {
      return false;
    }
  };
  for (let waited = 0; waited < 10_000 && readdirSync('/proc').some(isOrphan); waited += 100)
    await sleep(100);
}

/**
 * PostgreSQL takes whoever has the dead server's pid now for that server. Only then its file goes: it is also what keeps
 * a new server from the files while an old one's children live.
 */
function removeMisleadingPidFile(data: string): void {
  const file = path.join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
  if (pidExists(pid) && !isPostmaster(pid, data)) rmSync(file);
}

/** Starts the server and waits until it takes connections (after a crash it first repairs itself). */
export async function startServer(cluster: Cluster, port: number): Promise<void> {
  const logged = logLength(cluster);
  await untilOrphansEnd(dataOf(cluster));
  removeMisleadingPidFile(dataOf(cluster));
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
  try {
    await run(cluster, cluster.programs.pgCtl, [
      'stop',
      '--wait',
      '--timeout=60',
      '--mode=fast',
      `--pgdata=${dataOf(cluster)}`,
    ]);
  } catch (error) {
    // It may have died by itself meanwhile, which stops it as well.
    if (readPostmaster(cluster) !== undefined) throw error;
  }
}
