// Who is still alive: a process is named by its pid and the moment it started, because pids are used again.
import { readFileSync } from 'node:fs';

export interface ProcessName {
  pid: number;
  /** Clock ticks since boot (proc(5), stat field 22); absent where the system does not tell. */
  started?: string;
}

// A zombie still has its pid and will never do anything again.
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
    // EPERM: it is there and somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** False once that very process is gone, also when another one has its pid now. */
export function isAlive(name: ProcessName): boolean {
  if (!pidExists(name.pid)) return false;
  const started = startedAt(name.pid);
  if (started === ended) return false;
  return name.started === undefined || started === undefined || name.started === started;
}
