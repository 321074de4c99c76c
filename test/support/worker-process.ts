// Starts worker processes as `npm start` runs them, which a test may kill.
import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { packageRoot } from '../../src/config/environment.js';
import { freePort } from '../../src/embedded/ports.js';
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
  /** More variables, or other values. */
  variables?: Readonly<Record<string, string>>;
}

/** A folder that the processes of a test run share. */
export const testDataDir = (): string => process.env['TEST_DATA_DIR'] ?? tmpdir();

/** Starts dist/workers/run.js and waits until it works. */
export const startWorker = (environment: WorkerEnvironment): Promise<WorkerProcess> =>
  startProcess('dist/workers/run.js', environment);

/** Starts dist/src/web.js on a free port, and waits until it listens. */
export async function startWeb(environment: WorkerEnvironment): Promise<WorkerProcess & { url: string }> {
  const port = await freePort([], '127.0.0.1');
  const variables = { HOST: '127.0.0.1', PORT: String(port), ...environment.variables };
  const started = await startProcess('dist/src/web.js', { ...environment, variables });
  return Object.assign(started, { url: `http://127.0.0.1:${port}` });
}

async function startProcess(program: string, environment: WorkerEnvironment): Promise<WorkerProcess> {
  const identity = randomUUID();
  const child: ChildProcess = fork(new URL(program, packageRoot), [identity], {
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
      ...environment.variables,
    },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const lines: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
  const log = () => lines.join('');
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error(`the process ended at once:\n${log()}`))),
  ]);
  const { pid } = child;
  if (pid === undefined) throw new Error('the process has no pid');
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
