// Tells whether a process is alive. A process is named by its pid and its start time, because pids are
// reused.
import { readFileSync } from 'node:fs';

export interface ProcessName {
  pid: number;
  /** Clock ticks since boot (proc(5), stat field 22); absent on systems without /proc. */
  started?: string;
}

// A zombie still has its pid, but counts as ended.
const ended = 'ended';

function startedAt(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field, the command in parentheses, may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? ended : fields[19];
  } catch {
    return undefined;
  }
}

export function nameProcess(pid: number): ProcessName {
  const started = startedAt(pid);
  return started === undefined ? { pid } : { pid, started };
}

export const thisProcess: ProcessName = nameProcess(process.pid);

export function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process exists and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** False once this process has ended, even if another process now has its pid. */
export function isAlive(name: ProcessName): boolean {
  if (!pidExists(name.pid)) return false;
  const started = startedAt(name.pid);
  if (started === ended) return false;
  return name.started === undefined || started === undefined || name.started === started;
}
