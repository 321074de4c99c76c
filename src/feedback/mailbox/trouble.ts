// Why a mailbox could not be read, as a message for its operator, and what to do. Pure.
import type { FeedbackMailbox } from '../../config/feedback-mailbox.js';
import type { Message } from '../../languages/messages.js';

/** What errors of Node and of the IMAP client tell. */
interface MailboxError {
  message?: string;
  code?: string | undefined;
  authenticationFailed?: boolean | undefined;
  mailboxMissing?: boolean | undefined;
  tlsFailed?: boolean | undefined;
  responseText?: string | undefined;
  response?: unknown;
}

export function mailboxTrouble(mailbox: FeedbackMailbox, error: unknown): Message {
  const known = (error ?? {}) as MailboxError;
  const { host, secure, folder, user } = mailbox;
  const port = String(mailbox.port);
  const said = saidBy(known);
  if (known.authenticationFailed === true) return { key: 'doctor.mailLogin', args: { user, said } };
  if (known.mailboxMissing === true) return { key: 'doctor.mailFolder', args: { folder, said } };
  const code = known.code ?? '';
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return { key: 'doctor.mailHost', args: { host } };
    case 'ECONNREFUSED':
      return { key: 'doctor.mailPort', args: { host, port } };
    case 'CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return { key: 'doctor.mailSilent', args: { host, port } };
    case 'GREETING_TIMEOUT':
      return { key: secure ? 'doctor.mailNoGreeting' : 'doctor.mailNoGreetingTls', args: { port } };
    case 'ECONNRESET':
    case 'EPIPE':
    case 'NoConnection':
    case 'EConnectionClosed':
    case 'ClosedAfterConnectText':
    case 'ClosedAfterConnectTLS':
      return { key: 'doctor.mailClosed', args: { said } };
    case 'ETIMEOUT':
      return { key: 'doctor.mailStopped' };
  }
  const tls = tlsTrouble(mailbox, known, code);
  return tls ?? { key: 'doctor.mailSaid', args: { what: known.message ?? String(error), said } };
}

function tlsTrouble(
  { host, tlsName, secure }: FeedbackMailbox,
  { message = '', tlsFailed }: MailboxError,
  code: string,
): Message | undefined {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return { key: 'doctor.mailCertName', args: { host: tlsName ?? host, detail: message } };
  if (/CERT|^UNABLE_TO_/.test(code)) return { key: 'doctor.mailCert', args: { code } };
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/.test(code) && secure) return { key: 'doctor.mailNotTls' };
  if (tlsFailed !== true) return undefined;
  // The client gives this error no code.
  return code === '' && !secure
    ? { key: 'doctor.mailNoStartTls' }
    : { key: 'doctor.mailTls', args: { detail: message } };
}

/** The words of the server, if there are any. */
function saidBy({ responseText, response }: MailboxError): string {
  const words = responseText ?? (typeof response === 'string' ? response : '');
  const line = words.replaceAll(/[\x00-\x1f\x7f\s]+/g, ' ').trim();
  return line === '' ? '' : `: "${line.slice(0, 200)}"`;
}
