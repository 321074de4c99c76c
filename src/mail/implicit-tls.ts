// smtp:// in place of smtps://. A port for TLS from the first byte waits for the client, and a client without
// TLS waits for the greeting: nothing would happen for minutes.
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import { connect } from 'node:tls';
import type { RelayConfig } from '../config/relays.js';
import { SaidError } from '../languages/said-error.js';

/** Milliseconds without a greeting until the port is asked. Postfix's postscreen greets after 6 s on purpose. */
const greetingPatience = 7_000;
/** Milliseconds for the answer. */
const answerPatience = 5_000;

/** Calls `found` if the relay does not greet because its port wants TLS from the first byte. */
export function watchForImplicitTls(
  smtp: SMTPConnection,
  config: RelayConfig,
  found: (error: Error) => void,
): void {
  if (config.secure) return;
  const ask = async (): Promise<void> => {
    if (smtp.lastServerResponse !== false || smtp.destroyed || !(await speaksTls(config))) return;
    found(new SaidError({ key: 'handOver.implicitTls' }));
  };
  setTimeout(() => void ask(), greetingPatience).unref();
}

/** Opens one more connection and begins TLS. An alert is an answer in TLS too. */
function speaksTls({ host, port }: RelayConfig): Promise<boolean> {
  return new Promise((resolve) => {
    // Whether its certificate is valid does not matter: nothing is sent.
    const socket = connect({ host, port, rejectUnauthorized: false });
    const done = (answer: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => done(false), answerPatience);
    socket.once('secureConnect', () => done(true));
    socket.once('error', (error: NodeJS.ErrnoException) => done(/_ALERT_/.test(error.code ?? '')));
    socket.once('close', () => done(false));
  });
}
