// The speed of C: smtp-source of Debian's Postfix. It composes, records and pipelines nothing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Sink } from './sink.js';

/** Sends `messages` copies of `message` over lasting connections. Returns messages per second. */
export async function runSmtpSource(
  sink: Sink,
  { message, messages, connections }: { message: string; messages: number; connections: number },
): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'daily-digest-source-'));
  const file = path.join(folder, 'message');
  await writeFile(file, message.replaceAll('\r\n', '\n'));
  const before = sink.taken();
  const started = performance.now();
  const child = spawn(
    '/usr/sbin/smtp-source',
    ['-d', '-F', file, '-m', String(messages), '-s', String(connections), `${sink.host}:${sink.port}`],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  await once(child, 'exit');
  const seconds = (performance.now() - started) / 1000;
  await rm(folder, { recursive: true });
  const taken = sink.taken() - before;
  if (taken !== messages) throw new Error(`smtp-source: ${taken} of ${messages} messages arrived`);
  return messages / seconds;
}
