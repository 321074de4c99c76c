// A relay that accepts everything: smtp-sink of Debian's Postfix, on loopback.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../src/embedded/ports.js';
import { waitUntil } from '../test/support/wait.js';

export interface Sink {
  host: string;
  port: number;
  pid: number;
  /** The number of messages taken so far. */
  taken(): number;
  /** The number of messages for each recipient. Only a recording sink knows it. */
  recipients(): Promise<Map<string, number>>;
  close(): Promise<void>;
}

const host = '127.0.0.1';

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, 'data');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** With -c, smtp-sink rewrites "sess=1 quit=0 mesg=12" at each message. The last one counts. */
function lastCount(counters: string): number {
  const file = openSync(counters, 'r');
  try {
    const tail = Buffer.alloc(200);
    const read = readSync(file, tail, 0, tail.length, Math.max(0, fstatSync(file).size - tail.length));
    const counts = [...tail.toString('latin1', 0, read).matchAll(/mesg=(\d+)\r/g)];
    return Number(counts.at(-1)?.[1] ?? 0);
  } finally {
    closeSync(file);
  }
}

/** Starts a sink. `record` keeps all messages on disk, which slows the sink down considerably. */
export async function startSink({ record = false } = {}): Promise<Sink> {
  const folder = await mkdtemp(path.join(tmpdir(), 'daily-digest-sink-'));
  // A sink that root starts switches to another account, which must be able to write here.
  await chmod(folder, 0o777);
  const port = await freePort();
  const counters = path.join(folder, 'counters');
  const output = openSync(counters, 'w');
  const account = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const dump = record ? ['-D', path.join(folder, 'messages')] : [];
  const child = spawn('/usr/sbin/smtp-sink', ['-c', ...account, ...dump, `${host}:${port}`, '1000'], {
    stdio: ['ignore', output, 'inherit'],
  });
  closeSync(output);
  child.once('exit', (code, signal) => {
    if (!child.killed) throw new Error(`smtp-sink ended with ${signal ?? `status ${code}`}`);
  });
  const endWithUs = (): void => void child.kill('SIGKILL');
  process.on('exit', endWithUs);
  await waitUntil(() => answers(port), 10_000, 'smtp-sink (Debian: apt install postfix)');
  return {
    host,
    port,
    pid: child.pid ?? 0,
    taken: () => lastCount(counters),
    async recipients() {
      const times = new Map<string, number>();
      for (const name of (await readdir(folder)).filter((file) => file.startsWith('messages')))
        for await (const line of createInterface({ input: createReadStream(path.join(folder, name)) })) {
          const [, found] = /^X-Rcpt-Args: <(.*)>/.exec(line) ?? [];
          if (found === undefined) continue;
          // A copy: what was found is a slice, and would keep the 64 kB that were read with it.
          const address = Buffer.from(found).toString();
          times.set(address, (times.get(address) ?? 0) + 1);
        }
      return times;
    },
    async close() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      process.off('exit', endWithUs);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
