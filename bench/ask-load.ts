// Runs the load generator in a process of its own.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { packageRoot } from '../src/config/environment.js';
import type { LoadResult, LoadTask } from './load-process.js';

/** Returns what was measured. `onBegin` is called when the first request is sent. */
export async function askLoad(task: LoadTask, onBegin: () => void): Promise<LoadResult> {
  const child = fork(new URL('dist/bench/load-process.js', packageRoot), { execArgv: [] });
  child.send(task);
  const died = once(child, 'exit').then(() => Promise.reject(new Error('the load generator ended early')));
  await Promise.race([once(child, 'message'), died]);
  onBegin();
  const [result] = (await Promise.race([once(child, 'message'), died])) as [LoadResult];
  await died.catch(() => undefined);
  return result;
}
