// What one would write first: a loop over `sendMail` of a pooled Nodemailer transport, in a process of its own.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { packageRoot } from '../src/config/environment.js';
import type { Digest } from './digest.js';
import type { Sink } from './sink.js';

/** What the process is told. */
export interface LoopTask {
  host: string;
  port: number;
  connections: number;
  messages: number;
  digest: Digest;
  dkim: { domainName: string; keySelector: string; privateKey: string } | undefined;
}

/** What it answers: messages per second, and CPU of one message in milliseconds. */
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
