// Starts worker processes as `npm start` runs them, which a test may kill.
import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { packageRoot } from '../../src/config/environment.js';
import { baseUrl, secretKey } from './newsroom.js';
import { allowSlowTests } from './time-limit.js';

allowSlowTests();

export interface WorkerProcess {
  readonly pid: number;
  /** The parent reports its death by this UUID. */
  readonly identity: string;
  readonly running: boolean;
  /** Null while the process runs, and after a signal ended it. */
  readonly exitCode: number | null;
  /** Sends the signal and waits until the process has ended. */
  end(signal: NodeJS.Signals): Promise<void>;
  /** The text that the process wrote to stderr. */
  log(): string;
}

export interface WorkerEnvironment {
  databaseUrl: string;
  queueUrl: string | undefined;
  smtpUrl: string;
  /** Undefined: a folder that the test run shares. */
  dataDir?: string;
}

/** A folder that the processes of a test run share. */
export const testDataDir = (): string => process.env['TEST_DATA_DIR'] ?? tmpdir();

/** Starts dist/workers/run.js and waits until it works. */
export async function startWorker(environment: WorkerEnvironment): Promise<WorkerProcess> {
  const identity = randomUUID();
  const child: ChildProcess = fork(new URL('dist/workers/run.js', packageRoot), [identity], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: environment.databaseUrl,
      ...(environment.queueUrl === undefined ? {} : { QUEUE_URL: environment.queueUrl }),
      SMTP_URL: environment.smtpUrl,
      SECRET_KEY: secretKey,
      BASE_URL: baseUrl,
      ALLOW_PRIVATE_FEEDS: '127.0.0.1',
      WORKERS: '1',
      DATA_DIR: environment.dataDir ?? testDataDir(),
      LOG_LEVEL: 'warn',
    },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const lines: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
  const log = () => lines.join('');
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error(`the worker ended at once:\n${log()}`))),
  ]);
  const { pid } = child;
  if (pid === undefined) throw new Error('the worker has no pid');
  return {
    pid,
    identity,
    get running() {
      return child.exitCode === null && child.signalCode === null;
    },
    get exitCode() {
      return child.exitCode;
    },
    log,
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
  };
}
