// The thread that checks a publisher's own template. check-in-thread.ts limits its time and memory.
import { parentPort } from 'node:worker_threads';
import type { TemplateToCheck } from './check-in-thread.js';
import { checkTemplate } from './check-template.js';

parentPort?.on('message', ({ mjml, look }: TemplateToCheck) => {
  // eslint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  void checkTemplate(mjml, look).then((problems) => parentPort?.postMessage(problems));
});
