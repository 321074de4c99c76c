// The thread that compiles MJML. mjml.ts limits its time and memory.
import { parentPort } from 'node:worker_threads';
import { compileHere, type MjmlInput } from './mjml.js';

parentPort?.on('message', (input: MjmlInput) => {
  void compileHere(input)
    .catch((error: unknown) => ({ problem: String(error) }))
    // eslint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    .then((output) => parentPort?.postMessage(output));
});
