// The process of the mail catcher. MailDev prints to stdout and keeps every message in memory, so it runs
// alone and its output is discarded. It ends when its parent asks or dies, but not on a terminal's Ctrl-C:
// the workers may still be handing over mail.
import type { MailDev } from 'maildev';
import { guardServer } from './catcher-guard.js';
import { freePort } from './ports.js';

/** Sent to the parent once the catcher listens, or has failed. */
export type CatcherAnswer = { smtpPort: number; webPort: number } | { error: string };

const host = '127.0.0.1';
// Beyond this, MailDev deletes the oldest messages from memory and disk.
const maxEmails = 1000;

const [mailDirectory = ''] = process.argv.slice(2);

async function listen(smtp: number, web: number): Promise<MailDev> {
  const { MailDev: Catcher } = await import('maildev');
  const catcher = new Catcher({ smtp, web, ip: host, webIp: host, mailDirectory, maxEmails, silent: true });
  const { api } = await catcher.start();
  if (!api) throw new Error('MailDev shows no page');
  // No connection has been read yet: `start` resolves in the turn of the event loop in which it listens.
  guardServer(api.server.server, web);
  return catcher;
}

async function main(): Promise<void> {
  const smtpPort = await freePort([1025]);
  const webPort = await freePort([1080]);
  const catcher = await listen(smtpPort, webPort);
  const end = (): void => {
    // An open page in a browser would keep the catcher from stopping.
    setTimeout(() => process.exit(0), 300);
    void catcher.stop().finally(() => process.exit(0));
  };
  process.once('message', end);
  process.once('disconnect', end);
  process.send?.({ smtpPort, webPort } satisfies CatcherAnswer);
}

// Caught mail contains readers' links, so only our user may read the files.
process.umask(0o077);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
main().catch((error: unknown) => {
  const isMissing = (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
  const message = isMissing
    ? 'the optional package maildev is not installed: install it, or set SMTP_URL to use your own relay'
    : String(error);
  process.send?.({ error: message } satisfies CatcherAnswer, () => process.exit(1));
});
