// Finds, starts and stops the server of one cluster. postgres.ts decides when.
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

/**
 * Reads postmaster.pid (PostgreSQL's miscadmin.h: pid, folder, start, port, socket, address, shared memory,
 * status).
 */
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

/** The server that runs on this cluster, once it is ready; undefined: none runs. */
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

/** The length of the log. A long log is renamed first. */
function logLength(cluster: PostgresPlace): number {
  const size = statSync(logOf(cluster), { throwIfNoEntry: false })?.size ?? 0;
  if (size < 5_000_000) return size;
  renameSync(logOf(cluster), `${logOf(cluster)}.1`);
  return 0;
}

/** The children of a killed server end a moment later. Until then, no other server may touch the files. */
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
 * If another process now has the dead server's pid, PostgreSQL takes it for that server. The file is removed
 * only in this case: it also protects the files from a new server while children of an old one live.
 */
function removeMisleadingPidFile(data: string): void {
  const file = path.join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
  if (pidExists(pid) && !isPostmaster(pid, data)) rmSync(file);
}

/** Starts the server and waits until it accepts connections. After a crash it first recovers. */
export async function startServer(cluster: Cluster, port: number): Promise<void> {
  const logged = logLength(cluster);
  await untilOrphansEnd(dataOf(cluster));
  removeMisleadingPidFile(dataOf(cluster));
  writeOwned(cluster, path.join(dataOf(cluster), 'daily-digest.conf'), settings(port, cluster));
  try {
    // pg_ctl starts the server in a new session, so a terminal's Ctrl-C does not reach it.
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

/** Ends every connection and waits until the server has ended. */
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
    // Not an error if the server has meanwhile ended by itself.
    if (readPostmaster(cluster) !== undefined) throw error;
  }
}
