// Keeps a child process running: restarts it when it dies. The child ends when its parent ends.
import { randomUUID } from 'node:crypto';
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { packageRoot } from './config/environment.js';
import type { Log } from './log.js';

export interface Supervised {
  name: string;
  /** Compiled, relative to the package's folder. */
  program: string;
  env: Record<string, string>;
  log: Log;
  /** A file descriptor for its output; undefined: our stdout and stderr. */
  output?: number | undefined;
  /** Called with the identity of a child that ended unasked. */
  onDeath?: (identity: string) => void;
}

export interface Child {
  readonly pid: number | undefined;
  /** Resolves when the child first reports {ready: true}. Rejects if it dies before that. */
  ready: Promise<void>;
  /** Asks the child to end, and kills it after ten seconds. */
  stop(): Promise<void>;
  /** Kills the child. */
  kill(): void;
}

/** Milliseconds. */
const patience = 10_000;
const shortestPause = 250;
const longestPause = 15_000;
/** A child that ran this long counts as healthy: its next restart begins with the shortest pause. */
const well = 30_000;

/** How a child is sparing with memory. The figures are those of a worker that sends. */
export const thrift = {
  // Megabytes for short-lived objects: 20 MB less than with 16, for 3% more CPU. The other objects are collected as soon as they
  // have grown by 60 percent: 50 MB less than with V8's own choice, for 3% more CPU.
  execArgv: ['--max-semi-space-size=4', '--heap-growing-percent=60'],
  // glibc keeps a pool for each thread, and gives little of it back. Two pools are 8 MB less.
  env: { MALLOC_ARENA_MAX: '2' },
};

function end(child: ChildProcess): void {
  // Windows has no SIGTERM. A child that loses its parent's channel ends too.
  if (process.platform === 'win32') child.disconnect();
  else child.kill('SIGTERM');
}

async function endInTime(child: ChildProcess, exited: Promise<void>, onKill: () => void): Promise<void> {
  const insist = setTimeout(() => {
    onKill();
    child.kill('SIGKILL');
  }, patience);
  end(child);
  await exited;
  clearTimeout(insist);
}

/**
 * Starts `program`. Its argument is a random UUID, the identity of the process. It must report {ready: true}, and end on SIGTERM and when its parent's channel closes.
 */
export function supervise({ name, program, env, log, output, onDeath }: Supervised): Child {
  let child: ChildProcess;
  let stopping = false;
  let isReady = false;
  let pause = shortestPause;
  let restart: NodeJS.Timeout | undefined;
  let gone: () => void = () => undefined;
  let settle: { resolve: () => void; reject: (error: Error) => void };
  const ready = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
  // A caller that does not await `ready` finds the deaths in the log.
  ready.catch(() => undefined);

  const launch = (): void => {
    const startedAt = Date.now();
    const identity = randomUUID();
    child = fork(fileURLToPath(new URL(program, packageRoot)), [identity], {
      env: { ...thrift.env, ...env },
      execArgv: thrift.execArgv,
      stdio: ['ignore', output ?? 'inherit', output ?? 'inherit', 'ipc'],
    });
    child.on('message', (message) => {
      if (typeof message !== 'object' || message === null || !('ready' in message)) return;
      isReady = true;
      settle.resolve();
    });
    child.once('error', (error) => settle.reject(error));
    child.once('exit', (code, signal) => {
      gone();
      if (stopping) return;
      const how = signal ?? `status ${code}`;
      onDeath?.(identity);
      settle.reject(new Error(`${name} ended with ${how} at its start`));
      if (!isReady) return;
      if (Date.now() - startedAt > well) pause = shortestPause;
      log.error(
        { child: name, how, pid: child.pid, pause },
        'a process ended by itself; it is started again',
      );
      restart = setTimeout(launch, pause);
      pause = Math.min(pause * 2, longestPause);
    });
  };
  launch();

  return {
    get pid() {
      return child.pid;
    },
    ready,
    async stop() {
      stopping = true;
      clearTimeout(restart);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = new Promise<void>((resolve) => (gone = resolve));
      await endInTime(child, exited, () =>
        log.error({ child: name, pid: child.pid }, 'a process did not end in time; it is killed'),
      );
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
