// The parts that both backends of BullMQ share. Only this folder imports bullmq and ioredis.
import type { Queue, Worker as BullWorker } from 'bullmq';

export interface Backend {
  queue(name: string): Queue;
  worker(name: string, run: (data: unknown) => Promise<void>, concurrency: number): BullWorker;
  notes?: Notes;
  /** Call it last: nothing may use the backend afterwards. */
  disconnect(): Promise<void>;
}

/** Small texts that outlive the process, kept where the queue is. */
export interface Notes {
  read(name: string): Promise<string | null>;
  write(name: string, text: string): Promise<void>;
}

/**
 * The job of a dead worker goes to another worker after 10 to 15 s. Taking a job from a worker that was
 * merely slow does no harm, because the rows decide what is done. The count is high so that such a job is
 * never given up.
 */
export const stalling = { lockDuration: 10_000, stalledInterval: 5_000, maxStalledCount: 1_000 } as const;

/** Milliseconds. */
const answerTimeout = 2_000;

/** Rejects when the queue has not answered in time: BullMQ itself waits until the backend is reachable. */
export function withTimeout<T>(promise: Promise<T>, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${what}: no answer in ${answerTimeout} ms`)),
      answerTimeout,
    );
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
