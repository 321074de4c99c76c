// Reads the CPU time and memory of processes from Linux's /proc (proc_pid_stat(5)).
import { readdirSync, readFileSync } from 'node:fs';

/** Linux reports CPU time in hundredths of a second, whatever the kernel's tick is. */
const ticksPerSecond = 100;

interface Stat {
  parent: number;
  /** CPU seconds: of the process alone, and of its children that have ended. */
  own: number;
  ended: number;
}

function stat(pid: number): Stat | undefined {
  try {
    // The second field is the program's name in parentheses, which may contain spaces and parentheses.
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

/** CPU seconds of a process and all its children, including those that have ended. */
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

/** Resident memory of a process, in megabytes. */
export function residentMegabytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
