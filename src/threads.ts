// Work on input of strangers in a separate thread, with limits on memory and time.
import { Worker } from 'node:worker_threads';
import pLimit from 'p-limit';

export interface ThreadLimits {
  milliseconds: number;
  /** Limits the thread's heap. */
  megabytes: number;
}

export type ThreadResult<Output> =
  { ok: true; output: Output } | { ok: false; because: 'time' | 'memory' | 'error'; message: string };

/** Starts a thread that answers each message with one. */
export function startThread(file: URL, { megabytes }: Pick<ThreadLimits, 'megabytes'>): Worker {
  return new Worker(file, {
    resourceLimits: { maxOldGenerationSizeMb: megabytes, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
    // The thread sees none of our environment variables and options of node, and its output does not mix with ours.
    env: {},
    execArgv: [],
    stdout: true,
    stderr: true,
  });
}

export function endThread(worker: Worker): void {
  // An error without a listener would end the process.
  worker.removeAllListeners().on('error', () => undefined);
  void worker.terminate();
}

/** Gives the thread one input and waits for its output. After a failure, the caller ends the thread. Never throws. */
export function askThread<Output>(
  worker: Worker,
  input: unknown,
  milliseconds: number,
): Promise<ThreadResult<Output>> {
  return new Promise((resolve) => {
    const finish = (result: ThreadResult<Output>): void => {
      clearTimeout(timer);
      worker.removeAllListeners().on('error', () => undefined);
      resolve(result);
    };
    const fail = (because: 'time' | 'memory' | 'error', message = ''): void =>
      finish({ ok: false, because, message });
    const timer = setTimeout(() => fail('time'), milliseconds);
    worker.once('message', (output: Output) => finish({ ok: true, output }));
    worker.once('error', (error: Error & { code?: string }) =>
      fail(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'error', error.message),
    );
    worker.once('exit', () => fail('error'));
    // eslint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    worker.postMessage(input);
  });
}

/** Milliseconds after which an idle thread is ended. Starting one takes as long as loading its modules. */
const patience = 10_000;

/** Asks a thread of its own, one input after another. The thread starts with the first. */
export function openThread<Output>(
  file: URL,
  limits: ThreadLimits,
): (input: unknown) => Promise<ThreadResult<Output>> {
  let warm: Worker | undefined;
  const oneAtATime = pLimit(1);

  const keep = (worker: Worker): void => {
    warm = worker;
    worker.unref();
    worker.once('exit', () => take(worker));
    setTimeout(() => {
      if (take(worker)) endThread(worker);
    }, patience).unref();
  };
  /** False if the thread has new work, or is gone. */
  const take = (worker: Worker | undefined): boolean => {
    const isIdle = worker !== undefined && worker === warm;
    if (isIdle) warm = undefined;
    return isIdle;
  };
  const ask = async (input: unknown): Promise<ThreadResult<Output>> => {
    const idle = warm;
    const worker = idle !== undefined && take(idle) ? idle : startThread(file, limits);
    worker.removeAllListeners().ref();
    const result = await askThread<Output>(worker, input, limits.milliseconds);
    if (result.ok) keep(worker);
    else endThread(worker);
    return result;
  };
  return (input) => oneAtATime(() => ask(input));
}
