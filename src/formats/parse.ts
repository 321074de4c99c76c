// Parses a feed's document in a separate thread, with limits on memory and time. A thread that exceeds a
// limit is ended and replaced. Starting a thread costs as much as a hundred posts. So few threads run, each
// takes one document after another, and one stays warm while idle.
import { Worker } from 'node:worker_threads';
import pLimit from 'p-limit';
import type { PreparedPost } from '../posts/incoming.js';
import type { FeedKind, Tombstone } from './document.js';

export interface ParseInput {
  body: Uint8Array;
  /** The HTTP header Content-Type, for its charset. */
  contentType?: string | undefined;
  /** The document's address. Relative addresses resolve against it. */
  url: string;
}

export interface ParsedFeed {
  kind: FeedKind;
  title: string | null;
  /** The document's newest posts, at most 200, in its order; sanitised. */
  posts: PreparedPost[];
  /** WordPress's numbers of the posts, in the same order. Empty for all other formats. */
  numbers: number[];
  deleted: Tombstone[];
  hub?: string;
  self?: string;
}

export type ParseResult = { ok: true; feed: ParsedFeed } | { ok: false; detail: string };

export interface ParseLimits {
  milliseconds: number;
  /** Limits the thread's heap. */
  megabytes: number;
}

// 200 posts of 8 kB take about one second on an idle core.
const defaultLimits: ParseLimits = { milliseconds: 30_000, megabytes: 192 };

/**
 * Reading keeps a core busy, and each core has its own process. The second thread spares other documents the
 * wait for a slow one.
 */
const threadsAtMost = 2;

/** Milliseconds after which an idle thread is ended, unless it is the last one. */
const patience = 10_000;

let idle: Worker[] = [];
const limit = pLimit(threadsAtMost);

function start({ megabytes }: ParseLimits): Worker {
  return new Worker(new URL('./parse-worker.js', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: megabytes, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
    // The parser sees none of our environment variables, and its output does not mix with ours.
    env: {},
    stdout: true,
    stderr: true,
  });
}

function release(worker: Worker): void {
  worker.removeAllListeners();
  idle.push(worker);
  worker.once('exit', () => forget(worker));
  // An error without a listener would end the process.
  worker.on('error', () => undefined);
  worker.unref();
  setTimeout(() => {
    if (idle.length > 1 && forget(worker)) void worker.terminate();
  }, patience).unref();
}

/** Removes the worker from the idle ones. False if it has new work, or is gone. */
function forget(worker: Worker): boolean {
  const found = idle.includes(worker);
  idle = idle.filter((other) => other !== worker);
  return found;
}

/** Reads the document. On failure, returns the reason in words for the publisher. Never throws. */
export async function parseFeed(
  input: ParseInput,
  limits: ParseLimits = defaultLimits,
): Promise<ParseResult> {
  return limit(() => parseInThread(input, limits));
}

function parseInThread(input: ParseInput, limits: ParseLimits): Promise<ParseResult> {
  // A thread keeps the limits that it started with, so other limits (in tests) need a new thread.
  const isUsual = limits === defaultLimits;
  const worker = (isUsual ? idle.pop() : undefined) ?? start(limits);
  worker.removeAllListeners();
  worker.ref();
  return new Promise((resolve) => {
    const finish = (result: ParseResult, isHealthy: boolean): void => {
      clearTimeout(timer);
      if (isHealthy && isUsual) release(worker);
      else {
        worker.removeAllListeners().on('error', () => undefined);
        void worker.terminate();
      }
      resolve(result);
    };
    const timer = setTimeout(
      () =>
        finish(
          {
            ok: false,
            detail: `The document takes longer than ${limits.milliseconds / 1000} seconds to read`,
          },
          false,
        ),
      limits.milliseconds,
    );
    worker.once('message', (result: ParseResult) => finish(result, true));
    worker.once('error', (error: Error & { code?: string }) =>
      finish(
        {
          ok: false,
          detail:
            error.code === 'ERR_WORKER_OUT_OF_MEMORY'
              ? 'The document takes too much memory to read'
              : `The document cannot be read (${error.message.slice(0, 100)})`,
        },
        false,
      ),
    );
    worker.once('exit', () => finish({ ok: false, detail: 'The document cannot be read' }, false));
    // eslint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    worker.postMessage(input);
  });
}

/** Ends the warm threads, so that tests leave nothing open. */
export async function closeParser(): Promise<void> {
  const workers = idle;
  idle = [];
  await Promise.all(workers.map((worker) => worker.terminate()));
}
