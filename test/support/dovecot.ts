// A separate, real Dovecot with one mailbox. It runs as root only; without it, tests are skipped by name.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chown, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { temporaryFolder } from './database.js';
import { freePort } from '../../src/embedded/ports.js';
import { answers } from './answers.js';
import { allowSlowTests } from './time-limit.js';
import { waitUntil } from './wait.js';

allowSlowTests();

const program = '/usr/sbin/dovecot';
export const whyNoDovecot =
  process.getuid?.() !== 0
    ? ' (not root)'
    : existsSync(program) && existsSync('/usr/lib/dovecot/imap')
      ? ''
      : ' (dovecot-imapd is not installed)';

/** The user nobody: Dovecot reads no mail as root. */
const nobody = 65_534;
const password = 'secret';

export interface TestMailbox {
  /** In the form of FEEDBACK_MAILBOX. */
  url: string;
  /** The Maildir of INBOX, which nobody owns. */
  maildir: string;
  /** Puts a mail into INBOX, as a mail server does. */
  deliver(raw: string | Buffer): Promise<void>;
  /** The number of mails in a folder; in INBOX if it is left out. */
  count(folder?: string): Promise<number>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Stops it for good. */
  close(): Promise<void>;
}

export async function startDovecot(): Promise<TestMailbox> {
  const folder = await temporaryFolder();
  const home = path.join(folder, 'home');
  const maildir = path.join(home, 'mail');
  for (const one of [home, maildir, ...['new', 'cur', 'tmp'].map((name) => path.join(maildir, name))]) {
    await mkdir(one);
    await chown(one, nobody, nobody);
  }
  const port = await freePort();
  const settings = path.join(folder, 'dovecot.conf');
  await writeFile(settings, settingsOf(folder, home, port));
  let server: ChildProcess | undefined;
  let count = 0;
  /** Also the processes that serve a connection: they outlive their master. */
  const endWithUs = (): void => {
    if (server?.pid !== undefined) process.kill(-server.pid, 'SIGTERM');
    server = undefined;
  };
  process.on('exit', endWithUs);

  async function start(): Promise<void> {
    server = spawn(program, ['-F', '-c', settings], { stdio: 'ignore', detached: true });
    await waitUntil(() => answers(port), 20_000, `dovecot on port ${port}, see ${folder}/log`);
  }
  async function stop(): Promise<void> {
    if (server === undefined) return;
    const ended = once(server, 'exit');
    endWithUs();
    await ended;
  }
  await start();
  return {
    url: `imap://bounces:${password}@127.0.0.1:${port}/INBOX?move=Processed`,
    maildir,
    start,
    stop,
    async deliver(raw) {
      count += 1;
      const file = path.join(maildir, 'tmp', `${Date.now()}.${count}.test`);
      await writeFile(file, raw);
      await chown(file, nobody, nobody);
      await rename(file, path.join(maildir, 'new', path.basename(file)));
    },
    async count(name) {
      const at = name === undefined ? maildir : path.join(maildir, `.${name}`);
      const names = await Promise.all(
        ['new', 'cur'].map((part) => readdir(path.join(at, part)).catch(() => [])),
      );
      return names.flat().length;
    },
    async close() {
      await stop();
      process.off('exit', endWithUs);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function settingsOf(folder: string, home: string, port: number): string {
  return `base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_failure_delay = 0
mail_location = maildir:~/mail
first_valid_uid = 1
first_valid_gid = 1
passdb {
  driver = static
  args = password=${password}
}
userdb {
  driver = static
  args = uid=${nobody} gid=${nobody} home=${home} allow_all_users=yes
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
`;
}
