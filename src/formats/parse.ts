// Parses a feed's document in a separate thread, with limits on memory and time. A thread that exceeds a
// limit is ended and replaced. Starting a thread costs as much as a hundred posts, and keeping one costs 40 MB. So one
// thread takes one document after another, and stays warm while idle. A second one runs beside a slow document.
import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import pLimit from 'p-limit';
import type { PreparedPost } from '../posts/incoming.js';
import { askThread, endThread, startThread, type ThreadLimits, type ThreadResult } from '../threads.js';
import type { FeedKind, Tombstone } from './document.js';
import type { Message } from '../languages/messages.js';

export interface ParseInput {
  body: Uint8Array;
  /** The HTTP header Content-Type, for its charset. */
  contentType?: string | undefined;
  /** The document's address. Relative addresses resolve against it. */
  url: string;
  /** The posts keep share bars and the like (prepare-post.ts). */
  keepFurniture?: boolean | undefined;
}

export interface ParsedFeed {
  kind: FeedKind;
  title: string | null;
  /** The document's newest posts, at most 200, in its order; sanitised. */
  posts: PreparedPost[];
  /** WordPress's numbers of the posts, in the same order. Empty for all other formats. */
  numbers: number[];
  deleted: Tombstone[];
  /** The address of the site that the feed belongs to. */
  home?: string;
  hub?: string;
  self?: string;
}

export type ParseResult = { ok: true; feed: ParsedFeed } | { ok: false; reason: Message };

export interface ReadLimits extends ThreadLimits {
  /** Milliseconds for which other documents wait for this one. */
  alone: number;
}

// 200 posts of 8 kB take about one second on an idle core.
const defaultLimits: ReadLimits = { milliseconds: 30_000, megabytes: 192, alone: 1_000 };

/** Reading keeps a core busy, and each core has its own process. */
const threadsAtMost = 2;

const file = new URL('./parse-worker.js', import.meta.url);

/** Milliseconds after which an idle thread is ended, unless it is the last one. */
const patience = 10_000;

let idle: Worker[] = [];
const threads = pLimit(threadsAtMost);
const turns = pLimit(1);

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

/** Reads the document. On failure, returns the reason for the publisher. Never throws. */
export async function parseFeed(input: ParseInput, limits: ReadLimits = defaultLimits): Promise<ParseResult> {
  const { reading } = await turns(async () => {
    const begun = threads(() => parseInThread(input, limits));
    await Promise.race([begun, delay(limits.alone, undefined, { ref: false })]);
    // In an object: a promise would be waited for.
    return { reading: begun };
  });
  return reading;
}

async function parseInThread(input: ParseInput, limits: ReadLimits): Promise<ParseResult> {
  // A thread keeps the limits that it started with, so other limits (in tests) need a new thread.
  const isUsual = limits === defaultLimits;
  const worker = (isUsual ? idle.pop() : undefined) ?? startThread(file, limits);
  worker.removeAllListeners();
  worker.ref();
  const result = await askThread<ParseResult>(worker, input, limits.milliseconds);
  if (result.ok && isUsual) release(worker);
  else endThread(worker);
  return result.ok ? result.output : { ok: false, reason: whyNot(result, limits) };
}

function whyNot(
  { because, message }: Extract<ThreadResult<never>, { ok: false }>,
  { milliseconds }: ThreadLimits,
): Message {
  if (because === 'time') return { key: 'fetch.readSlow', args: { seconds: milliseconds / 1000 } };
  if (because === 'memory') return { key: 'fetch.readMemory' };
  return message === ''
    ? { key: 'fetch.unreadable' }
    : { key: 'fetch.unreadableWith', args: { why: message.slice(0, 100) } };
}

/** Ends the warm threads, so that tests leave nothing open. */
export async function closeParser(): Promise<void> {
  const workers = idle;
  idle = [];
  await Promise.all(workers.map((worker) => worker.terminate()));
}
