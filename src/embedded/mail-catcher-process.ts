// The mail catcher's own process: MailDev prints as it likes and holds every message in memory, so it gets a process
// with closed ears. It ends when its parent says so or is gone, and never on a terminal's Ctrl-C: the workers
// may still be handing over mail.
import type { MailDev } from 'maildev';
import { freePort } from './ports.js';

/** What it answers once it listens, or cannot. */
export type CatcherAnswer = { smtpPort: number; webPort: number } | { error: string };

const host = '127.0.0.1';
// Above it the oldest are dropped, from memory and disk.
const maxEmails = 1000;

const [mailDirectory = ''] = process.argv.slice(2);

async function listen(smtp: number, web: number): Promise<MailDev> {
  const { MailDev: Catcher } = await import('maildev');
  const catcher = new Catcher({ smtp, web, ip: host, webIp: host, mailDirectory, maxEmails, silent: true });
  await catcher.start();
  return catcher;
}

async function main(): Promise<void> {
  const smtpPort = await freePort([1025]);
  const webPort = await freePort([1080]);
  const catcher = await listen(smtpPort, webPort);
  const end = (): void => {
    // A browser that has the page open would keep it from stopping.
    setTimeout(() => process.exit(0), 300);
    void catcher.stop().finally(() => process.exit(0));
  };
  process.once('message', end);
  process.once('disconnect', end);
  process.send?.({ smtpPort, webPort } satisfies CatcherAnswer);
}

// Caught mail holds readers' links: only our own user reads it.
process.umask(0o077);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
main().catch((error: unknown) => {
  const isMissing = (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
  const message = isMissing
    ? 'the optional package maildev is not installed: install it, or set SMTP_URL to use a relay of your own'
    : String(error);
  process.send?.({ error: message } satisfies CatcherAnswer, () => process.exit(1));
});
