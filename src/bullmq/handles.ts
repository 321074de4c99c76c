// The open queues and workers of a process. BullMQ tries once to make its tables, and an object whose try
// failed never works: such an object is replaced.
import type { Queue, Worker as BullWorker } from 'bullmq';
import type { Backend, RunJob } from './backend.js';

/** Milliseconds before a worker that could not start is made again. */
const restartPause = 1_000;

export interface HandleDeps {
  backend: Backend;
  /** Trouble with the connection, or with making the tables. */
  onError: (error: Error) => void;
  onFailed: (queue: string, jobId: string | undefined, error: Error) => void;
}

export class Handles {
  readonly #deps: HandleDeps;
  readonly #queues = new Map<string, Queue>();
  readonly #workers = new Set<BullWorker>();
  #closing = false;

  constructor(deps: HandleDeps) {
    this.#deps = deps;
  }

  /** The queue of that name, opened on first use. */
  queue(name: string): Queue {
    const known = this.#queues.get(name);
    if (known) return known;
    const made = this.#deps.backend.queue(name);
    this.#queues.set(name, made);
    this.#ifStillborn(made, () => this.#queues.delete(name));
    return made;
  }

  /** Starts a worker. The returned function pauses it (false) or resumes it (true); running jobs continue. */
  work(name: string, run: RunJob, concurrency: number): (takesJobs: boolean) => void {
    const { backend, onError, onFailed } = this.#deps;
    let takes = true;
    const begin = (): BullWorker => {
      const made = backend.worker(name, run, concurrency);
      made.on('failed', (job, error) => onFailed(name, job?.id, error));
      this.#workers.add(made);
      if (!takes) void made.pause(true).catch(onError);
      this.#ifStillborn(made, () => {
        this.#workers.delete(made);
        setTimeout(() => {
          if (!this.#closing) worker = begin();
        }, restartPause);
      });
      return made;
    };
    let worker = begin();
    return (takesJobs) => {
      if (takesJobs === takes) return;
      takes = takesJobs;
      void Promise.resolve(takesJobs ? worker.resume() : worker.pause(true)).catch(onError);
    };
  }

  /** Waits for running jobs, then disconnects. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all([...this.#workers].map((worker) => worker.close()));
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
    await this.#deps.backend.disconnect();
  }

  #ifStillborn(made: Queue | BullWorker, then: () => void): void {
    made.waitUntilReady().catch((error: Error) => {
      if (this.#closing) return;
      this.#deps.onError(error);
      made.close().catch(() => undefined);
      then();
    });
  }
}
