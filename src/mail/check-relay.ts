// Checks that a relay is usable, without handing over a message:
//
//   1. Connect, EHLO, STARTTLS and sign in.
//   2. MAIL, RCPT and RSET with the envelope sender of each sending domain. RCPT names the newsletter's own
//      address, so that no reader is named.
//   3. Open as many connections as SMTP_URL allows.
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { isLoopback, type RelayConfig } from '../config/relays.js';
import { connectionOptions } from './connection-options.js';
import { watchForImplicitTls } from './implicit-tls.js';
import { tidy, whatToDo, whyNotOpened } from './smtp-error.js';
import type { Message, Said } from '../languages/messages.js';
import { inEnglish } from '../languages/translate.js';

/** Milliseconds to wait for each step. A slower relay counts as unreachable. */
const patience = 10_000;
/** More than this many connections at once would be a burden for the relay. */
const mostConnections = 20;

/** The envelope sender of a digest, and the newsletter's address in From. */
export interface TestEnvelope {
  sender: string;
  author: string;
}

export type RelayCheck =
  /** `remarks`: what needs attention; each is a sentence without its subject, the relay. */
  | { ok: true; secure: boolean; remarks?: Message[] }
  /** `advice`: what to do about it, as a sentence without its full stop. */
  | { ok: false; reason: Said; advice?: Message };

/** Without envelopes, only the first step. Never throws: `reason` holds the relay's reply or the error. */
export async function checkRelay(
  config: RelayConfig,
  envelopes: readonly TestEnvelope[] = [],
): Promise<RelayCheck> {
  const first = openSession(config);
  try {
    await first.opened;
    if (envelopes.length === 0) return { ok: true, secure: first.smtp.secure };
    const remarks = nameRemarks(config, first.smtp.name);
    for (const envelope of envelopes) remarks.push(...(await senderRemarks(first, envelope)));
    remarks.push(...(await connectionRemarks(config)));
    return { ok: true, secure: first.smtp.secure, remarks };
  } catch (error) {
    const advice = whatToDo(config, error as Error);
    const reason = whyNotOpened(config, error as Error);
    return { ok: false, reason, ...(advice === undefined ? {} : { advice }) };
  } finally {
    first.smtp.close();
  }
}

/** A connection to ask by hand. Nodemailer has no public way to send a command without a message. */
interface Session {
  smtp: SMTPConnection;
  opened: Promise<void>;
  ask(command: string): Promise<string>;
}

interface Commands {
  _responseActions: ((reply: string) => void)[];
  _sendCommand(command: string): void;
}

function openSession(config: RelayConfig): Session {
  const smtp = new SMTPConnection({
    ...connectionOptions(config),
    connectionTimeout: patience,
    greetingTimeout: patience,
    socketTimeout: patience,
  });
  const failed = new Promise<never>((_, reject) => {
    smtp.on('error', reject);
    smtp.once('end', () => reject(new Error(inEnglish({ key: 'doctor.closed' }))));
    watchForImplicitTls(smtp, config, reject);
  });
  // It may fail when no caller waits.
  failed.catch(() => undefined);
  const opened = new Promise<void>((resolve, reject) => {
    smtp.connect((error) => {
      if (error) return reject(error);
      if (config.user === undefined) return resolve();
      const credentials = { user: config.user, pass: config.pass ?? '' };
      smtp.login({ ...credentials, credentials }, (refused) => (refused ? reject(refused) : resolve()));
    });
  });
  const ask = (command: string): Promise<string> =>
    new Promise((resolve) => {
      const commands = smtp as unknown as Commands;
      // oxlint-disable-next-line no-underscore-dangle -- Nodemailer's name
      commands._responseActions.push(resolve);
      // oxlint-disable-next-line no-underscore-dangle -- Nodemailer's name
      commands._sendCommand(command);
    });
  return {
    smtp,
    opened: Promise.race([opened, failed]),
    ask: (command) => Promise.race([ask(command), failed]),
  };
}

/** RFC 5321 section 4.1.1.1: EHLO names this machine. A relay elsewhere may compare it with DNS. */
function nameRemarks({ host, clientName }: RelayConfig, name: string): Message[] {
  if (isLoopback(host) || clientName !== undefined || (name.includes('.') && !name.startsWith('[')))
    return [];
  return [{ key: 'doctor.remarkName', args: { name, open: '<', close: '>' } }];
}

async function senderRemarks(session: Session, { sender, author }: TestEnvelope): Promise<Message[]> {
  const refused = await refusal(session, sender, author);
  if (refused === undefined) return [];
  if (refused.startsWith('4')) return [{ key: 'doctor.remarkLater', args: { sender, reply: refused } }];
  const alsoPlain = sender === author || (await refusal(session, author, author)) !== undefined;
  return [
    alsoPlain
      ? { key: 'doctor.remarkAuthor', args: { author, reply: refused } }
      : { key: 'doctor.remarkSender', args: { sender, reply: refused } },
  ];
}

/** The reply that refuses an envelope; undefined: the relay would take a message. Resets the session. */
async function refusal({ ask }: Session, sender: string, to: string): Promise<string | undefined> {
  try {
    for (const command of [`MAIL FROM:<${sender}>`, `RCPT TO:<${to}>`]) {
      const reply = tidy(await ask(command));
      if (!reply.startsWith('2')) return reply;
    }
    return undefined;
  } finally {
    await ask('RSET');
  }
}

/** Opens the allowed connections at once, as the workers do. */
async function connectionRemarks(config: RelayConfig): Promise<Message[]> {
  const wanted = Math.min(config.connections, mostConnections);
  // The session that asks is one of them.
  const sessions = Array.from({ length: wanted - 1 }, () => openSession(config));
  const ends = await Promise.allSettled(sessions.map(({ opened }) => opened));
  for (const { smtp } of sessions) smtp.close();
  const refused = ends.find((end) => end.status === 'rejected');
  if (refused === undefined) return [];
  const stand = 1 + ends.filter(({ status }) => status === 'fulfilled').length;
  const reply = tidy((refused.reason as Error).message);
  const args = { stand, wanted: config.connections, reply, setting: String(stand) };
  return [{ key: 'doctor.remarkConnections', args }];
}
