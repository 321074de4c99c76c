// Why a mailbox could not be read, in words for its operator, and what to do. Pure.
import type { FeedbackMailbox } from '../../config/feedback-mailbox.js';

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

export function mailboxTrouble(mailbox: FeedbackMailbox, error: unknown): string {
  const known = (error ?? {}) as MailboxError;
  const { host, port, secure, folder, user } = mailbox;
  const said = saidBy(known);
  if (known.authenticationFailed === true)
    return `the server refuses the user ${user} or the password${said}`;
  if (known.mailboxMissing === true) return `there is no folder ${folder}${said}`;
  const code = known.code ?? '';
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `DNS knows no host ${host}`;
    case 'ECONNREFUSED':
      return `nothing listens on ${host}, port ${port}`;
    case 'CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `${host} does not answer on port ${port}`;
    case 'GREETING_TIMEOUT':
      return `the server on port ${port} says nothing${secure ? '' : ': if it wants TLS from the first byte, use imaps://'}`;
    case 'ECONNRESET':
    case 'EPIPE':
    case 'NoConnection':
    case 'EConnectionClosed':
    case 'ClosedAfterConnectText':
    case 'ClosedAfterConnectTLS':
      return `the server closed the connection${said}`;
    case 'ETIMEOUT':
      return 'the server stopped answering';
  }
  const tls = tlsTrouble(mailbox, known, code);
  return tls ?? `${known.message ?? String(error)}${said}`;
}

function tlsTrouble(
  { host, tlsName, secure }: FeedbackMailbox,
  { message = '', tlsFailed }: MailboxError,
  code: string,
): string | undefined {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `the server's certificate is not for ${tlsName ?? host}: name it by tlsName. ${message}`;
  if (/CERT|^UNABLE_TO_/.test(code))
    return `the server's certificate is not trusted (${code}): name the file of its authority in NODE_EXTRA_CA_CERTS`;
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/.test(code) && secure)
    return 'the server does not speak TLS from the first byte on this port: use imap://, which begins TLS by STARTTLS';
  if (tlsFailed !== true) return undefined;
  // The client gives this error no code.
  return code === '' && !secure
    ? 'the server offers no STARTTLS: use imaps://, or tls=off if nobody can listen on the way to it'
    : `TLS failed: ${message}`;
}

/** The words of the server, if there are any. */
function saidBy({ responseText, response }: MailboxError): string {
  const words = responseText ?? (typeof response === 'string' ? response : '');
  const line = words.replaceAll(/[\x00-\x1f\x7f\s]+/g, ' ').trim();
  return line === '' ? '' : `: "${line.slice(0, 200)}"`;
}
