// How Nodemailer connects to a relay.
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { RelayConfig } from '../config/relays.js';

/** Nodemailer's options for a relay of SMTP_URL. */
export function connectionOptions(config: RelayConfig): SMTPConnection.Options {
  return {
    host: config.host,
    port: config.port,
    secure: config.secure,
    requireTLS: config.tls === 'required',
    ignoreTLS: config.tls === 'off',
    opportunisticTLS: config.tls === 'opportunistic',
    tls: {
      rejectUnauthorized: checksCertificate(config),
      ...(config.tlsName === undefined ? {} : { servername: config.tlsName }),
    },
    ...(config.clientName === undefined ? {} : { name: config.clientName }),
  };
}

/** A password must reach the true relay only. Without one, any TLS is better than none (RFC 7435). */
function checksCertificate({ tls, user }: RelayConfig): boolean {
  return tls === 'required' || user !== undefined;
}
