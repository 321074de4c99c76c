// Whether a relay can be used: connect, EHLO, STARTTLS and sign-in. No message is handed over.
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { connectionOptions } from './connection.js';
import { whyNotOpened } from './smtp-error.js';
import type { RelayConfig } from '../config/relays.js';

/** An answer within this, in ms, or the relay counts as away. */
const patience = 10_000;

export type RelayCheck = { ok: true; secure: boolean } | { ok: false; reason: string };

/** Never throws: the answer tells, in the relay's words. */
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
    smtp.connect((error) => {
      if (error) return fail(error);
      if (config.user === undefined) return ready();
      const credentials = { user: config.user, pass: config.pass ?? '' };
      smtp.login({ ...credentials, credentials }, (refused) => (refused ? fail(refused) : ready()));
    });
  });
}
