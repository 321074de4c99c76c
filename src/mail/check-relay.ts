// Checks that a relay is usable: connect, EHLO, STARTTLS and sign-in. Hands over no message.
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { connectionOptions } from './connection.js';
import { watchForImplicitTls } from './implicit-tls.js';
import { whyNotOpened } from './smtp-error.js';
import type { RelayConfig } from '../config/relays.js';

/** Milliseconds to wait for each step. A slower relay counts as unreachable. */
const patience = 10_000;

export type RelayCheck = { ok: true; secure: boolean } | { ok: false; reason: string };

/** Never throws: `reason` holds the relay's reply or the error. */
export function checkRelay(config: RelayConfig): Promise<RelayCheck> {
  const smtp = new SMTPConnection({
    ...connectionOptions(config),
    connectionTimeout: patience,
    greetingTimeout: patience,
    socketTimeout: patience,
  });
  return new Promise((resolve) => {
    const done = (answer: RelayCheck) => {
      smtp.close();
      resolve(answer);
    };
    const fail = (error: Error) => done({ ok: false, reason: whyNotOpened(config, error) });
    const ready = () => done({ ok: true, secure: smtp.secure });
    smtp.on('error', fail);
    watchForImplicitTls(smtp, config, fail);
    smtp.connect((error) => {
      if (error) return fail(error);
      if (config.user === undefined) return ready();
      const credentials = { user: config.user, pass: config.pass ?? '' };
      smtp.login({ ...credentials, credentials }, (refused) => (refused ? fail(refused) : ready()));
    });
  });
}
