// The baseline for sending: a loop over `sendMail` of a pooled Nodemailer transport, in a separate process.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { packageRoot } from '../src/config/environment.js';
import type { Digest } from './digest.js';
import type { Sink } from './sink.js';

/** The task that the parent process sends. */
export interface LoopTask {
  host: string;
  port: number;
  connections: number;
  messages: number;
  digest: Digest;
  dkim: { domainName: string; keySelector: string; privateKey: string } | undefined;
}

/** The process's result: messages per second, and milliseconds of CPU per message. */
export interface LoopResult {
  rate: number;
  cpu: number;
}

export async function runSendMailLoop(
  sink: Sink,
  task: Omit<LoopTask, 'host' | 'port'>,
): Promise<LoopResult> {
  const child = fork(new URL('dist/bench/send-mail-process.js', packageRoot), { execArgv: [] });
  child.send({ host: sink.host, port: sink.port, ...task } satisfies LoopTask);
  const died = once(child, 'exit').then(() =>
    Promise.reject(new Error('the loop over sendMail ended early')),
  );
  const [result] = (await Promise.race([once(child, 'message'), died])) as [LoopResult];
  await died.catch(() => undefined);
  return result;
}
