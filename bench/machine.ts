// What processes have used, from Linux's /proc (proc_pid_stat(5)).
import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts CPU time in hundredths of a second, whatever its own clock does. */
const ticksPerSecond = 100;

interface Stat {
  parent: number;
  /** Of the process alone, and of its children that have ended; seconds. */
  own: number;
  ended: number;
}

function stat(pid: number): Stat | undefined {
  try {
    // The second field is the program's name in parentheses, and may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')
      .map(Number);
    const [, parent = 0] = fields;
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15);
    return {
      parent,
      own: (user + system) / ticksPerSecond,
      ended: (endedUser + endedSystem) / ticksPerSecond,
    };
  } catch {
    return undefined;
  }
}

/** Seconds of CPU of a process and of all its children, those that have ended too. */
export function cpuSeconds(pid: number): number {
  const root = stat(pid);
  if (root === undefined) return 0;
  let seconds = root.own + root.ended;
  for (const name of readdirSync('/proc')) {
    const child = /^\d+$/.test(name) ? stat(Number(name)) : undefined;
    if (child?.parent === pid) seconds += child.own + child.ended;
  }
  return seconds;
}

/** Memory of a process that lies in the machine's, in megabytes. */
export function residentMegabytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
