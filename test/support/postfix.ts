// A separate, real Postfix as a relay that takes mail and bounces it later. It runs as root only; without it, tests
// are skipped by name.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { freePort } from '../../src/embedded/ports.js';
import { answers } from './answers.js';
import { temporaryFolder } from './database.js';
import { allowSlowTests } from './time-limit.js';
import { waitUntil } from './wait.js';

allowSlowTests();

const programs = '/usr/lib/postfix/sbin';
export const whyNoPostfix =
  process.getuid?.() !== 0
    ? ' (not root)'
    : existsSync(`${programs}/master`)
      ? ''
      : ' (postfix is not installed)';

export interface TestPostfix {
  /** In the form of SMTP_URL. */
  url: string;
  port: number;
  /** Its log, for a test that failed. */
  log(): Promise<string>;
  close(): Promise<void>;
}

export interface PostfixOptions {
  /** A domain, and what Postfix does with its mail: "error:5.1.1 …", "retry:4.2.0 …", "smtp:[127.0.0.1]:2525". */
  transports: Record<string, string>;
  /** A domain, and the Maildir that its mail is written to, by the user nobody. */
  maildirs: Record<string, string>;
}

const idOf = (option: '-u' | '-g', name: string): number =>
  Number(execFileSync('id', [option, name], { encoding: 'utf8' }));

export async function startPostfix({ transports, maildirs }: PostfixOptions): Promise<TestPostfix> {
  const folder = await temporaryFolder();
  const at = (...names: string[]): string => path.join(folder, ...names);
  const port = await freePort();
  const [owner, group] = [idOf('-u', 'postfix'), Number(groupId('postdrop'))];
  for (const name of ['conf', 'queue', 'queue/pid']) await mkdir(at(name));
  const owned = [
    'active',
    'bounce',
    'corrupt',
    'defer',
    'deferred',
    'flush',
    'hold',
    'incoming',
    'private',
    'saved',
    'trace',
  ];
  for (const name of [...owned.map((one) => `queue/${one}`), 'queue/maildrop', 'queue/public', 'data']) {
    await mkdir(at(name), 0o700);
    await chown(at(name), owner, /maildrop|public/.test(name) ? group : 0);
    // Postfix checks these modes.
    if (/maildrop|public/.test(name)) await chmod(at(name), name.endsWith('public') ? 0o710 : 0o730);
  }
  await writeFile(at('conf', 'main.cf'), mainOf(folder, { transports, maildirs }));
  await writeFile(at('conf', 'master.cf'), servicesOn(port));
  const master = spawn(`${programs}/master`, ['-c', at('conf'), '-d'], { stdio: 'ignore' });
  const endWithUs = (): void => void master.kill('SIGTERM');
  process.on('exit', endWithUs);
  await waitUntil(() => answers(port), 30_000, `postfix on port ${port}, see ${folder}/log`);
  return {
    port,
    url: `smtp://127.0.0.1:${port}`,
    log: () => readFile(at('log'), 'utf8'),
    async close() {
      const ended = once(master, 'exit');
      endWithUs();
      await ended;
      process.off('exit', endWithUs);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function groupId(name: string): string {
  const lines = readFileSync('/etc/group', 'utf8').split('\n');
  return lines.find((line) => line.startsWith(`${name}:`))?.split(':')[2] ?? '';
}

const inline = (rows: Record<string, string>): string =>
  `inline:{ ${Object.entries(rows)
    .map(([key, value]) => `{ ${key} = ${value} }`)
    .join(' ')} }`;

function mainOf(folder: string, { transports, maildirs }: PostfixOptions): string {
  const domains = Object.keys(maildirs);
  const boxes = Object.fromEntries(Object.entries(maildirs).map(([domain, at]) => [`@${domain}`, `${at}/`]));
  return `compatibility_level = 3.6
queue_directory = ${folder}/queue
data_directory = ${folder}/data
command_directory = /usr/sbin
daemon_directory = ${programs}
maillog_file = ${folder}/log
maillog_file_prefixes = ${folder}
myhostname = mx.example.net
mydestination =
alias_maps =
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
# Without it Postfix would refuse the recipients of error: at once. They are to bounce later.
smtpd_reject_unlisted_recipient = no
smtp_tls_security_level = none
smtputf8_enable = no
default_transport = error:5.1.2 no mail leaves the test
transport_maps = ${inline({ ...transports, ...Object.fromEntries(domains.map((one) => [one, 'virtual'])) })}
virtual_mailbox_domains = ${domains.join(' ')}
virtual_mailbox_base = /
virtual_mailbox_maps = ${inline(boxes)}
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 1
delay_warning_time = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
`;
}

function servicesOn(port: number): string {
  return `127.0.0.1:${port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`;
}
