// The mail catcher of a machine without a relay: an SMTP server that keeps all mail, and a page that shows
// it.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Log } from '../log.js';
import { EmbeddedError } from './failure.js';
import { makeFolder, readJson, writePrivateFile } from './files.js';
import type { CatcherAnswer } from './mail-catcher-process.js';
import { isAlive, nameProcess, type ProcessName } from './processes.js';

export interface CatcherAddresses {
  smtpUrl: string;
  /** The page with the caught mail; its REST API is below /api. */
  webUrl: string;
}

export interface MailCatcher extends CatcherAddresses {
  stop(): Promise<void>;
}

const addressFile = (dataDir: string): string => path.join(dataDir, 'run', 'mail-catcher.json');

async function launch(dataDir: string): Promise<{ child: ChildProcess; addresses: CatcherAddresses }> {
  const program = fileURLToPath(new URL('mail-catcher-process.js', import.meta.url));
  const child = fork(program, [path.join(dataDir, 'mail')], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: [],
  });
  const answer = await new Promise<CatcherAnswer>((resolve) => {
    child.once('message', (message) => resolve(message as CatcherAnswer));
    child.once('exit', (code) => resolve({ error: `its process ended with status ${code}` }));
  });
  if ('error' in answer) throw new EmbeddedError(`the mail catcher could not start: ${answer.error}`);
  const { smtpPort, webPort } = answer;
  return {
    child,
    addresses: { smtpUrl: `smtp://127.0.0.1:${smtpPort}`, webUrl: `http://127.0.0.1:${webPort}` },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  const impatience = setTimeout(() => child.kill('SIGKILL'), 5000);
  child.send('stop');
  await exited;
  clearTimeout(impatience);
}

/**
 * Starts a catcher on 127.0.0.1, on the ports 1025 and 1080 if they are free. DATA_DIR/mail keeps the newest
 * thousand messages. Throws EmbeddedError if it cannot run.
 */
export async function startMailCatcher({
  dataDir,
  log,
}: {
  dataDir: string;
  log: Log;
}): Promise<MailCatcher> {
  makeFolder(path.join(dataDir, 'run'));
  // Another program may take a port between the check and listening, so one retry.
  const { child, addresses } = await launch(dataDir).catch(() => launch(dataDir));
  child.once('exit', (code, signal) => log.error({ code, signal }, 'the mail catcher ended unexpectedly'));
  writePrivateFile(addressFile(dataDir), JSON.stringify({ ...nameProcess(child.pid ?? 0), ...addresses }));
  return {
    ...addresses,
    stop: () => {
      child.removeAllListeners('exit');
      return end(child);
    },
  };
}

/** The catcher that another process runs for DATA_DIR. */
export function findMailCatcher(dataDir: string): CatcherAddresses | undefined {
  const found = readJson(addressFile(dataDir)) as (ProcessName & CatcherAddresses) | undefined;
  return found && isAlive(found) ? { smtpUrl: found.smtpUrl, webUrl: found.webUrl } : undefined;
}
