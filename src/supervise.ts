// A child process that is kept running: started again when it dies, and gone when its parent is.
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
  /** A file descriptor that takes what it prints; undefined: ours do. */
  output?: number | undefined;
  /** Called with the pid of one that ended by itself. */
  onDeath?: (pid: number) => void;
}

export interface Child {
  readonly pid: number | undefined;
  /** Resolves at its first {ready: true}. Rejects if it dies before. */
  ready: Promise<void>;
  /** Asks it to end, insists after ten seconds. */
  stop(): Promise<void>;
  /** Ends it at once. */
  kill(): void;
}

/** Milliseconds. */
const patience = 10_000;
const shortestPause = 250;
const longestPause = 15_000;
/** Whoever ran that long was well: its next death is a new one. */
const well = 30_000;

// Megabytes for what was just made and is soon forgotten, messages above all: 118 MB a worker instead of 150, at the
// same speed.
const flags = ['--max-semi-space-size=4'];

function end(child: ChildProcess): void {
  // Windows knows no SIGTERM; a child that loses its parent ends as well.
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

/** Starts `program`, which answers {ready: true}, ends on SIGTERM, and ends when its parent's channel closes. */
export function supervise({ name, program, env, log, output, onDeath }: Supervised): Child {
  let child: ChildProcess;
  let stopping = false;
  let isReady = false;
  let pause = shortestPause;
  let restart: NodeJS.Timeout | undefined;
  let gone: () => void = () => undefined;
  let settle: { resolve: () => void; reject: (error: Error) => void };
  const ready = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
  // Whoever does not wait for it reads of its deaths in the log.
  ready.catch(() => undefined);

  const launch = (): void => {
    const startedAt = Date.now();
    child = fork(fileURLToPath(new URL(program, packageRoot)), {
      env,
      execArgv: flags,
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
      if (child.pid !== undefined) onDeath?.(child.pid);
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
